"""A whole installation for tests: a home, tenant files that point at a running sandbox, keys and tokens."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.commands.dagster_home import dagster_environment
from marketing_assets.commands.demo.connect import connect
from marketing_assets.ingest.landing import Landing
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings
from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.open import open_warehouse

REPOSITORY = Path(__file__).parents[1]
SEED = 7
UNTHROTTLED = {
    "shopee_requests_per_second": 10_000,
    "shopee_burst": 10_000,
    "shopify_bucket": 1_000_000,
    "shopify_restore_per_second": 1_000_000,
}
"""Settings of a sandbox that lets everybody call as fast as they can."""
FOREIGN = ("MARKETING_", "DAGSTER_", "PYTHONDONTWRITEBYTECODE")
"""Variables that an installation does not take over; without compiled modules every process starts slowly."""

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

WORLD_DAY = datetime.now(UTC).date() - 12 * ONE_DAY
"""How far the tests' world has happened at first: past, so that it can go on."""

FILLED = DayRange(WORLD_DAY - 4 * ONE_DAY, WORLD_DAY)
"""The days that are filled once for all tests that need a filled warehouse."""


def program(name: str) -> str:
    """A console script of this environment."""
    return str(Path(sys.executable).parent / name)


@dataclass(frozen=True)
class Installation:
    """Where one is, and how to use it as a person or a program would."""

    home: Path
    tenants: Path
    sandbox: Sandbox
    more: Mapping[str, str] = field(default_factory=dict)
    """Further settings, as variables of the environment."""

    @property
    def settings(self) -> Settings:
        prefix = "MARKETING_"
        given: dict[str, Any] = {
            k.removeprefix(prefix).lower(): v for k, v in self.more.items() if k.startswith(prefix)
        }
        return Settings(home=self.home, tenants_dir=self.tenants, **given)

    @property
    def landing(self) -> Landing:
        return Landing(self.settings.landing)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a process of this installation."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        return clean | {
            "MARKETING_HOME": str(self.home),
            "MARKETING_TENANTS_DIR": str(self.tenants),
            "DO_NOT_TRACK": "1",
            "COLUMNS": "200",
            **self.more,
        }

    def warehouse(self, tenant: str = "siam") -> DuckDBWarehouse:
        found = open_warehouse(self.settings, tenant)
        assert isinstance(found, DuckDBWarehouse)
        return found

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """`marketing …` as a process of its own; the caller waits for it."""
        return subprocess.Popen(
            [program("marketing"), *arguments],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def marketing(self, *arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """`marketing …` as a process of its own, to its end."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=seconds)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This process's environment is the installation's."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [n for n in os.environ if n.startswith(("MARKETING_", "DAGSTER_"))]:
                patch.delenv(name)
            for name, value in self.env.items():
                patch.setenv(name, value)
            for name, value in dagster_environment(self.settings).items():
                patch.setenv(name, value)
            yield

    def definitions(self) -> dg.Definitions:
        with self.entered():
            from marketing_assets.code_location import build_definitions

            return build_definitions(self.settings)

    def copy_to(self, folder: Path) -> Installation:
        """The same installation elsewhere, at the same sandbox: for a test that writes."""
        shutil.copytree(self.home, folder / "home", symlinks=True)
        shutil.copytree(self.tenants, folder / "tenants")
        return replace(self, home=folder / "home", tenants=folder / "tenants")


def build(
    folder: Path, sandbox: Sandbox, parsed: Path, with_costs: bool = False, **changes: Any
) -> Installation:
    """An empty installation with the shipped tenants at the sandbox; `changes` overwrite tenant fields.

    `with_costs` takes their cost files along.

    `parsed` is where the dbt project is parsed once for all installations.
    """
    home, tenants = folder / "home", folder / "tenants"
    (home / "dbt").mkdir(parents=True)
    (home / "dbt" / "parsed").symlink_to(parsed)
    tenants.mkdir()
    for path in sorted((REPOSITORY / "tenants").glob("*.yaml")):
        write_tenant(tenants, path.stem, shipped(path.stem, sandbox, **changes))
        if with_costs:
            shutil.copytree(path.with_suffix("") / "costs", tenants / path.stem / "costs")
    made = Installation(home, tenants, sandbox)
    connect(made.settings, sandbox.control_url)
    return made


def shipped(tenant: str, sandbox: Sandbox | None = None, **changes: Any) -> dict[str, Any]:
    """A shipped tenant file's content, its connections at the sandbox."""
    content = yaml.safe_load((REPOSITORY / "tenants" / f"{tenant}.yaml").read_text(encoding="utf-8"))
    if sandbox:
        for connection in content["connections"]:
            connection["base_url"] = sandbox.urls[connection["platform"]]
    return {**content, **changes}


def write_tenant(folder: Path, name: str, content: Mapping[str, Any] | str) -> None:
    text = content if isinstance(content, str) else yaml.safe_dump(dict(content), allow_unicode=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def range_tags(days: DayRange) -> dict[str, str]:
    return {RANGE_START: f"{days.first}", RANGE_END: f"{days.last}"}


def run_job(
    installation: Installation,
    definitions: dg.Definitions,
    tags: Mapping[str, str],
    selection: list[dg.AssetKey] | None = None,
    tenant: str = "siam",
) -> dg.ExecuteInProcessResult:
    """One run of a tenant's job in this process, in the installation's own Dagster."""
    with installation.entered(), dg.DagsterInstance.get() as instance:
        return definitions.resolve_job_def(f"{tenant}_refresh").execute_in_process(
            instance=instance,
            tags=dict(tags),
            asset_selection=selection,
            run_config=QUIET,
            raise_on_error=False,
        )


def processes_of(folder: Path) -> dict[int, str]:
    """The processes, by id with their command line, whose environment names the folder."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment, command = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
        except OSError:
            continue  # ended meanwhile, or somebody else's
        said = command.replace(b"\0", b" ").decode(errors="replace").strip()
        # Python's own helper of this process, which keeps the environment it was started in.
        if str(folder).encode() in environment and "multiprocessing.resource_tracker" not in said:
            found[int(entry.name)] = said
    found.pop(os.getpid(), None)
    return found


def end_processes_of(folder: Path) -> None:
    """End what a failed test may have left behind."""
    for process in processes_of(folder):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
