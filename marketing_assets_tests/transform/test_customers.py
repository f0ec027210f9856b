"""Customers by the month of their first order: what is known of them as of each day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.conftest import House
from marketing_assets_tests.transform.raw import insight, item, noon, order

START = date(2026, 1, 1)
TABLE = "mart.customer_value"
HALF = {"cogs_share": 0.5, "start_date": START}
"""Of what an order brings half is left before marketing."""

Row = dict[str, Any]


def buy(day: date, buyer: str | None, price: str = "100", **fields: Any) -> Row:
    number = fields.pop("number", f"{day:%y%m%d}-{buyer}")
    return order(day, number, item(1, price), buyer_user_id=buyer, **fields)


def one(day: date) -> DayRange:
    return DayRange(day, day)


def fill(h: House, days: DayRange, *orders: Row, spend: dict[date, str] | None = None) -> None:
    h.raw.nothing(days)
    h.raw.orders(days, *orders)
    h.raw.insights(days, *(insight(day, "1", amount) for day, amount in (spend or {}).items()))


def cohorts(h: House, day: date, platform: str = "all") -> dict[date, Row]:
    rows = [r for r in h.rows(TABLE) if (r["day"], r["platform"]) == (day, platform)]
    found = {row["cohort_month"]: row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture
def h(house: Callable[..., House]) -> House:
    return house(**HALF)


def test_customers_belong_to_the_month_of_their_first_order(h: House) -> None:
    days = DayRange(date(2026, 1, 30), date(2026, 2, 3))
    first, february = days.first, date(2026, 2, 2)
    fill(
        h,
        days,
        buy(first, "a"),
        buy(february, "a", "40"),
        buy(february, "b", "60"),
        buy(february, "b", "20", number="same day", create_time=noon(february) + timedelta(minutes=5)),
        buy(february, "c", status="CANCELLED"),
        buy(days.last, "c", "10"),
        spend={first: "30", february: "12"},
    )
    assert h.run(days).success
    told = ("customers", "orders", "repeat_customers", "net_revenue", "ltv", "ad_spend", "cac", "ltv_to_cac")

    def as_of(day: date) -> dict[int, tuple[Any, ...]]:
        return {month.month: tuple(r[name] for name in told) for month, r in cohorts(h, day).items()}

    assert as_of(first) == {1: (1, 1, 0, 100, 50, 30, 30, Decimal("1.666666667"))}
    january = (1, 2, 1, 140, 70, 30, 30, Decimal("2.333333333"))
    assert as_of(february) == {1: january, 2: (1, 2, 1, 80, 40, 12, 12, Decimal("3.333333333"))}
    assert as_of(days.last) == {1: january, 2: (2, 3, 1, 90, Decimal("22.5"), 12, 6, Decimal("3.75"))}
    # Of the 12 that the day's orders carry by what they brought, b's first order carries half.
    assert cohorts(h, february)[february.replace(day=1)]["marketing_cost"] == 6
    assert cohorts(h, days.last, "shopee")[first.replace(day=1)]["customers"] == 1


def test_spend_of_a_day_without_orders_belongs_to_no_platform(h: House) -> None:
    days = DayRange(date(2026, 1, 30), date(2026, 1, 31))
    fill(h, days, buy(days.first, "a"), spend={days.first: "30", days.last: "7"})
    assert h.run(days).success
    [everywhere], [shopee] = (cohorts(h, days.last, name).values() for name in ("all", "shopee"))
    assert (everywhere["ad_spend"], shopee["ad_spend"]) == (37, 30)


def test_orders_that_name_nobody_are_told_apart(h: House) -> None:
    day = date(2026, 1, 30)
    fill(h, one(day), buy(day, "a"), buy(day, None, "80"), buy(day, "", "20"))
    assert h.run(one(day)).success
    [row] = cohorts(h, day).values()
    unknown = [row[f"unknown_customer_{name}"] for name in ("orders", "net_revenue", "gross_profit")]
    assert unknown == [2, 100, 50]
    assert (row["customers"], row["orders"], row["net_revenue"]) == (1, 1, 100)


def test_a_month_of_strangers_alone_has_a_row(h: House) -> None:
    day = date(2026, 1, 30)
    fill(h, one(day), buy(day, None, "80"), spend={day: "5"})
    assert h.run(one(day)).success
    [row] = cohorts(h, day).values()
    assert (row["customers"], row["unknown_customer_orders"], row["ad_spend"]) == (0, 1, 5)
    assert [row[name] for name in ("ltv", "cac", "payback_days", "revenue_per_customer")] == [None] * 4


def test_values_at_an_age_wait_for_the_whole_cohort(h: House) -> None:
    """Two customers, on the 1st and the 31st; the second comes back on her 30th and 31st day."""
    early, late = date(2026, 1, 1), date(2026, 1, 31)
    days = DayRange(early, date(2026, 3, 3))
    back = late + timedelta(days=29)
    fill(
        h,
        days,
        buy(early, "a"),
        buy(late, "b"),
        buy(back, "b", "40"),
        buy(back + timedelta(days=1), "b", "900"),
        spend={early: "90", late: "20"},
    )
    assert h.run(days).success
    found = {r["day"]: r for r in h.rows(TABLE) if r["cohort_month"] == early and r["platform"] == "all"}
    # Half of 240 for two customers on the 30th day of the youngest; until then nothing.
    told = {day: row["ltv_30_days"] for day, row in found.items() if row["ltv_30_days"] is not None}
    assert told == dict.fromkeys(DayRange(back, days.last), 60)
    # 110 were spent; first orders bring 100, the 29th day after 20 more.
    assert {day for day, row in found.items() if row["payback_days"] is not None} == set(
        DayRange(back, days.last)
    )
    assert {row["payback_days"] for row in found.values()} == {None, 29}
    assert {row["ltv_90_days"] for row in found.values()} == {None}
    assert found[days.last]["ltv"] == 285


def test_first_months_of_a_history_are_marked(h: House) -> None:
    for day in (date(2026, 1, 5), date(2026, 3, 31), date(2026, 4, 1)):
        fill(h, one(day), buy(day, f"{day}"))
        h.write(one(day))
    marked = {month.month: row["is_left_censored"] for month, row in cohorts(h, date(2026, 4, 1)).items()}
    assert marked == {1: True, 3: True, 4: False}


def test_a_changed_old_order_changes_every_later_day(h: House) -> None:
    """The customer's first order is cancelled, so another month wins her; as a rebuild would have it."""
    days = DayRange(date(2026, 1, 30), date(2026, 2, 2))
    orders = [buy(days.first, "a"), *(buy(day, "b", "10") for day in days), buy(days.last, "a", "50")]
    spend = dict.fromkeys(days, "3")
    fill(h, days, *orders, spend=spend)
    assert h.run(days).success
    assert {m.month: r["customers"] for m, r in cohorts(h, days.last).items()} == {1: 2, 2: 0}

    cancelled = buy(days.first, "a", status="CANCELLED")
    h.raw.orders(one(days.first), cancelled, buy(days.first, "b", "10"))
    h.write(one(days.first))
    assert {m.month: r["customers"] for m, r in cohorts(h, days.last).items()} == {1: 1, 2: 1}

    after = h.frame(TABLE).sort("day", "cohort_month", "platform")
    assert h.run(days).success
    assert h.frame(TABLE).sort("day", "cohort_month", "platform").equals(after)


def test_days_that_were_never_run_have_no_row(h: House) -> None:
    first, last = date(2026, 1, 10), date(2026, 1, 20)
    for day in (last, first):
        fill(h, one(day), buy(day, "a"))
        h.write(one(day))
    found = {r["day"]: r["orders"] for r in h.rows(TABLE) if r["platform"] == "all"}
    assert found == {first: 1, last: 2}
