"""The marts of a tenant against the truth: counted anew from what the platforms tell anybody who asks.

Ads, sales and shops are counted by clients that share nothing with the product; profits and customers from
the world's own orders. `restatement_curve` tells how figures grew as the product saw them, so the world has
no truth of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from marketing_assets.partitions import DayRange
from marketing_assets_tests.e2e.comparing import public_count, shops_of
from marketing_assets_tests.e2e.counting import (
    AD_PLATFORMS,
    AdRow,
    Rates,
    Sale,
    campaign_performance,
    converted,
    daily_performance,
    published_rates,
    shop_performance,
)
from marketing_assets_tests.e2e.house import House
from marketing_assets_tests.e2e.test_customers import purchases
from marketing_assets_tests.e2e.test_profit import Books
from marketing_assets_tests.month.comparing import Compared, compare

CENT = Decimal("0.01")
FIGURES = ("spend", "conversion_value", "impressions", "clicks", "conversions")
Rows = dict[Any, dict[str, Any]]


def compare_marts(house: House, tenant: str, days: DayRange) -> list[Compared]:
    """Every mart over `days`, which are all days that the tenant has."""
    sales, ads = public_count(house, tenant, days)
    into = house.tenant(tenant).reporting_currency
    rates = published_rates(house.sandbox.urls["ecb"])
    daily = daily_performance(sales, ads, days, into, rates)
    books = Books(house, tenant)
    return [
        compare("daily_performance", _by(house, tenant, "daily_performance", "day"), daily),
        _shops(house, tenant, days, sales, into, rates),
        compare(
            "campaign_performance",
            _by(house, tenant, "campaign_performance", "day", "campaign_id"),
            campaign_performance(ads, into, rates),
        ),
        _channels(house, tenant, days, ads, into, rates),
        _campaign_profit(house, tenant, ads, into, rates),
        _products(house, tenant, daily),
        _orders(books, days),
        _daily_profit(house, tenant, daily),
        _customers(books, days),
    ]


def _by(house: House, tenant: str, mart: str, *key: str) -> Rows:
    found = {}
    for row in house.rows(tenant, f"mart.{mart}"):
        name = row[key[0]] if len(key) == 1 else tuple(row[k] for k in key)
        assert name not in found, f"{mart} has {name} twice"
        found[name] = row
    return found


def _shops(
    house: House, tenant: str, days: DayRange, sales: Sequence[Sale], into: str, rates: Rates
) -> Compared:
    expected = {
        (connection.account_id, day): row
        for platform in shops_of(house, tenant)
        for connection in house.tenant(tenant).connections_to(platform)
        for day, row in shop_performance(sales, days, connection.account_id, into, rates).items()
    }
    return compare("shop_performance", _by(house, tenant, "shop_performance", "shop_id", "day"), expected)


def _channels(
    house: House, tenant: str, days: DayRange, ads: Sequence[AdRow], into: str, rates: Rates
) -> Compared:
    """A row for each account and day, also where it showed nothing: it has a budget to hold against."""
    expected: Rows = {
        (platform, connection.account_id, day): dict.fromkeys(FIGURES, Decimal(0))
        for platform in AD_PLATFORMS
        for connection in house.tenant(tenant).connections_to(platform)
        for day in days
    }
    for ad in ads:
        row = expected[ad.platform, ad.account_id, ad.day]
        row["spend"] += converted(ad.spend, ad.currency, into, ad.day, rates)
        row["conversion_value"] += converted(ad.value, ad.currency, into, ad.day, rates)
        row["impressions"] += ad.impressions
        row["clicks"] += ad.clicks
        row["conversions"] += ad.conversions
    found = _by(house, tenant, "ads_channel_performance", "platform", "account_id", "day")
    return compare("ads_channel_performance", found, expected)


def _campaign_profit(house: House, tenant: str, ads: Sequence[AdRow], into: str, rates: Rates) -> Compared:
    expected = {key: {"spend": row["spend"]} for key, row in campaign_performance(ads, into, rates).items()}
    found = _by(house, tenant, "campaign_profit", "day", "campaign_id")
    return compare("campaign_profit", found, expected)


def _products(house: House, tenant: str, daily: dict[date, dict[str, Any]]) -> Compared:
    """Units of all products of a day; a day without any has no row."""
    units: Rows = defaultdict(lambda: {"units": 0})
    for row in house.rows(tenant, "mart.product_performance"):
        units[row["day"]]["units"] += row["total_units"]
    expected = {day: {"units": row["total_units"]} for day, row in daily.items() if row["total_units"]}
    return compare("product_performance", units, expected)


def _orders(books: Books, days: DayRange) -> Compared:
    """Every order that counts is there; of the orders on Shopee each figure is what the world says."""
    found = {row["order_id"]: row for row in books.house.rows(books.name, "mart.order_profit")}
    expected: Rows = {number: {} for day in days for number, _, _ in books.sold(day)}
    for number, row in found.items():
        if row["platform"] == "shopee" and number in expected:
            order = books.world.order(books.name, number)
            assert order is not None
            expected[number] = books.expected(order, row["day"], row["platform_fees"] + row["payment_fees"])
    return compare("order_profit", found, expected, within=CENT)


def _daily_profit(house: House, tenant: str, daily: dict[date, dict[str, Any]]) -> Compared:
    found = {
        day: {**row, "spend": row["marketing_cost"] + row["unallocated_marketing"]}
        for day, row in _by(house, tenant, "daily_profit", "day").items()
    }
    expected = {
        day: {
            "orders": row["total_orders"],
            "net_revenue": Decimal(row["total_revenue"] - row["total_refund_amount"]),
            "spend": Decimal(row["total_ad_spend"]),
        }
        for day, row in daily.items()
    }
    return compare("daily_profit", found, expected, within=CENT)


def _customers(books: Books, days: DayRange) -> Compared:
    """On every day: who ever bought until then, and how many orders they placed."""
    found: Rows = defaultdict(lambda: {"customers": 0, "orders": 0})
    for row in books.house.rows(books.name, "mart.customer_value"):
        if row["platform"] == "all":
            found[row["day"]]["customers"] += row["customers"]
            found[row["day"]]["orders"] += row["orders"] + row["unknown_customer_orders"]
    bought = purchases(books, days)
    expected: Rows = {}
    people: set[tuple[str, int]] = set()
    orders, at = 0, 0
    for day in days:
        while at < len(bought) and bought[at].day <= day:
            people.add(bought[at].who)
            orders, at = orders + 1, at + 1
        expected[day] = {"customers": len(people), "orders": orders}
    return compare("customer_value", found, expected)
