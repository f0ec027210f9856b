"""The sensor that fetches a tenant's history in pieces, once its file confirms it with `backfill`.

The newest piece comes first, so that people see recent numbers first; one at a time, behind everything else.
What is done is told by Dagster's own records and by the cursor, which holds what was asked for last; so a
restart loses neither, and a piece is never asked for twice at once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from marketing_assets.automation import priorities
from marketing_assets.automation.planning import filled_days
from marketing_assets.automation.refresh import PlannedRun
from marketing_assets.automation.run_history import step_failures
from marketing_assets.automation.schedules import run_tags
from marketing_assets.automation.selections import Selections
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.partitions import ONE_DAY, DayRange, group_consecutive, local_day
from marketing_assets.platforms.platform import Platform
from marketing_assets.tenants import Tenant

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

SECONDS = 60
HISTORY_TAG = "marketing/history"
"""Run tag: which piece of the history, and the how-manieth try of it."""

PAUSE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(hours=24)
"""A piece that failed is tried again after a pause, which doubles with each try."""


@dataclass(frozen=True)
class Progress:
    """What the cursor keeps: pieces that succeeded; the piece asked for last, and which try of it."""

    done: list[str] = field(default_factory=list)
    asked: str | None = None
    tries: int = 0


def read_progress(cursor: str | None) -> Progress:
    return Progress(**json.loads(cursor or "{}"))


def progress_text(progress: Progress) -> str:
    return json.dumps(asdict(progress))


def piece(text: str) -> DayRange:
    """A piece as the cursor writes it."""
    first, _, last = text.partition("..")
    return DayRange(date.fromisoformat(first), date.fromisoformat(last or first))


def newest_piece(
    first: date, last: date, filled: Set[date], done: Sequence[str], days: int
) -> DayRange | None:
    """The newest `days` days or fewer that nobody has filled yet; None where there are none."""
    if last < first:
        return None
    known = set(filled).union(*(piece(text) for text in done))
    missing = group_consecutive(day for day in DayRange(first, last) if day not in known)
    if not missing:
        return None
    newest = missing[-1]
    return DayRange(max(newest.first, newest.last - (days - 1) * ONE_DAY), newest.last)


def pause_after(tries: int) -> timedelta:
    doubled: timedelta = PAUSE * 2 ** min(max(0, tries - 1), 10)
    return min(LONGEST_PAUSE, doubled)


def piece_days(platforms: Sequence[Platform]) -> int:
    """How many days a piece has: as many as the platform tells at once that tells the fewest."""
    return min(p.backfill_days for p in platforms)


def history_sensor(
    tenant: Tenant,
    platforms: Sequence[Platform],
    job: UnresolvedAssetJobDefinition,
    chosen: Selections,
) -> list[dg.SensorDefinition]:
    """`{tenant}_history`, for a tenant whose file confirms the backfill; else none."""
    first = tenant.backfill_from
    if first is None:
        return []

    @dg.sensor(
        name=f"{tenant.id}_history",
        job=job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Fetches the history from {first} on, the newest days first, a piece at a time.",
    )
    def history(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        progress = read_progress(context.cursor)
        now = now_utc()
        if progress.asked is not None:
            run = _newest_run(context.instance, tenant, progress)
            waits, progress = _after(context.instance, progress, run, now)
            if waits:
                return dg.SensorResult(skip_reason=waits, cursor=progress_text(progress))
        # Today is the refresh's.
        yesterday = local_day(now, tenant.zone) - ONE_DAY
        filled = filled_days(context.instance, tenant)
        wanted = newest_piece(first, yesterday, filled, progress.done, piece_days(platforms))
        if wanted is None:
            done = f"every day from {first} to {yesterday} is filled"
            return dg.SensorResult(skip_reason=done, cursor=progress_text(progress))
        tries = progress.tries + 1 if progress.asked == str(wanted) else 1
        asked = Progress(progress.done, str(wanted), tries)
        return dg.SensorResult(
            run_requests=[_request(tenant, wanted, tries, chosen)], cursor=progress_text(asked)
        )

    return [history]


def _request(tenant: Tenant, days: DayRange, tries: int, chosen: Selections) -> dg.RunRequest:
    run = PlannedRun(days, None, everything=True)
    tags = {**run_tags(run, priorities.HISTORY), HISTORY_TAG: f"{days}"}
    return dg.RunRequest(
        run_key=f"{tenant.id}-history-{days}-{tries}",
        tags=tags,
        asset_selection=list(chosen.refreshed),
        asset_check_keys=chosen.along.on(chosen.refreshed),
    )


def _newest_run(instance: dg.DagsterInstance, tenant: Tenant, progress: Progress) -> dg.RunRecord | None:
    """The newest run over the piece asked for last, retries and those that people start included."""
    tags = {HISTORY_TAG: progress.asked or "", "tenant": tenant.id}
    return next(iter(instance.get_run_records(dg.RunsFilter(tags=tags), limit=1)), None)


def _after(
    instance: dg.DagsterInstance, progress: Progress, record: dg.RunRecord | None, now: datetime
) -> tuple[str | None, Progress]:
    """Why the sensor waits, or None; and the progress, in which a piece that succeeded is done."""
    assert progress.asked is not None
    if record is None:
        # Its run is gone from Dagster's records, or was never made: it is asked for again.
        return None, progress
    run = record.dagster_run
    if run.status is dg.DagsterRunStatus.SUCCESS:
        return None, Progress([*progress.done, progress.asked])
    if not run.is_finished:
        return f"{progress.asked} is at work (run {run.run_id}, {run.status.value})", progress
    ended = record.update_timestamp.timestamp() if record.end_time is None else record.end_time
    again = ended + pause_after(progress.tries).total_seconds()
    if now.timestamp() >= again:
        return None, progress
    reasons = "; ".join(f.text for f in step_failures(instance, run.run_id)) or "the run was stopped"
    at = datetime.fromtimestamp(again, now.tzinfo)
    return f"{progress.asked} failed and is tried again at {at:%Y-%m-%d %H:%M %Z}: {reasons}", progress
