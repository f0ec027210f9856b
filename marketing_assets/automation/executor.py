"""How the steps of a run are executed: in its own process, in several, or in pods."""

from __future__ import annotations

from functools import cache

import dagster as dg

from marketing_assets.settings import Settings
from marketing_assets.watched import IN_PROCESS, watched

STEPS_AT_ONCE = 4
"""Steps of one run that work at the same time, where they do not share a process."""


class WrongExecutor(Exception):
    """An executor that this installation cannot use; the message says what to change."""


def executor(settings: Settings) -> dg.ExecutorDefinition:
    """The executor of every job. Raises `WrongExecutor`."""
    kind = settings.executor
    if kind != "in_process" and settings.warehouse == "duckdb":
        raise WrongExecutor(
            f"MARKETING_EXECUTOR={kind} needs MARKETING_WAREHOUSE=bigquery: a tenant's DuckDB file has one "
            "writing process, so steps beside each other would wait until they fail. "
            "Set MARKETING_EXECUTOR=in_process, or move the warehouse to BigQuery"
        )
    return _made(kind)


@cache
def _made(kind: str) -> dg.ExecutorDefinition:
    # The same object for every tenant: definitions with different executors cannot be merged.
    if kind == "in_process":
        return IN_PROCESS
    if kind == "multiprocess":
        return watched(dg.multiprocess_executor).configured({"max_concurrent": STEPS_AT_ONCE})
    try:
        from dagster_k8s import k8s_job_executor
    except ModuleNotFoundError as error:
        raise WrongExecutor(
            "MARKETING_EXECUTOR=k8s needs dagster-k8s: install marketing-assets[deploy]"
        ) from error
    # Image, environment, secrets and resources of a step's pod are those of its run.
    found: dg.ExecutorDefinition = watched(k8s_job_executor).configured({"max_concurrent": STEPS_AT_ONCE})
    return found
