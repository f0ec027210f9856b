"""Materialise days of one raw table: fetch, land, load, compare. No Dagster in here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from marketing_assets.ingest.completeness import (
    Difference,
    checks_sql,
    controls_by_day,
    differences,
    stored,
)
from marketing_assets.ingest.fetch import fetch, now_utc
from marketing_assets.ingest.landing import Landing, Manifest
from marketing_assets.ingest.load import Loaded, load
from marketing_assets.ingest.pseudonyms import Keys
from marketing_assets.partitions import ONE_DAY, DayRange, group_consecutive, local_day
from marketing_assets.platforms.catalog import connections
from marketing_assets.platforms.platform import Platform, RawTable, Refresh
from marketing_assets.schema import Table
from marketing_assets.tenants import Connection, Tenant
from marketing_assets.warehouse.warehouse import Warehouse

# Fetching a couple of untouched days between two touched ones is cheaper than a second set of calls.
MERGE_GAP_DAYS = 2


@dataclass(frozen=True)
class RawOutcome:
    """What happened to a raw table. `skipped` tells why nothing was fetched, where that is so."""

    manifests: list[Manifest]
    loaded: Loaded | None
    differences: list[Difference]
    duplicate_keys: int
    missing_values: int
    skipped: str | None = None

    @property
    def complaints(self) -> list[str]:
        """What is wrong with the rows as they stand, in words."""
        found = [str(d) for d in self.differences]
        if self.duplicate_keys:
            found.append(f"{self.duplicate_keys} keys stand more than once")
        if self.missing_values:
            found.append(f"{self.missing_values} rows lack a required value")
        return found

    @property
    def drift(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for manifest in self.manifests:
            total.update(manifest.drift)
        return total


def ranges_to_fetch(
    table: RawTable, days: DayRange, today: date, changed: Iterable[date] | None
) -> list[DayRange]:
    """The days of a run that are fetched: of a snapshot only today, of changing records those named, and
    never days that the platform no longer tells of."""
    if table.refresh is Refresh.SNAPSHOT:
        return [DayRange(today, today)] if today in days else []
    if table.refresh is Refresh.CHANGED and changed is not None:
        touched = [d for d in changed if d in days]
        return group_consecutive(touched, merge_gap=MERGE_GAP_DAYS)
    oldest = today - table.history_days * ONE_DAY if table.history_days else days.first
    return [DayRange(max(days.first, oldest), days.last)] if oldest <= days.last else []


def materialize_raw(
    warehouse: Warehouse,
    landing: Landing,
    tenant: Tenant,
    platform: Platform,
    table: RawTable,
    days: DayRange,
    keys: Keys,
    changed: Iterable[date] | None = None,
    clock: Callable[[], datetime] = now_utc,
) -> RawOutcome:
    """Fetch, land and load the days of a raw table for every connection of the tenant."""
    today = local_day(clock(), tenant.zone)
    ranges = ranges_to_fetch(table, days, today, changed)
    if not ranges:
        return _nothing(table, today)
    fetches: dict[date, list[Manifest]] = defaultdict(list)
    for connection in connections(tenant, platform):
        for wanted in ranges:
            manifest = fetch(landing, tenant, platform, table, connection, wanted, keys, clock)
            for day in wanted:
                fetches[day].append(manifest)
    return load_and_compare(warehouse, landing, table.contract, fetches)


def replay_raw(
    warehouse: Warehouse,
    landing: Landing,
    tenant: Tenant,
    platform: Platform,
    table: RawTable,
    days: DayRange,
) -> RawOutcome:
    """Rebuild the days of a raw table from landing, each from its newest complete fetch, without a call.

    Raises LookupError naming the days that no complete fetch covers.
    """
    fetches: dict[date, list[Manifest]] = defaultdict(list)
    for connection in connections(tenant, platform):
        newest = landing.newest(tenant.id, platform.name, table.name, connection.account_id, days)
        missing = [d for d in days if d not in newest]
        if missing:
            raise LookupError(_not_landed(tenant, platform, table, connection, missing))
        for day, manifest in newest.items():
            fetches[day].append(manifest)
    return load_and_compare(warehouse, landing, table.contract, fetches)


def load_and_compare(
    warehouse: Warehouse, landing: Landing, table: Table, fetches: Mapping[date, list[Manifest]]
) -> RawOutcome:
    relation = warehouse.relation("raw", table.name)
    bounds = {"first": min(fetches), "last": max(fetches)}
    with warehouse.held():
        loaded = load(warehouse, landing, table, fetches)
        have = stored(warehouse.query(checks_sql(table, relation), bounds).iter_rows(named=True))
    manifests = {m.fetch_id: m for group in fetches.values() for m in group}
    return RawOutcome(
        manifests=list(manifests.values()),
        loaded=loaded,
        differences=differences(table, loaded.days, controls_by_day(fetches), have.figures, loaded.dead),
        duplicate_keys=have.duplicate_keys,
        missing_values=have.missing_values,
    )


def _nothing(table: RawTable, today: date) -> RawOutcome:
    why = "none of these days had a changed record"
    if table.refresh is Refresh.SNAPSHOT:
        why = f"a snapshot tells only of today ({today}); other days are never filled with today's state"
    elif table.history_days:
        why = f"the platform tells of the last {table.history_days} days only; older ones stay as they are"
    return RawOutcome([], None, [], 0, 0, skipped=why)


def _not_landed(
    tenant: Tenant, platform: Platform, table: RawTable, connection: Connection, missing: list[date]
) -> str:
    days = ", ".join(map(str, group_consecutive(missing)))
    return (
        f"{tenant.id}/{platform.name}/{connection.account_id}: landing holds no complete fetch of "
        f"{table.name} for {days}; materialise these days, which fetches them from the platform"
    )
