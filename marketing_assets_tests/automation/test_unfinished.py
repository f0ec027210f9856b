"""Which days a run left behind, told from the runs alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import dagster as dg
import pytest

from marketing_assets.automation.unfinished import RANGE_END, RANGE_START, unfinished_days
from marketing_assets.ingest.assets import CHANGED_DAYS_TAG

ORDERS, MART = (dg.AssetKey(["siam", layer, name]) for layer, name in (("raw", "orders"), ("mart", "daily")))
NEEDED = [ORDERS, MART]
FAILED, DONE = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS


def day(number: int) -> date:
    return date(2026, 11, number)


@pytest.fixture
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


def ran(
    instance: dg.DagsterInstance,
    first: int,
    last: int,
    status: dg.DagsterRunStatus,
    over: list[dg.AssetKey] | None = None,
    job: str = "siam_refresh",
    **tags: str,
) -> None:
    own: dict[str, Any] = {RANGE_START: f"{day(first)}", RANGE_END: f"{day(last)}", **tags}
    chosen = None if over is None else frozenset(over)
    instance.add_run(dg.DagsterRun(job, tags=own, status=status, asset_selection=chosen))


def unfinished(instance: dg.DagsterInstance) -> set[int]:
    return {d.day for d in unfinished_days(instance, "siam_refresh", NEEDED)}


@pytest.mark.parametrize(
    "status",
    [FAILED, dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED],
)
def test_a_run_that_has_not_succeeded_leaves_its_days(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    ran(instance, 1, 3, DONE)
    ran(instance, 2, 4, status)
    assert unfinished(instance) == {2, 3, 4}


def test_a_later_success_settles_its_days_and_no_others(instance: dg.DagsterInstance) -> None:
    ran(instance, 1, 5, FAILED)
    ran(instance, 2, 3, DONE)
    assert unfinished(instance) == {1, 4, 5}


def test_only_the_changed_days_of_a_run_were_fetched(instance: dg.DagsterInstance) -> None:
    ran(instance, 1, 9, FAILED)
    ran(instance, 1, 9, DONE, **{CHANGED_DAYS_TAG: f"{day(2)},{day(7)}"})
    assert unfinished(instance) == {1, 3, 4, 5, 6, 8, 9}


def test_a_success_over_the_raw_table_alone_leaves_the_mart_behind(instance: dg.DagsterInstance) -> None:
    ran(instance, 1, 2, FAILED)
    ran(instance, 1, 1, DONE, over=[ORDERS])
    ran(instance, 2, 2, DONE, over=[ORDERS, MART, dg.AssetKey("more")], job="__ASSET_JOB")
    assert unfinished(instance) == {1}


def test_a_run_that_takes_up_a_failed_one_settles_its_days(instance: dg.DagsterInstance) -> None:
    ran(instance, 1, 2, FAILED)
    ran(instance, 1, 2, DONE, over=[MART], **{"dagster/parent_run_id": "the failed one"})
    assert unfinished(instance) == set()


def test_runs_of_other_tenants_and_tables_do_not_matter(instance: dg.DagsterInstance) -> None:
    ran(instance, 1, 2, FAILED, job="northwind_refresh")
    ran(instance, 1, 2, FAILED, over=[dg.AssetKey(["siam", "raw", "ads"])])
    assert unfinished(instance) == set()


def test_a_run_of_one_partition_counts_as_that_day(instance: dg.DagsterInstance) -> None:
    run = dg.DagsterRun("siam_refresh", tags={"dagster/partition": "2026-11-08"}, status=FAILED)
    instance.add_run(run)
    assert unfinished(instance) == {8}


def test_runs_of_other_tenants_push_none_out_of_sight(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records are shared: fifty tenants have hundreds of runs between two refreshes of one of them."""
    monkeypatch.setattr("marketing_assets.automation.unfinished.RUNS_LOOKED_AT", 5)
    ran(instance, 1, 2, FAILED)
    for _ in range(6):
        ran(instance, 1, 9, DONE, job="northwind_refresh")
        ran(instance, 1, 9, DONE, job="siam_alert_history", over=[])
    assert unfinished(instance) == {1, 2}
