"""What a finished run left in Dagster's event log: check evaluations, failed and succeeded steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from dagster import DagsterEventType

from marketing_assets.alerts.finding import Days, clean
from marketing_assets.alerts.retried import is_retried
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START

_READ = {
    DagsterEventType.ASSET_CHECK_EVALUATION,
    DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    DagsterEventType.STEP_FAILURE,
    DagsterEventType.STEP_SUCCESS,
    DagsterEventType.RUN_FAILURE,
}
_PAGE = 1000
_PARTITION = "dagster/partition"
_INTERRUPTED = {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}


@dataclass(frozen=True)
class RunFacts:
    """A finished run as this room needs it."""

    run_id: str
    job: str
    status: str
    days: Days
    is_retried: bool
    checks: tuple[dg.AssetCheckEvaluation, ...] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)
    successes: frozenset[str] = frozenset()
    assets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The assets of each step, computed or checked."""
    computed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    error: str = ""
    """Why the run failed, where no step did."""


@dataclass(frozen=True)
class Failure:
    """Why a step failed. `connection` is tenant/platform/account where a platform refused."""

    text: str
    error: str = ""
    connection: str = ""
    remedy: str = ""


def facts_of_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> RunFacts:
    """Read what a finished run left in the event log."""
    checks: list[tuple[str, dg.AssetCheckEvaluation]] = []
    failures: dict[str, Failure] = {}
    successes: set[str] = set()
    checked: dict[str, set[str]] = {}
    computed: dict[str, set[str]] = {}
    error = ""
    for event in _events(instance, run.run_id):
        step = str(event.step_key or "")
        if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            checks.append((step, event.asset_check_evaluation_data))
        elif event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            key = event.asset_check_planned_data.asset_key
            checked.setdefault(step, set()).add(key.to_user_string())
        elif event.event_type is DagsterEventType.ASSET_MATERIALIZATION_PLANNED:
            if event.asset_key:
                computed.setdefault(step, set()).add(event.asset_key.to_user_string())
        elif event.event_type is DagsterEventType.STEP_FAILURE:
            failure = _failure(event.step_failure_data)
            if failure.error not in _INTERRUPTED:  # a cancelled run's step was only not computed
                failures[step] = failure
        elif event.event_type is DagsterEventType.STEP_SUCCESS:
            successes.add(step)
            failures.pop(step, None)  # a step may succeed when it is tried again
        else:
            data = event.event_specific_data  # none where Dagster itself ended a run that had died
            failure_of_run = getattr(data, "error", None)
            error = failure_of_run.message if failure_of_run else event.message or ""
    return RunFacts(
        run_id=run.run_id,
        job=run.job_name,
        status=run.status.value,
        days=_days(run.tags),
        is_retried=is_retried(run),
        # What failed steps checked is checked again by the retry; what others did is not.
        checks=tuple(e for step, e in checks if not (is_retried(run) and step in failures)),
        failures=failures,
        successes=frozenset(successes),
        assets={
            step: frozenset(checked.get(step, set()) | computed.get(step, set()))
            for step in checked.keys() | computed.keys()
        },
        computed={step: frozenset(keys) for step, keys in computed.items()},
        error=clean(error),
    )


def _events(instance: dg.DagsterInstance, run_id: str) -> Iterable[dg.DagsterEvent]:
    cursor: str | None = None
    while True:
        page = instance.get_records_for_run(run_id, cursor, _READ, _PAGE)
        yield from (r.event_log_entry.dagster_event for r in page.records if r.event_log_entry.dagster_event)
        if not page.has_more:
            return
        cursor = page.cursor


def _failure(data: Any) -> Failure:
    told = data.user_failure_data
    metadata = {k: getattr(v, "value", None) for k, v in told.metadata.items()} if told else {}
    text = (told.description if told else None) or (data.error.message if data.error else "failed")
    error = data.error.cls_name or "" if data.error else ""
    return Failure(
        text=clean(text),
        error=error,
        connection=str(metadata.get("connection") or ""),
        remedy=clean(str(metadata.get("remedy") or "")),
    )


def _days(tags: Mapping[str, str]) -> Days:
    one = tags.get(_PARTITION)
    return Days(tags.get(RANGE_START, one), tags.get(RANGE_END, one))
