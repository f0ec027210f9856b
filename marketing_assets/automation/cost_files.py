"""The sensor of cost files: when one is new, changed or gone, its days are computed again.

The cursor holds what was last asked for: each file's SHA-256 and the days it speaks of, as JSON. It only
moves on with the runs that were asked for, so a file with mistakes keeps its place until it is mended.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from marketing_assets.asset_tags import is_intelligence
from marketing_assets.automation.checks.along import Along
from marketing_assets.automation.refresh import PlannedRun
from marketing_assets.automation.schedules import run_tags
from marketing_assets.ingest.assets import raw_asset_key
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.partitions import DayRange, group_consecutive, local_day
from marketing_assets.platforms.costs import tables
from marketing_assets.platforms.costs.files import CostFileError
from marketing_assets.platforms.costs.resource import CostFiles, connect
from marketing_assets.platforms.platform import Platform
from marketing_assets.tenants import Connection, Tenant

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

SECONDS = 60
"""How often the files are looked at; one that did not change costs its bytes."""


@dataclass(frozen=True)
class Seen:
    """A file as it was: its table, SHA-256 and span; `last` None has no end, `first` None no line."""

    table: str
    sha256: str
    first: str | None
    last: str | None

    def days(self, start: date, today: date) -> set[date]:
        """The days it speaks of, from the tenant's start to today.

        Unit costs reach up to today, because their list lands as a snapshot of today.
        """
        if self.first is None:
            return set()
        last = today
        if self.last is not None and self.table != tables.COGS.name:
            last = min(today, date.fromisoformat(self.last))
        first = max(start, date.fromisoformat(self.first))
        return set(DayRange(first, last)) if first <= last else set()


Cursor = dict[str, Seen]


def read_cursor(text: str | None) -> Cursor:
    """What the sensor kept; nothing before its first evaluation."""
    return {name: Seen(**kept) for name, kept in json.loads(text or "{}").items()}


def cursor_text(cursor: Mapping[str, Seen]) -> str:
    return json.dumps({name: asdict(seen) for name, seen in sorted(cursor.items())})


@dataclass(frozen=True)
class Asked:
    """What an evaluation asks for: days with the tables that changed on them; the new cursor; mistakes."""

    runs: list[tuple[DayRange, frozenset[str]]]
    cursor: Cursor
    mistakes: list[str]


def compare(files: CostFiles, before: Cursor, start: date, today: date) -> Asked:
    """The days that files which are new, changed or gone speak of, or spoke of before.

    A mistake in any file of a table would stop its run, so all changes of that table wait for it.
    """
    cursor: Cursor = {}
    mistakes: list[str] = []
    changed: dict[date, set[str]] = defaultdict(set)
    for table in (tables.COSTS.name, tables.COGS.name):
        kept = {name: seen for name, seen in before.items() if seen.table == table}
        try:
            now = _as_seen_now(files, table, kept)
        except CostFileError as error:
            now = kept
            mistakes.append(str(error))
        cursor |= now
        for day in (day for seen in _differing(kept, now) for day in seen.days(start, today)):
            changed[day].add(table)
    runs = [
        (days, frozenset[str]().union(*(changed[day] for day in days))) for days in group_consecutive(changed)
    ]
    return Asked(runs, cursor, mistakes)


def _as_seen_now(files: CostFiles, table: str, kept: Cursor) -> Cursor:
    """The files of a table as they are; raises `CostFileError`. They are only read where one changed."""
    own = files.of_cogs if table == tables.COGS.name else files.of_costs
    if {f.name: f.sha256 for f in own} == {name: seen.sha256 for name, seen in kept.items()}:
        return kept
    periods: dict[str, list[tuple[date, date | None]]] = {f.name: [] for f in own}
    if table == tables.COGS.name:
        for unit_cost in files.unit_costs():
            periods[unit_cost.line.file.name].append((unit_cost.valid_from, unit_cost.valid_to))
    else:
        for cost in files.costs():
            periods[cost.line.file.name].append((cost.days.first, cost.days.last))
    return {f.name: Seen(table, f.sha256, *_span(periods[f.name])) for f in own}


def _span(periods: Sequence[tuple[date, date | None]]) -> tuple[str | None, str | None]:
    """First and last day of all periods, as `Seen` keeps them."""
    ends = [last for _, last in periods if last is not None]
    return (
        min(first for first, _ in periods).isoformat() if periods else None,
        max(ends).isoformat() if len(ends) == len(periods) and ends else None,
    )


def _differing(before: Cursor, now: Cursor) -> list[Seen]:
    """Every file that is not as it was: as it was, and as it is."""
    changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    return [seen for state in (before, now) for name, seen in state.items() if name in changed]


def cost_file_sensor(
    tenant: Tenant,
    platforms: Sequence[Platform],
    job: "UnresolvedAssetJobDefinition",
    assets: Sequence[dg.AssetsDefinition],
) -> dg.SensorDefinition:
    """`{tenant}_cost_files`: one run for each group of consecutive days that a changed file speaks of."""
    # What is said of marts once a day does not follow every file.
    specs = [s for a in assets for s in a.specs if not is_intelligence(s)]
    parents = {s.key: {d.asset_key for d in s.deps} for s in specs}
    along = Along(assets)
    last = dg.AssetKey([tenant.id, "mart", "daily_profit"])
    reference = {raw_asset_key(tenant, t.name) for p in platforms for t in p.tables if p.kind == "reference"}

    @dg.sensor(
        name=f"{tenant.id}_cost_files",
        job=job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Computes the days again that a new, changed or removed cost file speaks of.",
    )
    def cost_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        if context.instance.get_latest_materialization_event(last) is None:
            # Its first run reads the files of its days anyway.
            return dg.SensorResult(skip_reason=f"{tenant.id} was never filled", cursor=context.cursor)
        today = local_day(now_utc(), tenant.zone)
        try:
            files = connect(tenant, Connection(platform="costs"))
        except CostFileError as error:
            return dg.SensorResult(skip_reason=str(error), cursor=context.cursor)
        asked = compare(files, read_cursor(context.cursor), tenant.start_date, today)
        requests = []
        for days, changed in asked.runs:
            selected = sorted(affected({raw_asset_key(tenant, n) for n in changed}, parents, reference))
            requests.append(
                dg.RunRequest(
                    # No order changed: such a run neither fetches orders nor says that any were fetched.
                    tags=run_tags(PlannedRun(days, (), everything=False)),
                    asset_selection=selected,
                    asset_check_keys=along.on(selected),
                )
            )
        complaint = "\n".join(asked.mistakes)
        if requests:
            if complaint:
                context.log.warning(complaint)
            return dg.SensorResult(run_requests=requests, cursor=cursor_text(asked.cursor))
        reason = complaint or "no cost file changed on a day that the tenant has"
        return dg.SensorResult(skip_reason=reason, cursor=cursor_text(asked.cursor))

    return cost_files


def affected(
    changed: Collection[dg.AssetKey],
    parents: Mapping[dg.AssetKey, Collection[dg.AssetKey]],
    reference: Collection[dg.AssetKey],
) -> set[dg.AssetKey]:
    """The changed raw tables, all that follows from them, and the reference data which that needs.

    Old days may never have been computed, and would have no exchange rates without the latter.
    """
    following = followers(changed, parents)
    return following | needed_rates(following, parents, reference)


def followers(
    changed: Collection[dg.AssetKey], parents: Mapping[dg.AssetKey, Collection[dg.AssetKey]]
) -> set[dg.AssetKey]:
    """The changed assets and all that follows from them."""
    following = set(changed)
    while more := {k for k, above in parents.items() if not following.isdisjoint(above)} - following:
        following |= more
    return following


def needed_rates(
    following: Collection[dg.AssetKey],
    parents: Mapping[dg.AssetKey, Collection[dg.AssetKey]],
    reference: Collection[dg.AssetKey],
) -> set[dg.AssetKey]:
    """The reference data that assets need and that does not follow with them."""
    needed = set[dg.AssetKey]()
    asked = set(following)
    while asked := {p for k in asked for p in parents.get(k, ())} - needed - set(following):
        needed |= {k for k in asked if roots(k, parents) <= set(reference)}
    return needed


def roots(key: dg.AssetKey, parents: Mapping[dg.AssetKey, Collection[dg.AssetKey]]) -> frozenset[dg.AssetKey]:
    """What an asset is made of in the end; an asset without parents is its own root."""
    above = parents.get(key, ())
    if not above:
        return frozenset({key})
    return frozenset[dg.AssetKey]().union(*(roots(p, parents) for p in above))
