"""The world moves on: what the schedule then runs makes every old and new number true again.

The tests of this file follow one another in one house: refreshed under faults, then read, then run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.partitions import ONE_DAY, DayRange, local_day
from marketing_assets_tests.e2e.comparing import (
    Figures,
    assert_marts_are,
    assert_marts_tell,
    day_totals,
    public_count,
    raw_count,
    staging_totals,
    without_currency,
)
from marketing_assets_tests.e2e.conftest import DAYS, MOVED_TO, TENANTS
from marketing_assets_tests.e2e.counting import AD_PLATFORMS, change
from marketing_assets_tests.e2e.house import House, Run

pytestmark = [
    pytest.mark.xdist_group("e2e_truth"),
    # Filling the house counts towards the first test that needs it.
    pytest.mark.timeout(900),
]

CANCELLED_ON = date(2026, 10, 3)
RETURNED_ON = date(2026, 10, 6)
"""Days too old for the window that every refresh fetches: only their changed orders tell of them."""

FAULTS: list[dict[str, Any]] = [
    {"kind": "rate_limit", "platform": "shopee", "path": "get_order_detail", "times": 2},
    {"kind": "expired_token", "platform": "shopee", "path": "get_escrow_detail_batch", "times": 1},
    {"kind": "server_error", "platform": "shopee", "path": "get_order_list", "times": 1},
    {"kind": "moving", "platform": "shopee", "path": "update_time", "times": 1},
    {"kind": "html", "platform": "shopee", "path": "get_order_detail", "times": 1},
    {"kind": "truncated", "platform": "shopee", "path": "get_order_detail", "times": 1},
    {"kind": "connection_reset", "platform": "shopee", "path": "get_shop_info", "times": 1},
    {"kind": "rate_limit", "platform": "meta_ads", "path": "insights", "times": 1},
    {"kind": "job_failed", "platform": "meta_ads", "times": 1},
    {"kind": "truncated", "platform": "meta_ads", "path": "insights", "times": 1},
    {"kind": "moving", "platform": "meta_ads", "path": "campaigns", "times": 1},
    {"kind": "rate_limit", "platform": "google_ads", "path": "FROM campaign ", "times": 1},
    {"kind": "expired_token", "platform": "google_ads", "path": "FROM ad_group_ad", "times": 1},
    {"kind": "server_error", "platform": "google_ads", "path": "FROM customer", "status": 500, "times": 1},
    {"kind": "truncated", "platform": "google_ads", "path": "segments.hour", "times": 1},
    {"kind": "html", "platform": "google_ads", "path": "FROM change_event", "times": 1},
    {"kind": "connection_reset", "platform": "google_ads", "path": "/token", "times": 1},
    {"kind": "server_error", "platform": "ecb", "times": 1},
    {"kind": "rate_limit", "platform": "shopify", "times": 2},
    {"kind": "server_error", "platform": "shopify", "times": 1},
    {"kind": "truncated", "platform": "shopify", "times": 1},
    {"kind": "moving", "platform": "shopify", "path": "updated_at", "times": 1},
    {"kind": "job_failed", "platform": "shopify", "times": 1},
]


@dataclass
class Moved:
    """The house after its refresh, the truth before and after, and the runs by tenant and days."""

    house: House
    days: dict[str, DayRange]
    before: dict[str, Figures]
    truth: dict[str, Figures]
    runs: dict[str, dict[str, Run]]
    fired: dict[str, int]


@pytest.fixture(scope="session")
def moved(moved_house: House) -> Iterator[Moved]:
    house = moved_house
    days = {t: DayRange(DAYS[t].first, local_day(MOVED_TO, house.zone(t))) for t in TENANTS}
    before = {t: house.truth(t, days[t]) for t in TENANTS}
    for tenant in TENANTS:
        _change_old_orders(house, tenant)
    house.move_to(MOVED_TO)
    house.control("PUT", "settings", {"meta_edge_page": 4, "google_stream_rows": 50})
    for fault in FAULTS:
        house.fault(**fault)
    runs = {tenant: house.refresh(tenant) for tenant in TENANTS}
    fired = house.fired()
    house.control("DELETE", "faults")
    yield Moved(house, days, before, {t: house.truth(t, days[t]) for t in TENANTS}, runs, fired)


def _change_old_orders(house: House, tenant: str) -> None:
    """A cancellation and a return of old orders, told two days after the last refresh."""
    at = (house.sandbox.world.clock.as_of + timedelta(days=2)).isoformat()
    for day, wish in ((CANCELLED_ON, {"status": "CANCELLED"}), (RETURNED_ON, {"returned": True})):
        completed = [
            row["order_sn"]
            for row in house.rows(tenant, "raw.shopee_orders", DayRange(day, day))
            if row["order_status"] == "COMPLETED"
        ]
        house.place(tenant, order_sn=min(completed), amend=True, at=at, **wish)


def test_the_faults_struck(moved: Moved) -> None:
    assert moved.fired
    assert all(moved.fired.values()), moved.fired


@pytest.mark.parametrize("tenant", TENANTS)
def test_every_planned_run_succeeds_in_spite_of_the_faults(moved: Moved, tenant: str) -> None:
    runs = moved.runs[tenant]
    assert all(run.success for run in runs.values()), [run.complaint for run in runs.values()]
    assert [run.failed_checks() for run in runs.values()] == [{}] * len(runs)
    first, *older = runs
    window = moved.days[tenant].last - 30 * ONE_DAY
    assert first == f"{window}..{moved.days[tenant].last}"
    # Runs of old days alone fetch orders and what follows from them, no ads and no snapshots.
    assert older
    for days in older:
        assert not any("_ads_" in asset and "/raw/" in asset for asset in runs[days].written)


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_world_changed_old_days(moved: Moved, tenant: str) -> None:
    """Or the comparisons below would prove nothing."""
    before, after = moved.before[tenant], moved.truth[tenant]
    assert after["shopee", CANCELLED_ON]["orders"] < before["shopee", CANCELLED_ON]["orders"]
    assert after["shopee", RETURNED_ON]["refunds"] > before["shopee", RETURNED_ON]["refunds"]
    changed = {key for key in after if key[1] in DAYS[tenant] and before[key] != after[key]}
    assert len({day for platform, day in changed if platform == "shopee"}) > 4
    for ads in AD_PLATFORMS:
        assert len({day for platform, day in changed if platform == ads}) > 4
    assert (len({day for platform, day in changed if platform == "shopify"}) > 4) == (tenant == "northwind")


@pytest.mark.parametrize("tenant", TENANTS)
def test_every_day_is_the_new_truth(moved: Moved, tenant: str) -> None:
    house, days = moved.house, moved.days[tenant]
    truth = without_currency(moved.truth[tenant])
    assert day_totals(house, tenant, days, raw_count(house, tenant, days)) == truth
    assert staging_totals(house, tenant, days) == truth
    assert_marts_tell(house, tenant, days, moved.truth[tenant])


@pytest.mark.parametrize("tenant", TENANTS)
def test_days_that_compare_with_a_restated_day_follow_it(moved: Moved, tenant: str) -> None:
    """The whole mart, comparisons included, is what public clients count after the move."""
    days = moved.days[tenant]
    assert_marts_are(moved.house, tenant, days, public_count(moved.house, tenant, days))
    daily = {row["day"]: row for row in moved.house.rows(tenant, "mart.daily_performance")}
    restated = daily[CANCELLED_ON]["total_revenue"]
    for column, after in (("yesterday", 1), ("last_week", 7), ("last_month", 31)):
        row = daily[CANCELLED_ON + after * ONE_DAY]
        assert row[f"revenue_vs_{column}"] == change(row["total_revenue"], restated)


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_next_refresh_fetches_only_what_changed_since(moved: Moved, tenant: str) -> None:
    """What was fetched after it changed is not fetched again."""
    house = moved.house
    later = MOVED_TO + timedelta(hours=1)  # the next day already, in Bangkok
    house.move_to(later)
    planned = house.planned(tenant)
    since_then = changed_within(house, tenant, MOVED_TO - timedelta(minutes=5), later)
    house.move_to(MOVED_TO)
    changed = {date.fromisoformat(d) for d in planned[0]["marketing/changed_days"].split(",")}
    for older in planned[1:]:
        changed |= set(DayRange(*(date.fromisoformat(older[end]) for end in (RANGE_START, RANGE_END))))
    assert changed == since_then | {local_day(later, house.zone(tenant))}


def changed_within(house: House, tenant: str, since: datetime, until: datetime) -> set[date]:
    """The creation days of orders that the world updated in a stretch of time."""
    world, span = house.sandbox.world, (int(since.timestamp()), int(until.timestamp()))
    created = [order.created for order in world.touched(tenant, *span)]
    if tenant in world.storefronts:
        created += [order.created for order in world.storefronts[tenant].touched(*span)]
    return {datetime.fromtimestamp(at, house.zone(tenant)).date() for at in created}


# Fees of open orders rest on the shop's settled orders, of which more are known by now.
ESTIMATES = {
    "staging.int_fee_rates",
    "staging.int_order_fees",
    "mart.order_profit",
    "mart.campaign_profit",
    "mart.daily_profit",
    "mart.customer_value",
}
# What each look at a day said is added to.
OBSERVED = {
    "ops.ads_observations",
    "ops.order_observations",
    "ops.observations",
    "ops.ads_expected_finals",
    "ops.order_expected_finals",
}
OF_RUNS = {"ops.connection_status", "ops.run_history"}
"""Tables that tell of runs, and so of each one more."""


@pytest.mark.parametrize("tenant", TENANTS)
def test_running_a_range_again_changes_nothing(moved: Moved, tenant: str) -> None:
    """Old days around the end of summer time; and the last days, with today's snapshots."""
    house, last = moved.house, moved.days[tenant].last
    again = {
        "northwind": DayRange(date(2026, 10, 31), date(2026, 11, 2)),
        "siam": DayRange(last - ONE_DAY, last),
    }
    before = contents(house, tenant)
    run = house.run(tenant, again[tenant], checks=False)
    assert run.success, run.complaint
    once = contents(house, tenant)
    assert {name for name in before if before[name] != once[name]} <= ESTIMATES | OBSERVED | OF_RUNS
    run = house.run(tenant, again[tenant], checks=False)
    assert run.success, run.complaint
    twice = contents(house, tenant)
    assert {name for name in once if once[name] != twice[name]} <= OBSERVED | OF_RUNS
    assert set(twice) == set(before) and len(twice) > 20


@pytest.mark.parametrize("tenant", TENANTS)
def test_models_say_something_of_the_last_days_and_their_checks_hold(moved: Moved, tenant: str) -> None:
    house, last = moved.house, moved.days[tenant].last
    days = DayRange(last - 2 * ONE_DAY, last)
    run = house.run(tenant, days, select="tag:room=intelligence")
    assert run.success, run.complaint
    for table in ("ml.anomalies", "ml.forecasts", "ml.budget_recommendations", "mart.dim_sale_calendar"):
        assert {row["day"] for row in house.rows(tenant, table)} >= set(days), table
    foretold = [
        (row["low_95"], row["value"], row["high_95"])
        for row in house.rows(tenant, "ml.forecasts", days)
        if (row["entity_type"], row["metric"]) == ("tenant", "revenue")
    ]
    assert foretold and all(low <= value <= high for low, value, high in foretold)
    told = house.rows(tenant, "mart.ai_recommendations", DayRange(last, last))
    assert told and sorted(row["priority"] for row in told) == list(range(1, len(told) + 1))


def contents(house: House, tenant: str) -> dict[str, tuple[int, str]]:
    """Rows and a hash of each table, without the columns that say from which fetch a row came."""
    return {name: _content(house.frame(tenant, name)) for name in house.tables(tenant)}


def _content(frame: pl.DataFrame) -> tuple[int, str]:
    told = [c for c in frame.columns if c not in {"_ingested_at", "_source_file"}]
    rows = sorted(frame.select(told).write_ndjson().splitlines())
    return frame.height, hashlib.sha256("\n".join(rows).encode()).hexdigest()


def test_a_mart_never_holds_an_amount_without_a_rate(moved: Moved) -> None:
    for tenant in TENANTS:
        orders = moved.house.rows(tenant, "staging.orders")
        assert not any(row["is_fx_missing"] for row in orders)
        assert all(isinstance(row["amount_reporting"], Decimal) for row in orders)
