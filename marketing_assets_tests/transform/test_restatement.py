"""Days are replaced whole, and the days that compare with a replaced day follow it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.raw import insight, item, order

FIRST = date(2025, 3, 10)
LOOKING_BACK = [date(2025, 3, 11), date(2025, 3, 17), date(2025, 4, 10), date(2026, 3, 10)]
TABLES = [
    "staging.orders",
    "staging.order_items",
    "staging.ads_performance",
    "staging.int_daily_performance",
    "mart.daily_performance",
    "mart.shop_performance",
    "mart.campaign_performance",
]


def one(day: date) -> DayRange:
    return DayRange(day, day)


def fill(h: Any, day: date, price: str, spend: str = "10") -> None:
    h.raw.nothing(one(day))
    h.raw.orders(one(day), order(day, f"A{day}", item(1, price)))
    h.raw.insights(one(day), insight(day, "1", spend))
    h.write(one(day))


def test_a_restated_day_changes_every_day_that_looks_back_at_it(house: Any) -> None:
    h = house()
    for day in (FIRST, *LOOKING_BACK):
        fill(h, day, "100")
    before = {r["day"]: r for r in h.rows("mart.daily_performance")}
    next_day, next_week, next_month, next_year = LOOKING_BACK
    assert before[next_day]["revenue_vs_yesterday"] == 0
    assert before[next_week]["revenue_vs_last_week"] == 0
    assert before[next_month]["revenue_vs_last_month"] == 0

    # A late cancellation of half the day's sales.
    h.raw.orders(one(FIRST), order(FIRST, "half", item(1, "50")), order(FIRST, "gone", status="CANCELLED"))
    h.write(one(FIRST))

    after = {r["day"]: r for r in h.rows("mart.daily_performance")}
    assert after[FIRST]["total_revenue"] == 50
    assert after[next_day]["revenue_vs_yesterday"] == 1
    assert after[next_day]["roas_vs_yesterday"] == 1
    assert after[next_week]["revenue_vs_last_week"] == 1
    assert after[next_month]["revenue_vs_last_month"] == 1
    shops = {r["day"]: r for r in h.rows("mart.shop_performance")}
    assert shops[next_month]["revenue_mom"] == 1
    assert shops[next_year]["revenue_yoy"] == 1
    assert {d: r["total_revenue"] for d, r in after.items() if d != FIRST} == dict.fromkeys(LOOKING_BACK, 100)


def test_days_that_were_never_run_get_no_row(house: Any) -> None:
    h = house()
    fill(h, FIRST, "100")
    assert [r["day"] for r in h.rows("mart.daily_performance")] == [FIRST]


def test_a_day_that_lost_all_its_rows_is_emptied(house: Any) -> None:
    h = house()
    next_day = FIRST + timedelta(days=1)
    fill(h, FIRST, "100")
    fill(h, next_day, "70")
    h.raw.orders(one(FIRST))
    h.raw.insights(one(FIRST))
    h.write(one(FIRST))
    assert {r["day"] for r in h.rows("staging.orders")} == {next_day}
    assert {r["day"] for r in h.rows("staging.order_items")} == {next_day}
    assert {r["day"] for r in h.rows("mart.campaign_performance")} == {next_day}
    assert [(r["total_revenue"], r["total_ad_spend"]) for r in h.rows("mart.daily_performance")] == [
        (0, 0),
        (70, 10),
    ]


def test_a_run_may_be_repeated(house: Any) -> None:
    h = house()
    days = DayRange(FIRST, FIRST + timedelta(days=1))
    for day in days:
        fill(h, day, "100.123456789", "3.3")
    h.write(days)
    first = {table: h.frame(table).sort("day") for table in TABLES}
    h.write(days)
    for table, frame in first.items():
        assert h.frame(table).sort("day").equals(frame), table


def test_a_range_equals_its_days_one_by_one(house: Any) -> None:
    days = DayRange(FIRST, FIRST + timedelta(days=3))
    ranged, single = house("siam"), house("northwind")
    for h in (ranged, single):
        h.raw.nothing(days)
        h.raw.orders(days, *(order(d, f"A{d}", item(2, str(Decimal(10) + i))) for i, d in enumerate(days)))
        h.raw.insights(days, *(insight(d, "1", "7") for d in days))
    ranged.write(days)
    for day in days:
        single.write(one(day))
    for table in TABLES:
        left, right = (h.frame(table).drop("tenant_id").sort("day") for h in (ranged, single))
        assert left.equals(right), table


def test_a_day_can_be_run_before_its_neighbours(house: Any) -> None:
    h = house()
    days = DayRange(FIRST, FIRST + timedelta(days=1))
    for day in reversed(list(days)):
        fill(h, day, "50" if day == FIRST else "100")
    assert [r["revenue_vs_yesterday"] for r in h.rows("mart.daily_performance")] == [None, 1]
