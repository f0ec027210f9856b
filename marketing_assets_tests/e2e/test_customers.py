"""Cohorts against what plain Python makes of who bought what in the world.

What single orders left over is the order mart's, which other tests hold against the world.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.sandbox.orders import counted, refund
from marketing_assets.sandbox.storefront import orders as storefront
from marketing_assets_tests.e2e.conftest import DAYS, START, TENANTS
from marketing_assets_tests.e2e.counting import AD_PLATFORMS
from marketing_assets_tests.e2e.house import House
from marketing_assets_tests.e2e.test_profit import Books

pytestmark = [pytest.mark.xdist_group("e2e_truth"), pytest.mark.timeout(900)]

NINE, CENT = Decimal("1e-9"), Decimal("0.01")
MONTHS = [date(2026, month, 1) for month in (9, 10, 11)]
AGES = (30, 90, 180, 365)


@dataclass(frozen=True)
class Purchase:
    platform: str
    buyer: int
    at: int
    number: str
    day: date
    net: Decimal

    @property
    def who(self) -> tuple[str, int]:
        return self.platform, self.buyer


def purchases(books: Books, days: Iterable[date]) -> list[Purchase]:
    """Every purchase of the world that counts, with its buyer; money in the reporting currency."""
    found = []
    for day in days:
        for o in books.world.on_local_day(books.name, day):
            if o.in_truth and counted(o, books.now):
                net = books.cents(o.net, o, day) - books.cents(refund(o, books.now), o, day)
                found.append(Purchase("shopee", o.buyer.user_id, o.created, o.sn, day, net))
        for s in books.store.on_local_day(day) if books.store else ():
            if storefront.counted(s, books.now):
                net = Decimal(s.net - storefront.refunded_goods(s, books.now)) / 100
                who = s.customer.customer_id
                found.append(Purchase("shopify", who, s.created, str(s.order_id), day, net))
    return sorted(found, key=lambda one: (one.at, one.number))


def ratio(top: Decimal, bottom: Decimal | int) -> Decimal | None:
    return (top / bottom).quantize(NINE, ROUND_HALF_EVEN) if bottom else None


class Cohorts:
    """What is known at the end of a day, counted anew."""

    def __init__(self, books: Books):
        days = DAYS[books.name]
        self.bought = purchases(books, days)
        rows = books.house.rows(books.name, "mart.order_profit")
        profits = {(row["platform"], row["order_id"]): row for row in rows}
        self.left = {p: profits[p.platform, p.number] for p in self.bought}
        truth = books.house.truth(books.name, days)
        self.spend = {
            day: sum(
                (books.converted(truth[ads, day]["spend"], truth[ads, day]["currency"], day))
                for ads in AD_PLATFORMS
            )
            for day in days
        }
        self.first: dict[tuple[str, int], Purchase] = {}
        for purchase in self.bought:
            self.first.setdefault(purchase.who, purchase)

    def gross_profit(self, those: Iterable[Purchase]) -> Decimal:
        rows = (self.left[one] for one in those)
        return sum((row["profit"] + row["marketing_cost"] for row in rows), Decimal(0))

    def expected(self, day: date, month: date, platform: str) -> dict[str, Any]:
        known = [p for p in self.bought if p.day <= day and platform in ("all", p.platform)]
        mine = [p for p in known if self.first[p.who].day.replace(day=1) == month]
        orders: dict[tuple[str, int], list[Purchase]] = defaultdict(list)
        for purchase in mine:
            orders[purchase.who].append(purchase)
        if platform == "all":
            amounts = [v for d, v in self.spend.items() if d <= day and d.replace(day=1) == month]
            spend = sum(amounts, Decimal(0))
        else:
            carried = (self.left[p]["marketing_cost"] for p in known if p.day.replace(day=1) == month)
            spend = sum(carried, Decimal(0))
        profit, customers = self.gross_profit(mine), len(orders)
        following = (month + timedelta(days=31)).replace(day=1)
        old = (day - following).days + 2
        ages = {p: (p.day - self.first[p.who].day).days for p in mine}
        until = {n: self.gross_profit(p for p in mine if ages[p] <= n) for n in range(max(old, 0))}
        return {
            "customers": customers,
            "orders": len(mine),
            "repeat_customers": sum(len(those) > 1 for those in orders.values()),
            "net_revenue": sum((p.net for p in mine), Decimal(0)),
            "gross_profit": profit,
            "revenue_per_customer": ratio(sum((p.net for p in mine), Decimal(0)), customers),
            "ltv": ratio(profit, customers),
            "marketing_cost": sum(
                (self.left[those[0]]["marketing_cost"] for those in orders.values()), Decimal(0)
            ),
            "ad_spend": spend,
            "cac": ratio(spend, customers),
            "ltv_to_cac": ratio(profit, spend),
            "payback_days": next((n for n, so_far in until.items() if so_far >= spend), None),
            "unknown_customer_orders": 0,
            "is_left_censored": month < START + timedelta(days=90),
            **{f"ltv_{n}_days": ratio(until[n - 1], customers) if old >= n else None for n in AGES},
        }


def assert_near(found: dict[str, Any], expected: dict[str, Any], what: str) -> None:
    """Counts alike, money and its ratios to the cent: spend is rounded by campaign and by day."""
    for name, value in expected.items():
        if isinstance(value, Decimal):
            assert abs(found[name] - value) < CENT, (what, name, found[name], value)
        else:
            assert found[name] == value, (what, name, found[name], value)


@pytest.fixture(scope="module", params=TENANTS)
def books(filled_house: House, request: pytest.FixtureRequest) -> Books:
    return Books(filled_house, request.param)


@pytest.fixture(scope="module")
def told(books: Books) -> dict[tuple[date, date, str], dict[str, Any]]:
    rows = books.house.rows(books.name, "mart.customer_value")
    found = {(row["day"], row["cohort_month"], row["platform"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_cohorts_are_those_of_the_world(
    books: Books, told: dict[tuple[date, date, str], dict[str, Any]]
) -> None:
    days, cohorts = DAYS[books.name], Cohorts(books)
    platforms = ["all", *sorted({p.platform for p in cohorts.bought})]
    chosen = [days.first, date(2026, 9, 30), date(2026, 10, 17), date(2026, 10, 31), days.last]
    for day in chosen:
        for month in (m for m in MONTHS if m <= day):
            for platform in platforms:
                expected = cohorts.expected(day, month, platform)
                assert_near(told[day, month, platform], expected, f"{day} {month} {platform}")
    assert {key[1:] for key in told if key[0] == days.last} == {(m, p) for m in MONTHS for p in platforms}


def test_the_cohorts_are_worth_looking_at(
    books: Books, told: dict[tuple[date, date, str], dict[str, Any]]
) -> None:
    """Customers come back, and the oldest cohort is old enough to be judged."""
    oldest = told[DAYS[books.name].last, MONTHS[0], "all"]
    assert oldest["repeat_customers"] > 10 and oldest["ltv_30_days"] < oldest["ltv"]
    assert oldest["payback_days"] is not None and oldest["ltv_90_days"] is None


def test_cohorts_add_up_to_all_orders(
    books: Books, told: dict[tuple[date, date, str], dict[str, Any]]
) -> None:
    last = DAYS[books.name].last
    profits = books.house.rows(books.name, "mart.order_profit", DayRange(START, last))
    rows = [row for (day, _, platform), row in told.items() if (day, platform) == (last, "all")]
    assert sum(row["orders"] + row["unknown_customer_orders"] for row in rows) == len(profits)
    for column in ("net_revenue", "gross_profit"):
        whole = sum(row[column] + row[f"unknown_customer_{column}"] for row in rows)
        parts = ("net_revenue",) if column == "net_revenue" else ("profit", "marketing_cost")
        assert whole == sum(row[name] for row in profits for name in parts)
    people = {p.who for p in purchases(books, DAYS[books.name])}
    assert sum(row["customers"] for row in rows) == len(people)
