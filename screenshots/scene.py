"""What the pictures show: a demo tenant with five weeks of the sandbox, and a rule that the data break.

Everything else is the product's own: the runs are those of `make run`, as are checks, incident and delivery.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import dagster as dg
import yaml
from rich.console import Console

from marketing_assets.commands.demo.fill import fill, work_to_do
from marketing_assets.commands.demo.services import service
from marketing_assets.partitions import local_day
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.tenants import Tenant, parse_tenant
from marketing_assets_tests.installation import REPOSITORY, SEED, Installation, build, program
from screenshots.mail import Postbox

TENANT = "siam"
DAYS = 35
UI_SECONDS = 180


@dataclass(frozen=True)
class Scene:
    """The address of the UI, the last day that is over, and the mails that were sent, oldest first."""

    ui: str
    yesterday: date
    mails: Sequence[EmailMessage]


@contextmanager
def played(folder: Path, port: int) -> Iterator[Scene]:
    """The scene, with its UI served; nothing of it is left at the end but the folder."""
    ui = f"http://127.0.0.1:{port}"
    with Sandbox(SEED, None, port=0) as sandbox, Postbox() as box:
        today = local_day(datetime.now(UTC), sandbox.world.accounts[TENANT].zone)
        installation = _installed(folder, sandbox, box, ui, today)
        _fill_and_tell(installation)
        command = [program("dagster-webserver"), "-w", str(REPOSITORY / "workspace.yaml")]
        command += ["-h", "127.0.0.1", "-p", str(port)]
        env = {**installation.env, "DAGSTER_HOME": str(installation.home / "dagster")}
        with service("the UI", command, folder / "ui.log", f"{ui}/server_info", UI_SECONDS, env):
            yield Scene(ui, today - timedelta(days=1), box.mails)


def _installed(folder: Path, sandbox: Sandbox, box: Postbox, ui: str, today: date) -> Installation:
    parsed = folder / "parsed"
    parsed.mkdir()
    # The history begins where it is filled, so that no page shows days that were never to be there.
    first = today - timedelta(days=DAYS - 1)
    built = build(folder / "own", sandbox, parsed, with_costs=True, start_date=f"{first}")
    installation = Installation(built.home, built.tenants, sandbox, {"MARKETING_TENANTS": TENANT})
    alerts = {
        "ui_url": ui,
        "channels": {"owner": box.channel("alerts@siam.example", "owner@siam.example")},
        "rules": {"roas_under_target": {"target": 9}},
    }
    (installation.tenants / TENANT / "alerts.yaml").write_text(yaml.safe_dump(alerts), encoding="utf-8")
    return installation


def _fill_and_tell(installation: Installation) -> None:
    """Fill the days, then do what the sensor of alerts does twice a minute: look at ended runs, and send."""
    with installation.entered(), dg.DagsterInstance.get() as instance:
        definitions = installation.definitions()
        fill(Console(), work_to_do(instance, definitions, _tenant(installation), DAYS), installation.env)
        sensor = definitions.resolve_sensor_def(f"{TENANT}_alert_delivery")
        repository = definitions.get_repository_def()
        with dg.build_sensor_context(instance, repository_def=repository) as context:
            sensor.evaluate_tick(context)


def _tenant(installation: Installation) -> Tenant:
    tenant, problems = parse_tenant(installation.tenants / f"{TENANT}.yaml")
    if tenant is None:
        raise SystemExit("\n".join(map(str, problems)))
    return tenant
