"""The run tag which says that a run computes every model of what it writes, so that nothing has to follow it.

Dagster can tell that itself of an asset's newest partition alone, and runs here span many days.
"""

from __future__ import annotations

from collections.abc import Collection

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.reconstruct import ReconstructableJob
from dagster._core.execution.context.system import PlanOrchestrationContext

WITH_MODELS = {"marketing/with_models": "true"}


def tell_models(plan_context: PlanOrchestrationContext) -> None:
    """Tag a run that somebody started over chosen assets, where every model that follows is among them.

    A run of this process's own making says so itself; it does not know the assets that were left out.
    """
    run, job = plan_context.dagster_run, plan_context.job
    chosen = run.asset_selection
    if not chosen or not isinstance(job, ReconstructableJob):
        return
    if holds_its_models(chosen, job.repository.get_definition().asset_graph):
        plan_context.instance.add_run_tags(run.run_id, WITH_MODELS)


def holds_its_models(chosen: Collection[dg.AssetKey], graph: AssetGraph) -> bool:
    """Whether every model that is computed by itself after one of the chosen assets is among them."""
    nodes = [graph.get(key) for key in chosen if graph.has(key)]
    followers = {
        child for node in nodes for child in node.child_keys if graph.get(child).automation_condition
    }
    return followers <= set(chosen)
