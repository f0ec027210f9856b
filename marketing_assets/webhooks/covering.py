"""Which runs already take in a change of a day's orders."""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from marketing_assets.automation.asset_runs import asset_runs
from marketing_assets.automation.unfinished import RUNS_LOOKED_AT, fetched_days

SEEN_TAG = "marketing/webhooks_seen"
"""Run tag: `INBOX:NUMBER`, the newest message that was in the inbox when the run was asked for."""

ASKED_TAG = "marketing/asked_at"
"""Run tag: the instant at which the run was asked for, by the clock that its fetches go by."""

_SCHEDULED_TAG = ".dagster/scheduled_execution_time"

LONGEST_QUEUED = timedelta(hours=1)
"""A run that waits longer may never start; it is not relied on."""

LONGEST_STARTING = timedelta(minutes=10)
"""As much of one that is about to start: its process may have died."""

_UNSTARTED = {
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
}
_AT_WORK = {dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS}


@dataclass(frozen=True)
class Fetching:
    """A run over days of orders; `assets` None: all of the job.

    `started` in Unix seconds, None before. `asked`: when it was asked for, where that is known. A retry may
    not fetch anew (`is_anew`): what it carries on is what the run before it fetched.
    """

    run_id: str
    days: Set[date]
    assets: frozenset[dg.AssetKey] | None
    started: float | None
    asked: float | None
    is_waiting: bool
    is_anew: bool
    is_done: bool
    seen: str

    def is_over(self, assets: Collection[dg.AssetKey]) -> bool:
        return self.assets is None or self.assets.issuperset(assets)

    def number_seen(self, inbox: str) -> int:
        """The newest message of that inbox that came before the run was asked for; 0: not known."""
        name, _, number = self.seen.partition(":")
        return int(number) if name == inbox else 0

    def fetches(self, day: date, received: float) -> bool:
        """Whether it fetches what a message of a day told that came at an instant (Unix seconds)."""
        return self.is_anew and day in self.days and (self.is_waiting or (self.started or 0) > received)

    def takes_in(self, day: date, changed: datetime) -> bool:
        """Whether it fetches a change of a day. It surely does where it was asked for after the change."""
        began = self.asked or (self.started if self.is_anew else None) or 0
        return day in self.days and ((self.is_waiting and self.is_anew) or began > changed.timestamp())


def recent_runs(instance: dg.DagsterInstance, job_name: str, since: float) -> list[Fetching]:
    """The runs that may take in changes since an instant; not those that failed or were cancelled."""
    after = datetime.fromtimestamp(since, UTC) - LONGEST_QUEUED
    statuses = [*_UNSTARTED, *_AT_WORK]
    records = asset_runs(instance, job_name, RUNS_LOOKED_AT, statuses=statuses, created_after=after)
    return [found for record in records if (found := _fetching(record, job_name))]


def _fetching(record: dg.RunRecord, job_name: str) -> Fetching | None:
    run = record.dagster_run
    if run.asset_selection is None and run.job_name != job_name:
        return None
    created = record.create_timestamp
    created = created if created.tzinfo else created.replace(tzinfo=UTC)
    is_waiting = run.status in _UNSTARTED
    longest = LONGEST_QUEUED if run.status is dg.DagsterRunStatus.QUEUED else LONGEST_STARTING
    if is_waiting and datetime.now(UTC) - created > longest:
        return None
    return Fetching(
        run.run_id,
        fetched_days(run),
        None if run.asset_selection is None else frozenset(run.asset_selection),
        record.start_time,
        _asked(run),
        is_waiting,
        _fetches_anew(run),
        run.status is dg.DagsterRunStatus.SUCCESS,
        run.tags.get(SEEN_TAG, ""),
    )


def _fetches_anew(run: dg.DagsterRun) -> bool:
    """Whether a run executes the steps of all raw tables that it is over."""
    if run.step_keys_to_execute is None:
        return True
    raw = {"__".join(key.path) for key in run.asset_selection or () if key.path[1:2] == ["raw"]}
    return run.asset_selection is not None and raw <= set(run.step_keys_to_execute)


def _asked(run: dg.DagsterRun) -> float | None:
    text = run.tags.get(ASKED_TAG) or run.tags.get(_SCHEDULED_TAG)
    return datetime.fromisoformat(text).timestamp() if text else None
