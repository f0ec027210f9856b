"""Days whose newest run did not end well: what it fetched may not have reached the marts.

A fetch that landed is no proof: the run may have died before it wrote the rows, or before the marts followed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import dagster as dg

from marketing_assets.automation.asset_runs import asset_runs
from marketing_assets.ingest.assets import CHANGED_DAYS_TAG
from marketing_assets.partitions import DayRange

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
_PARTITION = "dagster/partition"
_PARENT = "dagster/parent_run_id"

RUNS_LOOKED_AT = 300
"""A tenant has a handful of runs a day; what is older than these has been refreshed since."""


def unfinished_days(
    instance: dg.DagsterInstance, job_name: str, needed: Collection[dg.AssetKey]
) -> set[date]:
    """The days whose newest run over any of the `needed` assets has not succeeded, or not yet.

    Only a run over all of them settles a day (or one that takes up where such a run failed): one that
    fetched the orders alone leaves the marts behind.
    """
    settled: set[date] = set()
    unfinished: set[date] = set()
    for record in asset_runs(instance, job_name, RUNS_LOOKED_AT):
        run = record.dagster_run
        chosen = _chosen(run, job_name, needed)
        if run.status is dg.DagsterRunStatus.SUCCESS:
            if len(chosen) == len(set(needed)) or (chosen and _PARENT in run.tags):
                settled |= fetched_days(run) - unfinished
        elif chosen:
            unfinished |= fetched_days(run) - settled
    return unfinished


def _chosen(run: dg.DagsterRun, job_name: str, needed: Collection[dg.AssetKey]) -> set[dg.AssetKey]:
    """The needed assets that a run is over."""
    if run.asset_selection is None:
        return set(needed) if run.job_name == job_name else set()
    return set(needed) & run.asset_selection


def days_of(run: dg.DagsterRun) -> set[date]:
    """The partitions of a run that has some."""
    first, last = (run.tags.get(name, run.tags.get(_PARTITION)) for name in (RANGE_START, RANGE_END))
    if first is None or last is None:
        return set()
    return set(DayRange(date.fromisoformat(first), date.fromisoformat(last)))


def fetched_days(run: dg.DagsterRun) -> set[date]:
    """The days whose orders a run fetches."""
    days = days_of(run)
    changed = run.tags.get(CHANGED_DAYS_TAG)
    return days if changed is None else days & {date.fromisoformat(d) for d in changed.split(",") if d}
