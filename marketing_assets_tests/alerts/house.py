"""A tenant with its own home and a Dagster of its own, whose small job fails where a test wants it to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from marketing_assets.alerts import acting
from marketing_assets.alerts.delivery import Round, deliver_due
from marketing_assets.alerts.jobs import digest_job, digest_schedule, history_job
from marketing_assets.alerts.lifecycle import Incident
from marketing_assets.alerts.sensors import alert_sensors
from marketing_assets.alerts.store import alerts_state
from marketing_assets.alerts.tables import OUTBOX
from marketing_assets.alerts.watching import graph_of, look, look_at_clock
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets_tests.installation import QUIET, shipped, write_tenant

NOON = datetime(2026, 11, 12, 5, 0, tzinfo=UTC)
"""12:00 in Bangkok."""
RAW, OTHER, MART = "siam/raw/shopee_orders", "siam/raw/shopee_products", "siam/mart/daily_performance"
DAYS = ("2026-10-13", "2026-11-12")


@dataclass
class Wish:
    """How an asset ends in the next runs: a step failure, or a failed check `watch` with its metadata."""

    fails: dg.Failure | None = None
    cancelled: bool = False
    """Whether somebody ends the run while the asset is computed."""
    passed: bool = True
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
    text: str = "12 rows, the platform says 15"
    metadata: Mapping[str, Any] = field(default_factory=dict)


class House:
    """The home; what the assets do is said in `wishes`."""

    def __init__(self, home: Path, config: Mapping[str, Any] | None = None, *, lasting: bool = False):
        """`lasting`: Dagster keeps its record in the home, for another process to read."""
        tenants = home / "tenants"
        tenants.mkdir(parents=True, exist_ok=True)
        write_tenant(tenants, "siam", shipped("siam"))
        self.settings = Settings(home=home, tenants_dir=tenants)
        self.tenant = Tenant.model_validate(shipped("siam"))
        self.wishes: dict[str, Wish] = {}
        self.now = NOON
        record = home / "dagster"
        record.mkdir(exist_ok=True)
        self.instance = (
            dg.DagsterInstance.local_temp(str(record)) if lasting else dg.DagsterInstance.ephemeral()
        )
        if config is not None:
            self.configure(config)
        assets = [
            self._asset(RAW, platform="shopee"),
            self._asset(OTHER, platform="shopee"),
            self._asset(MART, [RAW]),
        ]
        self.assets = assets
        self.graph = graph_of(assets)
        job = dg.define_asset_job(
            "siam_refresh", tags={"tenant": "siam"}, executor_def=dg.in_process_executor
        )
        history, digest = history_job(self.tenant), digest_job(self.tenant, assets)
        self.definitions = dg.Definitions(
            assets=assets,
            jobs=[job, history, digest],
            schedules=[digest_schedule(self.tenant, digest)],
            sensors=alert_sensors(self.tenant, [job], history, assets),
        )

    def configure(self, config: Mapping[str, Any]) -> None:
        folder = self.settings.tenants_dir / "siam"
        folder.mkdir(exist_ok=True)
        (folder / "alerts.yaml").write_text(yaml.safe_dump(dict(config)), encoding="utf-8")

    def secret(self, name: str, value: str) -> dict[str, str]:
        """A secret in a file, and the reference to it."""
        path = self.settings.secrets_dir / "siam" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value, encoding="utf-8")
        return {"file": f"siam/{name}"}

    def _asset(
        self, name: str, deps: list[str] | None = None, platform: str | None = None
    ) -> dg.AssetsDefinition:
        key = dg.AssetKey(name.split("/"))

        @dg.asset(
            key=key,
            deps=[dg.AssetKey(d.split("/")) for d in deps or []],
            tags={"platform": platform} if platform else {},
            check_specs=[dg.AssetCheckSpec("watch", asset=key, blocking=name == RAW)],
        )
        def materialize() -> dg.MaterializeResult:  # type: ignore[type-arg]
            wish = self.wishes.get(name, Wish())
            if wish.fails is not None:
                raise wish.fails
            if wish.cancelled:
                self.instance.report_run_canceling(self.instance.get_runs(limit=1)[0])
                for _ in range(60):  # one that comes into a look for garbage is lost
                    os.kill(os.getpid(), signal.SIGINT)
                    time.sleep(1)
            return dg.MaterializeResult(
                check_results=[
                    dg.AssetCheckResult(
                        check_name="watch",
                        passed=wish.passed,
                        severity=wish.severity,
                        description=None if wish.passed else wish.text,
                        metadata=dict(wish.metadata),
                    )
                ]
            )

        return materialize

    def run(
        self,
        *,
        days: tuple[str, str] | None = DAYS,
        select: list[str] | None = None,
        tags: Mapping[str, str] | None = None,
        **wishes: Wish,
    ) -> dg.ExecuteInProcessResult:
        """One run of the job; `raw`, `other` and `mart` say how the assets end, the rest ends well."""
        names = {"raw": RAW, "other": OTHER, "mart": MART}
        self.wishes = {names[name]: wish for name, wish in wishes.items()}
        chosen = [dg.AssetKey(names[name].split("/")) for name in select] if select else None
        return self.definitions.resolve_job_def("siam_refresh").execute_in_process(
            instance=self.instance,
            tags=({RANGE_START: days[0], RANGE_END: days[1]} if days else {}) | dict(tags or {}),
            asset_selection=chosen,
            run_config=QUIET,
            raise_on_error=False,
        )

    def look(self) -> int:
        """Look at runs and clock; returns the runs that were new."""
        seen = look(self.settings, self.tenant, self.instance, self.graph, self.now)
        look_at_clock(self.settings, self.tenant, self.now)
        return seen

    def deliver(self) -> Round:
        return deliver_due(self.settings, self.tenant, lambda: self.now)

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def incidents(self, only_open: bool = False) -> list[Incident]:
        return acting.incidents(self.settings, self.tenant, only_open=only_open)

    def outbox(self) -> list[dict[str, Any]]:
        """The messages, in the order they were put in."""
        with alerts_state(self.settings) as engine, engine.connect() as connection:
            return [
                dict(row) for row in connection.execute(OUTBOX.select().order_by(OUTBOX.c.seq)).mappings()
            ]

    def told(self, channel: str = "hook") -> list[str]:
        return [row["message"]["title"] for row in self.outbox() if row["channel"] == channel]


BROKEN = Wish(passed=False)
WARNED = Wish(passed=False, severity=dg.AssetCheckSeverity.WARN)
HOOK = {"hook": {"type": "webhook", "url": "http://127.0.0.1:9/", "secret": {"file": "siam/hook"}}}
