"""An installation that is run in this process, its clock set to that of its sandbox's world.

The world's clock stands still until a test moves it on, and the pipeline reads the same clock; so a test
says on which day it plays, whatever today is. Signatures and tokens keep the wall clock, as the sandbox does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import httpx
import polars as pl
import pytest

from marketing_assets.asset_tags import INTELLIGENCE
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.ingest.assets import CHANGED_DAYS_TAG
from marketing_assets.partitions import DayRange
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.tenants import Tenant, parse_tenant
from marketing_assets.warehouse.errors import NoSuchTable
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.installation import QUIET, UNTHROTTLED, Installation, build

CONTROL = httpx.Client(timeout=120, limits=httpx.Limits(max_keepalive_connections=0))
"""A kept connection may be closed by the sandbox just as it is used again."""

CLOCKS = ("marketing_assets.ingest.fetch.datetime", "marketing_assets.transform.assets.datetime")
"""Where the pipeline asks what time it is."""


NIGHTLY, PRODUCTS = "restatement_nightly", "products_daily"


@dataclass(frozen=True)
class Run:
    """What became of a run: failed steps with their words, check results, and the assets written."""

    success: bool
    failures: dict[str, str]
    checks: dict[str, dg.AssetCheckEvaluation]
    written: set[str]
    metadata: dict[str, Mapping[str, Any]] = field(repr=False)

    @property
    def complaint(self) -> str:
        """All that the failed steps said."""
        return "\n".join(self.failures.values())

    def failed_checks(self, severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR) -> dict[str, str]:
        return {
            name: check.description or ""
            for name, check in self.checks.items()
            if not check.passed and check.severity is severity
        }


@dataclass(frozen=True)
class Sensed:
    """What an evaluation of a sensor gave."""

    requests: list[dg.RunRequest]
    skipped: str | None
    cursor: str | None

    @property
    def days(self) -> list[DayRange]:
        ends = ((r.tags[RANGE_START], r.tags[RANGE_END]) for r in self.requests)
        return [DayRange(date.fromisoformat(first), date.fromisoformat(last)) for first, last in ends]

    @property
    def assets(self) -> list[set[str]]:
        return [{key.to_user_string() for key in r.asset_selection or []} for r in self.requests]


class House:
    """One installation and its sandbox."""

    def __init__(self, installation: Installation, instance: dg.DagsterInstance | None = None):
        self.installation, self.sandbox = installation, installation.sandbox
        self.instance = instance or dg.DagsterInstance.ephemeral()
        self.definitions = installation.definitions()
        self._ticks = itertools.count()

    @property
    def home(self) -> Path:
        return self.installation.home

    def now(self) -> datetime:
        """The world's now, a little later with every question, so that no two fetches start at once."""
        return self.sandbox.world.clock.as_of + timedelta(microseconds=next(self._ticks))

    def move_to(self, as_of: datetime) -> None:
        self.control("POST", "clock", {"as_of": as_of.isoformat()})

    @contextmanager
    def entered(self) -> Iterator[None]:
        house = self

        class WorldTime(datetime):
            """Tells the world's now."""

            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return house.now().astimezone(tz)

        with self.installation.entered(), pytest.MonkeyPatch.context() as patch:
            for name in CLOCKS:
                patch.setattr(name, WorldTime)
            # Dagster gives schedules under test no instance that lives in memory.
            patch.setattr(dg.ScheduleEvaluationContext, "instance", self.instance)
            yield

    def tenant(self, name: str) -> Tenant:
        tenant, problems = parse_tenant(self.installation.tenants / f"{name}.yaml")
        assert tenant is not None, problems
        return tenant

    def run(
        self,
        tenant: str,
        days: DayRange,
        select: str = "*",
        changed: Sequence[date] | None = None,
        checks: bool = True,
    ) -> Run:
        """One run of the tenant's job over a range of days; of all that is not said by models once a day."""
        tags = {RANGE_START: f"{days.first}", RANGE_END: f"{days.last}"}
        if changed is not None:
            tags[CHANGED_DAYS_TAG] = ",".join(map(str, changed))
        own = dg.AssetSelection.key_prefixes([tenant])
        refreshed = own - dg.AssetSelection.tag(*next(iter(INTELLIGENCE.items())))
        selection = refreshed if select == "*" else own & dg.AssetSelection.from_string(select)
        chosen = sorted(selection.resolve(self.definitions.resolve_asset_graph()))
        return self._execute(tenant, tags, chosen, checks)

    def planned(self, tenant: str) -> list[dict[str, str]]:
        """The tags of the runs that the tenant's nightly schedule asks for now."""
        return [dict(request.tags) for request in self._requests(tenant, NIGHTLY)]

    def refresh(self, tenant: str) -> dict[str, Run]:
        """Today's snapshots, then what the night's schedule asks for, in its order; these by their days."""
        for request in self._requests(tenant, PRODUCTS):
            taken = self._execute(tenant, dict(request.tags), list(request.asset_selection or []))
            assert taken.success, taken.complaint
        runs = {}
        for request in self._requests(tenant, NIGHTLY):
            days = f"{request.tags[RANGE_START]}..{request.tags[RANGE_END]}"
            chosen = list(request.asset_selection) if request.asset_selection else None
            runs[days] = self._execute(tenant, dict(request.tags), chosen)
        return runs

    def _requests(self, tenant: str, name: str) -> list[dg.RunRequest]:
        schedule = self.definitions.resolve_schedule_def(f"{tenant}_{name}")
        with self.entered():
            context = dg.build_schedule_context(self.instance, self.now(), repository_def=self._repository)
            return list(schedule.evaluate_tick(context).run_requests or [])

    def sense(self, tenant: str, cursor: str | None = None) -> Sensed:
        """What the sensor of the tenant's cost files asks for now; `cursor` is what it kept before."""
        sensor = self.definitions.resolve_sensor_def(f"{tenant}_cost_files")
        with self.entered():
            context = dg.build_sensor_context(self.instance, cursor, repository_def=self._repository)
            tick = sensor.evaluate_tick(context)
        return Sensed(list(tick.run_requests or []), tick.skip_message, tick.cursor)

    def carry_out(self, tenant: str, request: dg.RunRequest) -> Run:
        """The run that was asked for."""
        return self._execute(tenant, dict(request.tags), list(request.asset_selection or []))

    def _inseparable(self, selection: set[dg.AssetKey]) -> set[dg.AssetCheckKey]:
        """The checks that a step cannot leave out: those of assets that are written whole or not at all."""
        return {
            check
            for asset in self.definitions.resolve_asset_graph().assets_defs
            if not asset.can_subset and asset.keys & selection
            for check in asset.check_keys
        }

    @property
    def _repository(self) -> dg.RepositoryDefinition:
        return self.definitions.get_repository_def()

    def _execute(
        self, tenant: str, tags: Mapping[str, str], selection: list[dg.AssetKey] | None, checks: bool = True
    ) -> Run:
        job = self.definitions.resolve_job_def(f"{tenant}_refresh")
        if not checks:
            assert selection is not None
            inseparable = self._inseparable(set(selection))
            job = job.get_subset(asset_selection=set(selection), asset_check_selection=inseparable)
            selection = None
        with self.entered():
            result = job.execute_in_process(
                instance=self.instance,
                tags=dict(tags),
                asset_selection=selection,
                run_config=QUIET,
                raise_on_error=False,
            )
        failures: dict[str, str] = {}
        for event in result.all_events:
            if event.is_step_failure:
                data = event.step_failure_data
                told = data.user_failure_data.description if data.user_failure_data else None
                failures[str(event.step_key)] = told or (data.error.message if data.error else "")
        written = [e.materialization for e in result.all_events if e.is_step_materialization]
        return Run(
            success=result.success,
            failures=failures,
            checks={e.asset_check_key.to_user_string(): e for e in result.get_asset_check_evaluations()},
            written={m.asset_key.to_user_string() for m in written},
            metadata={m.asset_key.to_user_string(): m.metadata for m in written},
        )

    def rows(self, tenant: str, table: str, days: DayRange | None = None) -> list[dict[str, Any]]:
        return self.frame(tenant, table, days).to_dicts()

    def frame(self, tenant: str, table: str, days: DayRange | None = None) -> pl.DataFrame:
        """Rows of `layer.table`; none where it was never written."""
        layer, name = table.split(".")
        try:
            return self.warehouse(tenant).read(layer, name, days)
        except NoSuchTable:
            return pl.DataFrame()

    def warehouse(self, tenant: str) -> Warehouse:
        return open_warehouse(self.installation.settings, tenant)

    def tables(self, tenant: str) -> list[str]:
        warehouse = self.warehouse(tenant)
        return [
            f"{layer}.{name}"
            for layer in ("raw", "staging", "mart", "ops")
            for name in warehouse.tables(layer)
        ]

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The sandbox's control port."""
        url = f"{self.sandbox.control_url}/_world/{path}"
        answer = CONTROL.request(method, url, json=body, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def truth(self, tenant: str, days: DayRange) -> dict[tuple[str, date], dict[str, Any]]:
        """The world's own numbers by platform and day, money as Decimal, in shop's and account's currency."""
        rows = self.control("GET", "truth", tenant=tenant, **{"from": f"{days.first}", "to": f"{days.last}"})
        found = {}
        for row in rows:
            told = {k: v for k, v in row.items() if v is not None and k not in {"date", "platform", "tenant"}}
            for name in MONEY & told.keys():
                told[name] = Decimal(told[name])
            if "conversions" in told:
                told["conversions"] = Decimal(told["conversions"])
            found[row["platform"], date.fromisoformat(row["date"])] = told
        return found

    def place(self, tenant: str, **wish: Any) -> str:
        """An order placed or amended by hand; returns its number."""
        return str(self.control("POST", f"orders/{tenant}", wish)["order_sn"])

    def fault(self, kind: str, platform: str, **more: Any) -> None:
        self.control("POST", "faults", {"kind": kind, "platform": platform, **more})

    def fired(self) -> dict[str, int]:
        """How often each fault struck, by `kind platform path`."""
        return {f"{f['kind']} {f['platform']} {f['path']}": f["fired"] for f in self.control("GET", "faults")}

    def zone(self, tenant: str) -> ZoneInfo:
        return self.tenant(tenant).zone


MONEY = {"revenue", "refunds", "spend", "conversion_value"}


def open_house(
    folder: Path,
    parsed: Path,
    as_of: datetime,
    seed: int,
    with_costs: bool = False,
    instance: dg.DagsterInstance | None = None,
    **changes: Any,
) -> House:
    """An empty house with a sandbox of its own, which the caller stops; `changes` overwrite tenant fields."""
    sandbox = Sandbox(seed=seed, as_of=as_of, port=0)
    # A throttled client only waits; what it does about throttles has tests of its own.
    sandbox.world.settings.update(UNTHROTTLED)
    return House(build(folder, sandbox, parsed, with_costs, **changes), instance)
