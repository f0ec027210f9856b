"""Comparing a house with the truth and with a count of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from marketing_assets.partitions import DayRange
from marketing_assets_tests.e2e import clients
from marketing_assets_tests.e2e.counting import (
    AD_PLATFORMS,
    AdRow,
    Sale,
    ads_of,
    campaign_performance,
    converted,
    daily_performance,
    google_ads_of,
    published_rates,
    sales_of,
    shop_performance,
    shopify_sales_of,
    totals,
)
from marketing_assets_tests.e2e.house import House

HALF_A_CENT = Decimal("0.005")

Figures = dict[tuple[str, date], dict[str, Any]]


def raw_count(house: House, tenant: str, days: DayRange) -> tuple[list[Sale], list[AdRow]]:
    """Sales and ads counted from the payloads in the raw tables."""
    orders = [orjson.loads(row["raw_json"]) for row in house.rows(tenant, "raw.shopee_orders", days)]
    settled = [orjson.loads(row["raw_json"]) for row in house.rows(tenant, "raw.shopee_escrow", days)]
    incomes = {record["order_sn"]: record["order_income"] for record in settled}
    insights = [orjson.loads(row["raw_json"]) for row in house.rows(tenant, "raw.meta_ads_insights", days)]
    found = house.rows(tenant, "raw.google_ads_campaign_performance", days)
    campaigns = [orjson.loads(row["raw_json"]) for row in found]
    shop_id = house.tenant(tenant).connections_to("shopee")[0].account_id
    sales = sales_of(orders, incomes, shop_id, house.zone(tenant))
    for connection in house.tenant(tenant).connections_to("shopify"):
        told = [orjson.loads(row["raw_json"]) for row in house.rows(tenant, "raw.shopify_orders", days)]
        sales += shopify_sales_of(told, connection.account_id, house.zone(tenant))
    return sales, ads_of(insights) + google_ads_of(campaigns)


def public_count(house: House, tenant: str, days: DayRange) -> tuple[list[Sale], list[AdRow]]:
    """Sales and ads as public clients count them."""
    known = house.control("GET", "credentials")[tenant]
    sales = clients.shopee_sales(known["shopee"], days, house.zone(tenant))
    if "shopify" in known:
        sales += clients.shopify_sales(known["shopify"], days, house.zone(tenant))
    ads = clients.meta_ads(known["meta_ads"], days) + clients.google_ads(known["google_ads"], days)
    return sales, ads


def staging_totals(house: House, tenant: str, days: DayRange) -> Figures:
    """Day totals of staging in the platforms' own currencies."""
    orders = [r for r in house.rows(tenant, "staging.orders", days) if r["is_revenue"]]
    sales = [
        Sale(
            r["day"],
            r["shop_id"],
            r["currency"],
            r["units"],
            r["net_amount"],
            r["refund_amount"],
            r["platform"],
        )
        for r in orders
    ]
    ads = [
        AdRow(
            r["platform"],
            r["day"],
            r["account_id"],
            r["campaign_id"],
            r["currency"],
            r["impressions"],
            r["clicks"],
            r["spend"],
            r["conversions"],
            r["conversion_value"],
        )
        for r in house.rows(tenant, "staging.ads_performance", days)
    ]
    return day_totals(house, tenant, days, (sales, ads))


def day_totals(house: House, tenant: str, days: DayRange, counted: tuple[list[Sale], list[AdRow]]) -> Figures:
    """Day totals of a count, a row for each of the tenant's platforms and days."""
    return totals(*counted, days, shops_of(house, tenant))


def shops_of(house: House, tenant: str) -> list[str]:
    """The tenant's platforms that sell."""
    connected = {connection.platform for connection in house.tenant(tenant).connections}
    return sorted(connected & {"shopee", "shopify"})


def without_currency(truth: Figures) -> Figures:
    return {key: {k: v for k, v in row.items() if k != "currency"} for key, row in truth.items()}


def assert_marts_are(
    house: House, tenant: str, days: DayRange, counted: tuple[list[Sale], list[AdRow]]
) -> None:
    """Every figure of every mart row equals the count, to the last decimal."""
    sales, ads = counted
    into = house.tenant(tenant).reporting_currency
    rates = published_rates(house.sandbox.urls["ecb"])
    daily = {row["day"]: row for row in house.rows(tenant, "mart.daily_performance")}
    assert set(daily) == set(days)
    for day, row in daily_performance(sales, ads, days, into, rates).items():
        assert_row(daily[day], row, f"{tenant} {day}")
        assert daily[day]["currency"] == into and daily[day]["tenant_id"] == tenant

    listed = house.rows(tenant, "mart.shop_performance")
    shops = {(row["shop_id"], row["day"]): row for row in listed}
    shop_ids = [
        connection.account_id
        for platform in shops_of(house, tenant)
        for connection in house.tenant(tenant).connections_to(platform)
    ]
    assert len(shops) == len(listed) == len(shop_ids) * len(days)
    for shop_id in shop_ids:
        for day, row in shop_performance(sales, days, shop_id, into, rates).items():
            assert_row(shops[shop_id, day], row, f"{tenant} shop {shop_id} {day}")

    stored = house.rows(tenant, "mart.campaign_performance")
    campaigns = {(row["day"], row["campaign_id"]): row for row in stored}
    assert len(campaigns) == len(stored)
    expected = campaign_performance(ads, into, rates)
    assert set(campaigns) == set(expected)
    for key, row in expected.items():
        assert_row(campaigns[key], row, f"{tenant} campaign {key}")


def assert_row(found: Mapping[str, Any], expected: Mapping[str, Any], what: str) -> None:
    assert {name: found[name] for name in expected} == dict(expected), what


def assert_marts_tell(house: House, tenant: str, days: DayRange, truth: Figures) -> None:
    """The marts are the truth in the reporting currency: counts exactly, money to the cent."""
    into = house.tenant(tenant).reporting_currency
    rates = published_rates(house.sandbox.urls["ecb"])
    for row in house.rows(tenant, "mart.daily_performance", days):
        shops = [truth[platform, row["day"]] for platform in shops_of(house, tenant)]
        accounts = [truth[platform, row["day"]] for platform in AD_PLATFORMS]
        for names, of in (
            (("orders", "units"), shops),
            (("impressions", "clicks", "conversions"), accounts),
        ):
            for name in names:
                assert row[f"total_{name}"] == sum(told[name] for told in of), (row["day"], name)
        for column, name, of in (
            ("total_revenue", "revenue", shops),
            ("total_refund_amount", "refunds", shops),
            ("total_ad_spend", "spend", accounts),
            ("total_conversion_value", "conversion_value", accounts),
        ):
            expected = sum(converted(t[name], t["currency"], into, row["day"], rates) for t in of)
            assert abs(row[column] - expected) < HALF_A_CENT, (row["day"], column)
