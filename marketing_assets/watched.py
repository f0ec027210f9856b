"""Executors whose runs show that their process lives, from their start to their end.

The run's own process does so, before its first step. Steps may have processes of their own, which end sooner.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.execution.step_dependency_config import StepDependencyConfig

from marketing_assets.orphans import stay_alive
from marketing_assets.settings import load_settings
from marketing_assets.with_models import tell_models


class _Watched(dg.Executor):
    def __init__(self, inner: dg.Executor):
        self._inner = inner

    @property
    def retries(self) -> RetryMode:
        return self._inner.retries

    @property
    def step_dependency_config(self) -> StepDependencyConfig:
        return self._inner.step_dependency_config

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        stay_alive(plan_context.instance, plan_context.run_id, load_settings())
        tell_models(plan_context)
        yield from self._inner.execute(plan_context, execution_plan)


def watched(definition: dg.ExecutorDefinition) -> dg.ExecutorDefinition:
    """The same executor, by the same name and config."""
    create = definition.executor_creation_fn
    assert create is not None
    return dg.ExecutorDefinition(
        name=definition.name,
        config_schema=definition.config_schema.as_field(),
        requirements=definition.get_requirements,
        executor_creation_fn=lambda context: _Watched(create(context)),
    )


IN_PROCESS = watched(dg.in_process_executor)
"""The executor of jobs whose steps share the run's process."""
