"""What has outlived its time: landed fetches, raw rows and, where a tenant says so, what was made of them.

A fetch goes when it is older than its platform's landing is kept, and when no day needs it: each of its days
has a newer complete fetch, or is itself older than raw rows are kept. So every day that raw holds can be
replayed, and a day that raw no longer holds cannot be, once its fetches are gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from marketing_assets.ingest.dead_letters import DEAD_LETTERS
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.turn import turn
from marketing_assets.partitions import ONE_DAY, DayRange, local_day
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.protection import acts
from marketing_assets.schema import DAY
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

KIND = "retention"
_ABANDONED = 2 * ONE_DAY
"""Age at which a fetch that was never completed is taken for the rest of a run that was killed."""


@dataclass(frozen=True)
class OldRows:
    """Rows of days before `before`, of one table."""

    layer: str
    table: str
    before: date
    rows: int


@dataclass
class OldFetches:
    """Fetches of one raw table that nothing needs: folders, bytes, and days no fetch is left of."""

    platform: str
    table: str
    folders: list[str] = field(default_factory=list)
    bytes: int = 0
    unreplayable: set[date] = field(default_factory=set)


@dataclass(frozen=True)
class Plan:
    """What is to go now."""

    rows: list[OldRows]
    fetches: list[OldFetches]

    def told(self) -> dict[str, Any]:
        """Counts by table, for people and for the log."""
        return {
            "rows": {f"{r.layer}.{r.table}": f"{r.rows} before {r.before}" for r in self.rows},
            "fetches": {f.table: f"{len(f.folders)} of {f.bytes} bytes" for f in self.fetches},
            "no_longer_replayable": {
                f.table: str(DayRange(min(f.unreplayable), max(f.unreplayable)))
                for f in self.fetches
                if f.unreplayable
            },
        }

    def __bool__(self) -> bool:
        return bool(self.rows or self.fetches)


def plan(settings: Settings, tenant: Tenant, now: datetime) -> Plan:
    """What has outlived its time at `now`. Nothing is changed."""
    landing, warehouse = Landing(settings.landing), open_warehouse(settings, tenant.id)
    today = local_day(now, tenant.zone)
    fetches = [
        found
        for platform in PLATFORMS.values()
        for table in platform.tables
        if (found := _old_fetches(landing, tenant, platform.name, table.name, now, today)).folders
    ]
    return Plan(list(_old_rows(warehouse, tenant, today)), fetches)


def expire(settings: Settings, tenant: Tenant, now: datetime, by: str) -> Plan:
    """Remove what has outlived its time, and note it in the log. A cut-off act is done by the next one.

    Waits for the runs that are at a table. Raises `WarehouseError` and `LandingError`.
    """
    found = plan(settings, tenant, now)
    if not found:
        return found
    act = acts.new_act(KIND, now)
    acts.append(settings, tenant.id, KIND, act, "started", found.told(), by)
    landing, warehouse = Landing(settings.landing), open_warehouse(settings, tenant.id)
    for old in found.rows:
        with turn(settings, tenant.id, old.table):
            warehouse.delete_before(old.layer, old.table, old.before)
            if old.layer == "raw" and DEAD_LETTERS.name in warehouse.tables("ops"):
                only = {"table_name": old.table}
                warehouse.delete_before("ops", DEAD_LETTERS.name, old.before, only)
    for group in found.fetches:
        with turn(settings, tenant.id, group.table):
            for folder in group.folders:
                remove_fetch(landing, folder)
    acts.append(settings, tenant.id, KIND, act, "finished", found.told(), by)
    return found


def remove_fetch(landing: Landing, folder: str) -> None:
    """Remove a fetch, its manifest first: without one it never happened, wherever this is cut off."""
    manifest = landing.path(f"{folder}/manifest.json")
    if landing.fs.exists(manifest):
        landing.fs.rm_file(manifest)
    landing.fs.rm(landing.path(folder), recursive=True)


def _old_rows(warehouse: Warehouse, tenant: Tenant, today: date) -> Iterator[OldRows]:
    kept = tenant.retention
    limits = [("staging", kept.staging_days, None), ("mart", kept.mart_days, None)]
    raw = [
        ("raw", kept.raw_of(platform.name), table.name)
        for platform in PLATFORMS.values()
        for table in platform.tables
    ]
    for layer, days, only in [*raw, *limits]:
        if days is None:
            continue
        before = today - days * ONE_DAY
        for table in warehouse.tables(layer):
            if only in {None, table} and DAY in {c.name for c in warehouse.describe(layer, table).columns}:
                sql = f"select count(*) as n from {warehouse.relation(layer, table)} where {DAY} < $before"
                if rows := int(warehouse.query(sql, {"before": before})["n"][0]):
                    yield OldRows(layer, table, before, rows)


def _old_fetches(
    landing: Landing, tenant: Tenant, platform: str, table: str, now: datetime, today: date
) -> OldFetches:
    found = OldFetches(platform, table)
    landing_days, raw_days = tenant.retention.landing_of(platform), tenant.retention.raw_of(platform)
    if landing_days is None:
        return found
    oldest_raw = None if raw_days is None else today - raw_days * ONE_DAY
    covered: dict[str, set[date]] = {}
    for folder, window, account in landing.fetches(tenant.id, platform, table):
        started = datetime.strptime(folder.rsplit("/", 1)[1].split("_")[0], "%Y%m%dT%H%M%S%fZ").replace(
            tzinfo=UTC
        )
        newer = covered.setdefault(account, set())
        complete = landing.fs.exists(landing.path(f"{folder}/manifest.json"))
        alone = {day for day in window if day not in newer} if complete else set()
        needed = any(oldest_raw is None or day >= oldest_raw for day in alone)
        old = now - started > (landing_days * ONE_DAY if complete else _ABANDONED)
        if old and not needed:
            found.folders.append(folder)
            found.bytes += int(landing.fs.du(landing.path(folder)))
            found.unreplayable |= alone
        elif complete:
            newer |= set(window)
    return found
