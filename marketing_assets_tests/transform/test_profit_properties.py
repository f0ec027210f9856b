"""Whatever is sold, refunded, charged and spent, profit adds up: wild days through dbt itself, on DuckDB.

Each generated case is a day; an example is a run of many of them, which replaces the days of the one before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, example, given, settings

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.conftest import House
from marketing_assets_tests.transform.raw import (
    ACCOUNT,
    SEARCH_ACCOUNT,
    SHOP,
    Row,
    cost,
    escrow,
    google_campaign,
    insight,
    item,
    order,
    rates,
    unit_cost,
)
from marketing_assets_tests.transform.raw_shopify import (
    CONNECTION,
    line,
    money_moved,
    open_store,
    refund,
    sell,
    store_order,
)

FIRST = date(2026, 2, 1)
LENGTH = 14
DAYS = DayRange(FIRST, FIRST + timedelta(days=LENGTH - 1))
CONNECTIONS = [
    {"platform": "shopee", "account_id": SHOP},
    CONNECTION,
    {"platform": "meta_ads", "account_id": ACCOUNT},
    {"platform": "google_ads", "account_id": SEARCH_ACCOUNT, "settings": {"client_id": "c"}},
]
SKUS = ("NEW-01", " new-01 ", "SIAM-BAG-0002", "siam-bag-0012", "", "GONE-7")
"""Unmapped ones, one typed in two ways, one that is missing; the bags are mapped on Shopee, one with a cost
in the seller's files."""

CAMPAIGNS = ("10", "11", "12", "20")
SOURCES = {"meta_ads": ("facebook", "IG"), "google_ads": ("google", "AdWords")}

small = st.integers(0, 10_000).map(lambda cents: Decimal(cents) / 100)
amounts = st.one_of(small, st.integers(0, 10**12).map(lambda cents: Decimal(cents) / 100))
signed = st.tuples(amounts, st.sampled_from([1, 1, 1, -1])).map(lambda pair: pair[0] * pair[1])


@dataclass(frozen=True)
class Sold:
    """An order. `paid` of its lines is per unit; `voucher` and `back` are of the whole order."""

    in_store: bool
    status: str
    currency: str
    lines: tuple[tuple[str, int, Decimal, Decimal], ...]
    """SKU, units, price and what comes off it."""
    voucher: Decimal
    back: Decimal
    fee: Decimal
    settled: bool
    campaign: tuple[str, str, int] | None
    """Ad platform, campaign, and how the platform is written."""

    @property
    def counts(self) -> bool:
        return self.status == "COUNTS"


@dataclass(frozen=True)
class Day:
    orders: tuple[Sold, ...]
    spend: dict[tuple[str, str], Decimal]
    costs: tuple[Decimal, ...]


lines = st.tuples(
    st.sampled_from(SKUS), st.sampled_from([0, 1, 1, 2, 3, 8000]), small, small.map(lambda cut: cut / 10)
)
orders = st.builds(
    Sold,
    in_store=st.booleans(),
    status=st.sampled_from(["COUNTS", "COUNTS", "COUNTS", "CANCELLED", "UNPAID"]),
    currency=st.sampled_from(["THB", "THB", "USD", "IDR"]),
    lines=st.lists(lines, min_size=1, max_size=4).map(tuple),
    voucher=st.one_of(st.just(Decimal(0)), small),
    back=st.one_of(st.just(Decimal(0)), amounts),
    fee=signed,
    settled=st.booleans(),
    campaign=st.one_of(
        st.none(),
        st.tuples(st.sampled_from(sorted(SOURCES)), st.sampled_from(CAMPAIGNS), st.integers(0, 1)),
    ),
)
wild_days = st.lists(
    st.builds(
        Day,
        orders=st.lists(orders, max_size=5).map(tuple),
        spend=st.dictionaries(
            st.tuples(st.sampled_from(sorted(SOURCES)), st.sampled_from(CAMPAIGNS[:3])), signed, max_size=5
        ),
        costs=st.lists(amounts, max_size=2).map(tuple),
    ),
    min_size=LENGTH,
    max_size=LENGTH,
)


class Books:
    """The generated days, written to raw tables, and what they should come to."""

    def __init__(self, house: House, cases: list[Day]):
        self.house, self.cases = house, dict(zip(DAYS, cases, strict=True))
        self.numbers = {
            (day, place): f"{n}{place:02d}"
            for n, day in enumerate(DAYS, start=100)
            for place in range(len(self.cases[day].orders))
        }

    @property
    def sold(self) -> list[tuple[date, str, Sold]]:
        return [(day, n, self.cases[day].orders[place]) for (day, place), n in self.numbers.items()]

    def write(self) -> None:
        raw = self.house.raw
        raw.nothing(DAYS)
        raw.rates(DAYS, *rates(DAYS))
        for empty in (raw.google_ads, raw.google_campaigns):
            empty(DAYS)
        open_store(self.house, DAYS)
        market = [(d, n, o) for d, n, o in self.sold if not o.in_store]
        raw.orders(DAYS, *(_market_order(d, n, o) for d, n, o in market))
        raw.escrow(DAYS, *(_settlement(d, n, o) for d, n, o in market))
        sell(self.house, DAYS, *(_store_order(d, n, o) for d, n, o in self.sold if o.in_store))
        spent = [(d, *key, amount) for d, case in self.cases.items() for key, amount in case.spend.items()]
        raw.insights(
            DAYS,
            *(insight(d, f"9{c}", f"{s}", campaign_id=c) for d, p, c, s in spent if p == "meta_ads"),
        )
        raw.google_campaign_days(
            DAYS, *(google_campaign(d, c, f"{s}") for d, p, c, s in spent if p == "google_ads")
        )
        raw.costs(
            DAYS,
            *(
                cost(d, f"{amount}", cost_id=f"c{n}")
                for d, case in self.cases.items()
                for n, amount in enumerate(case.costs)
            ),
        )
        raw.cogs(DAYS, *(unit_cost(d, "12.5", FIRST, sku_master="BAG-0002") for d in DAYS))

    def spent(self) -> dict[tuple[date, str], Decimal]:
        found: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
        for day, case in self.cases.items():
            for (platform, _), amount in case.spend.items():
                found[day, platform] += amount
        return {key: amount for key, amount in found.items() if amount}


def _market_order(day: date, number: str, sold: Sold) -> Row:
    items = [
        item(units, f"{price - off}", list_price=f"{price}", model_sku=sku, model_id=f"{n}")
        for n, (sku, units, price, off) in enumerate(sold.lines, start=1)
    ]
    status = {"COUNTS": "COMPLETED" if sold.settled else "SHIPPED"}.get(sold.status, sold.status)
    return order(day, number, *items, status=status, currency=sold.currency)


def _settlement(day: date, number: str, sold: Sold) -> Row:
    return escrow(
        day,
        number,
        currency=sold.currency,
        seller_discount=f"{sum(off * units for _, units, _, off in sold.lines)}",
        voucher_from_seller=f"{sold.voucher}",
        commission_fee=f"{sold.fee}",
        seller_return_refund=f"{-sold.back}",
    ) | {"order_status": "COMPLETED" if sold.settled else "SHIPPED"}


def _store_order(day: date, number: str, sold: Sold) -> Row:
    found = [
        line(int(number) * 10 + n, units, f"{price}", f"{off * units}")
        | {"sku": sku, "variant_id": f"gid://shopify/ProductVariant/{n}"}
        for n, (sku, units, price, off) in enumerate(sold.lines, start=1)
    ]
    source, campaign = None, None
    if sold.campaign:
        platform, campaign, spelling = sold.campaign
        source = SOURCES[platform][spelling]
    return store_order(
        day,
        int(number),
        *found,
        currency=sold.currency,
        financial_status={"COUNTS": "PAID", "UNPAID": "PENDING"}.get(sold.status, "PAID"),
        cancelled_at=None if sold.status != "CANCELLED" else order(day, number)["update_time"],
        utm_source=source,
        utm_campaign=campaign,
        transactions=[money_moved(day, "SALE", "1", f"{sold.fee}"), money_moved(day, "CAPTURE", "1")],
        refunds=[refund(f"{sold.back}")] if sold.back else [],
    )


def _sums(rows: list[Row], *columns: str) -> dict[Any, tuple[Decimal, ...]]:
    """Columns added up by day."""
    found: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(columns))
    for row in rows:
        found[row["day"]] = [s + row[c] for s, c in zip(found[row["day"]], columns, strict=True)]
    return {day: tuple(amounts) for day, amounts in found.items()}


def _net(sold: Sold) -> Decimal:
    """In the order's own currency."""
    gross = sum((units * (price - off) for _, units, price, off in sold.lines), Decimal(0))
    return gross - (Decimal(0) if sold.in_store else sold.voucher)


def check_orders(books: Books) -> None:
    rows = {row["order_id"]: row for row in books.house.rows("mart.order_profit", "order_id")}
    counted = {number: sold for _, number, sold in books.sold if sold.counts}
    assert len(rows) == books.house.frame("mart.order_profit").height
    assert sorted(rows) == sorted(counted)
    for number, sold in counted.items():
        if sold.currency == "THB":
            told = rows[number]["net_revenue"], rows[number]["refunds"]
            assert told == (_net(sold) - sold.back, sold.back), number


def check_spend(books: Books) -> None:
    carried: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    busy = {day for day, _, sold in books.sold if sold.counts}
    for row in books.house.rows("staging.int_marketing_allocation"):
        carried[row["day"], row["ads_platform"]] += row["amount"]
        assert (row["order_id"] is None) == (row["day"] not in busy), row
        assert (row["order_id"] is None) == (row["attribution_rule"] == "none"), row
    assert {key: amount for key, amount in carried.items() if amount} == books.spent()


def check_days(books: Books) -> None:
    spent: dict[date, Decimal] = defaultdict(Decimal)
    for (day, _), amount in books.spent().items():
        spent[day] += amount
    profits = _sums(books.house.rows("mart.order_profit"), "profit", "marketing_cost", "net_revenue")
    days = books.house.rows("mart.daily_profit")
    assert [row["day"] for row in days] == list(DAYS)
    for row in days:
        day = row["day"]
        profit, marketing, net = profits.get(day, (Decimal(0),) * 3)
        others = sum(books.cases[day].costs, Decimal(0))
        assert row["net_profit"] == profit - row["unallocated_marketing"] - others
        assert row["net_revenue"] == net
        assert row["marketing_cost"] == marketing
        assert marketing + row["unallocated_marketing"] == spent[day]
        steps = (
            "taxes",
            "cogs",
            "shipping",
            "fees",
            "marketing_cost",
            "unallocated_marketing",
            "other_costs",
        )
        assert row["net_profit"] == row["net_revenue"] - sum(row[name] for name in steps)


def check_products(books: Books) -> None:
    products = books.house.rows("mart.product_performance", "day", "sku_master")
    gross = _sums(products, "gross_profit")
    orders = _sums(books.house.rows("mart.order_profit"), "net_revenue", "cogs")
    with_goods = {day for day, _, sold in books.sold if sold.counts}
    assert set(orders) == with_goods
    for day, (net, cogs) in orders.items():
        assert gross.get(day, (Decimal(0),))[0] == net - cogs, day
    names = {(row["day"], row["sku_master"]) for row in products}
    for day, _, one in books.sold:
        for sku, units, _, _ in one.lines:
            if one.counts and units and sku.strip():
                plain = sku.strip().upper()
                mapped = plain.startswith("SIAM-") and not one.in_store
                name = plain.removeprefix("SIAM-") if mapped else f"unmapped:{plain}"
                assert (day, name) in names


def nothing_sold(units: int, price: str = "9") -> Sold:
    """An order whose lines are worth nothing, by units or by price."""
    lines = (("GONE-7", units, Decimal(price), Decimal(0)),)
    return Sold(True, "COUNTS", "THB", lines, Decimal(0), Decimal(7), Decimal(1), True, ("meta_ads", "10", 0))


EMPTY = Day((), {}, ())
CORNERS = [
    Day((), {("meta_ads", "10"): Decimal("0.01"), ("google_ads", "10"): Decimal(-3)}, (Decimal(5),)),
    Day((nothing_sold(1, "0"),), {("meta_ads", "10"): Decimal(100)}, ()),
    Day((nothing_sold(0), nothing_sold(2, "0")), {("meta_ads", "11"): Decimal("33.33")}, ()),
    *[EMPTY] * (LENGTH - 3),
]


@example(cases=CORNERS)
@given(cases=wild_days)
@settings(
    max_examples=3,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
def test_profit_adds_up_whatever_happens(house: Callable[..., House], cases: list[Day]) -> None:
    books = Books(house(connections=CONNECTIONS), cases)
    books.write()
    result = books.house.run(DAYS, raise_on_error=False)
    checks = {e.check_name: e for e in result.get_asset_check_evaluations()}
    error = dg.AssetCheckSeverity.ERROR
    assert [name for name, check in checks.items() if not check.passed and check.severity is error] == []
    assert result.success
    check_orders(books)
    check_spend(books)
    check_days(books)
    check_products(books)
    too_much = [n for _, n, sold in books.sold if sold.counts and sold.back > _net(sold)]
    assert checks["refunds_never_exceed_sales"].passed == (not too_much)
    assert checks["refunds_never_exceed_sales"].severity is dg.AssetCheckSeverity.WARN
