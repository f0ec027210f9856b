"""Which failed runs are started again by themselves: those that failed for a cause that passes.

Dagster decides when a run has failed, by the run's tag. The tag is set with each failed step, since one of
several may be worth another try, and is set anew in a retry, which inherits the tags of its parent.
"""

from __future__ import annotations

import dagster as dg

RETRY = "dagster/retry_on_asset_or_op_failure"
PASSING = "marketing/passing_cause_in"
"""Run tag: the id of the run in which some step failed for a cause that passes."""


def judge(instance: dg.DagsterInstance, run_id: str, passes: bool) -> None:
    """Note that a step of the run failed, and whether its cause `passes` by itself."""
    run = instance.get_run_by_id(run_id)
    if run is None:
        return
    if passes:
        instance.add_run_tags(run_id, {RETRY: "true", PASSING: run_id})
    elif run.tags.get(PASSING) != run_id:
        instance.add_run_tags(run_id, {RETRY: "false"})
