"""Models follow their inputs: Dagster's own evaluation over real runs of a small house of assets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from marketing_assets.automation.refresh import PlannedRun
from marketing_assets.automation.schedules import run_tags
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.partitions import DayRange
from marketing_assets.transform.following import follows_inputs
from marketing_assets.with_models import WITH_MODELS, holds_its_models
from marketing_assets_tests.installation import QUIET
from marketing_assets_tests.test_event_log import instance

DAYS = dg.DailyPartitionsDefinition(start_date="2026-11-01", end_date="2026-11-20")
ORDERS, PRODUCTS, STAGING, MART, SAID = (
    dg.AssetKey(["siam", *path.split("/")])
    for path in ("raw/orders", "raw/products", "staging/orders", "mart/daily", "ml/anomalies")
)
CONDITION = follows_inputs([PRODUCTS], said=[SAID])
TODAY, BEFORE = "2026-11-12", "2026-11-05"


@dataclass
class Small:
    """A raw table, a snapshot, a staging model and a mart; what the last evaluation knew."""

    check_passes: bool = True
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)
    cursor: Any = None

    def __post_init__(self) -> None:
        house = self

        whole: Any = {"partitions_def": DAYS, "backfill_policy": dg.BackfillPolicy.single_run()}

        @dg.asset(
            key=ORDERS,
            **whole,
            check_specs=[dg.AssetCheckSpec("contract", asset=ORDERS, blocking=True)],
        )
        def orders() -> dg.MaterializeResult:  # type: ignore[type-arg]
            return dg.MaterializeResult(
                check_results=[dg.AssetCheckResult(check_name="contract", passed=house.check_passes)]
            )

        @dg.asset(key=PRODUCTS, **whole)
        def products() -> None: ...

        @dg.asset(key=STAGING, **whole, deps=[ORDERS, PRODUCTS], automation_condition=CONDITION)
        def staging() -> None: ...

        @dg.asset(key=SAID, **whole, deps=[STAGING])
        def said() -> None: ...

        @dg.asset(key=MART, **whole, deps=[STAGING, SAID], automation_condition=CONDITION)
        def mart() -> None: ...

        self.assets = [orders, products, staging, said, mart]
        job = dg.define_asset_job("siam_refresh", "*", executor_def=dg.in_process_executor)
        self.job = dg.Definitions(self.assets, jobs=[job]).resolve_job_def("siam_refresh")
        self.evaluate()

    def run(self, day: str, *keys: dg.AssetKey) -> bool:
        """One run of these assets for a day, selected by name, as schedules and the UI start it."""
        return self.job.execute_in_process(
            partition_key=day,
            asset_selection=list(keys) or [ORDERS, PRODUCTS, STAGING, MART],
            instance=self.instance,
            run_config=QUIET,
            raise_on_error=False,
        ).success

    def run_range(self, first: str, last: str, *keys: dg.AssetKey, **tags: str) -> None:
        """One run over a range of days, as schedules and sensors start it."""
        assert self.job.execute_in_process(
            tags={RANGE_START: first, RANGE_END: last, **tags},
            asset_selection=list(keys) or [ORDERS, PRODUCTS, STAGING, MART],
            instance=self.instance,
            run_config=QUIET,
        ).success

    def evaluate(self) -> dict[str, set[str]]:
        """The days that are asked for now, by asset."""
        found = dg.evaluate_automation_conditions(
            defs=self.assets, instance=self.instance, cursor=self.cursor
        )
        self.cursor = found.cursor
        asked = {
            k.path[-1] if k != STAGING else "staging": found.get_requested_partitions(k)
            for k in (STAGING, MART)
        }
        return {name: set(map(str, days)) for name, days in asked.items() if days}


@pytest.fixture
def small() -> Small:
    return Small()


def test_a_run_that_computes_the_models_itself_is_not_followed_by_another(small: Small) -> None:
    assert small.run(TODAY)
    assert small.evaluate() == {}
    assert small.run(TODAY), "the next refresh"
    assert small.evaluate() == {}
    assert small.evaluate() == {}


def test_a_raw_day_by_hand_gets_its_models_whatever_the_day(small: Small) -> None:
    small.run(TODAY)
    small.run(BEFORE)
    small.evaluate()
    assert small.run(BEFORE, ORDERS)
    assert small.evaluate() == {"staging": {BEFORE}, "daily": {BEFORE}}, "in one request"
    assert small.run(BEFORE, STAGING, MART)
    assert small.evaluate() == {}


def test_what_models_say_is_neither_waited_for_nor_followed(small: Small) -> None:
    assert small.run(TODAY, ORDERS, PRODUCTS, STAGING, MART)
    small.evaluate()
    assert small.run(TODAY, ORDERS)
    assert small.evaluate() == {"staging": {TODAY}, "daily": {TODAY}}, "though nothing was said yet"
    assert small.run(TODAY, STAGING, MART)
    small.evaluate()
    assert small.run(TODAY, SAID)
    assert small.evaluate() == {}


def test_several_days_by_hand_are_asked_for_together(small: Small) -> None:
    for day in (TODAY, BEFORE):
        small.run(day)
    small.evaluate()
    for day in (TODAY, BEFORE):
        small.run(day, ORDERS)
    assert small.evaluate() == {"staging": {TODAY, BEFORE}, "daily": {TODAY, BEFORE}}


def test_a_refresh_over_many_days_is_not_followed_by_another(small: Small) -> None:
    """Dagster itself knows of the newest day alone that the run was to write the models too."""
    days = DayRange(date(2026, 11, 5), date(2026, 11, 12))
    tags = run_tags(PlannedRun(days, None, everything=True))
    small.run_range(BEFORE, TODAY, **tags)
    small.evaluate()
    for _ in range(2):
        small.run_range(BEFORE, TODAY, **tags)
        assert small.evaluate() == {}
    small.run_range(BEFORE, TODAY, **tags)
    small.run(BEFORE, ORDERS)
    assert small.evaluate() == {"staging": {BEFORE}, "daily": {BEFORE}}


@pytest.mark.parametrize(
    ("chosen", "holds"),
    [
        ([ORDERS, PRODUCTS, STAGING, MART], True),
        ([STAGING, MART], True),
        ([MART], True),
        ([ORDERS], False),
        ([ORDERS, STAGING], False),
        ([PRODUCTS, MART], False),
    ],
)
def test_chosen_assets_hold_their_models_or_not(small: Small, chosen: list[dg.AssetKey], holds: bool) -> None:
    graph = dg.Definitions(small.assets).get_repository_def().asset_graph
    assert holds_its_models(chosen, graph) is holds


def test_the_first_run_of_an_installation_is_not_followed_by_another(tmp_path: Path) -> None:
    """Its sensor was evaluated before there was any event."""
    with instance(tmp_path) as kept:
        small = Small(instance=kept)
        small.run_range(BEFORE, TODAY, **WITH_MODELS)
        assert small.evaluate() == {}
        small.run(BEFORE, ORDERS)
        assert small.evaluate() == {"staging": {BEFORE}, "daily": {BEFORE}}


def test_days_by_hand_in_one_run_are_all_followed(small: Small) -> None:
    small.run_range(BEFORE, TODAY)
    small.evaluate()
    small.run_range(BEFORE, TODAY, ORDERS)
    asked = small.evaluate()
    assert asked["staging"] == asked["daily"] >= {BEFORE, TODAY} and len(asked["daily"]) == 8


def test_what_changes_while_the_models_are_computed_is_followed_too(small: Small) -> None:
    small.run(TODAY)
    small.evaluate()
    small.run(TODAY, ORDERS)
    assert small.evaluate() != {}
    small.run(TODAY, ORDERS)  # between the request and its run
    small.run(TODAY, STAGING, MART)
    assert small.evaluate() == {"staging": {TODAY}, "daily": {TODAY}}


def test_a_day_without_a_snapshot_is_computed_and_one_without_orders_is_not(small: Small) -> None:
    assert small.run(BEFORE, ORDERS)
    assert small.evaluate() == {"staging": {BEFORE}, "daily": {BEFORE}}
    assert small.run(TODAY, PRODUCTS)
    assert small.evaluate() == {}


def test_nothing_follows_while_a_blocking_check_fails(small: Small) -> None:
    small.run(TODAY)
    small.evaluate()
    small.check_passes = False
    small.run(TODAY, ORDERS)
    assert small.evaluate() == {}
    small.check_passes = True
    small.run(TODAY, ORDERS)
    assert small.evaluate() == {"staging": {TODAY}, "daily": {TODAY}}


def test_a_run_that_failed_to_reach_the_models_is_not_repeated_for_ever(small: Small) -> None:
    small.run(TODAY)
    small.evaluate()
    small.check_passes = False
    assert not small.run(TODAY), "the check stops it before the models"
    assert small.evaluate() == {}
    assert small.evaluate() == {}
