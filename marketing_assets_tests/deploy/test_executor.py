"""Which executor a setting gives, and which it is refused."""

from __future__ import annotations

import dagster as dg
import pytest

from marketing_assets.automation.executor import WrongExecutor, executor
from marketing_assets.settings import Settings
from marketing_assets.watched import IN_PROCESS


def test_duckdb_runs_in_process_by_default() -> None:
    assert executor(Settings()) is IN_PROCESS


@pytest.mark.parametrize("kind", ["multiprocess", "k8s"])
def test_steps_beside_each_other_are_refused_on_duckdb(kind: str) -> None:
    with pytest.raises(WrongExecutor, match=f"MARKETING_EXECUTOR={kind} needs MARKETING_WAREHOUSE=bigquery"):
        executor(Settings.model_validate({"executor": kind}))


@pytest.mark.parametrize("kind", ["in_process", "multiprocess", "k8s"])
def test_bigquery_takes_any_and_all_tenants_the_same(kind: str) -> None:
    settings = Settings.model_validate({"executor": kind, "warehouse": "bigquery"})
    names = {"in_process": "in_process", "multiprocess": "multiprocess", "k8s": "k8s"}
    assert executor(settings).name == names[kind]
    both = dg.Definitions.merge(*(dg.Definitions(executor=executor(settings)) for _ in range(2)))
    assert both.executor is executor(settings)
