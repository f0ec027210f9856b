"""Runs that still wait to start: asking for the same once more would only make the queue longer."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from marketing_assets.automation.unfinished import days_of, fetched_days

SCHEDULE_NAME = "dagster/schedule_name"
_WAITING = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]


def waiting_runs(instance: dg.DagsterInstance, schedule: str) -> list[dg.DagsterRun]:
    """The runs that a schedule asked for and that have not started."""
    return list(instance.get_runs(dg.RunsFilter(statuses=_WAITING, tags={SCHEDULE_NAME: schedule})))


def not_waiting(
    requests: Sequence[dg.RunRequest], job: str, waiting: Sequence[dg.DagsterRun]
) -> list[dg.RunRequest]:
    """The requests that no waiting run does as well: it fetches their days and computes their assets.

    A run reads the platforms when it starts, so one that waits brings what is new by then.
    """
    return [r for r in requests if not any(_does(run, r, job) for run in waiting)]


def _does(run: dg.DagsterRun, request: dg.RunRequest, job: str) -> bool:
    asked = dg.DagsterRun(job, tags=dict(request.tags))
    if run.asset_selection is not None and not set(request.asset_selection or ()) <= run.asset_selection:
        return False
    return days_of(asked) <= days_of(run) and fetched_days(asked) <= fetched_days(run)
