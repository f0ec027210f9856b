"""Runs that Dagster tries again: the last try decides, and a try that never comes does not hide a failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

_WILL_RETRY = "dagster/will_retry"
_RETRY = "dagster/auto_retry_run_id"
RETRY_COMES_WITHIN = timedelta(minutes=15)
"""How long a failed run waits for its retry; Dagster's daemon makes one within a minute."""


def is_undecided(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    """Whether a failed run is to be looked at later: whether it is tried again is not known yet.

    Dagster marks a run as failed first and says a moment later that it will be tried again; and it takes that
    word back where no retry could be made.
    """
    run = record.dagster_run
    if run.status is not dg.DagsterRunStatus.FAILURE or _RETRY in run.tags:
        return False
    said = run.tags.get(_WILL_RETRY)
    waits = instance.run_retries_enabled if said is None else said == "true"
    ended = datetime.fromtimestamp(record.end_time or 0, UTC)
    return waits and datetime.now(UTC) - ended < RETRY_COMES_WITHIN


def is_retried(run: dg.DagsterRun) -> bool:
    """Whether another run tries again what this one failed at."""
    return run.status is dg.DagsterRunStatus.FAILURE and _RETRY in run.tags
