"""Raw, staging and marts against the world's truth and against an independent count, to the cent."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from marketing_assets_tests.e2e.comparing import (
    assert_marts_are,
    assert_marts_tell,
    day_totals,
    public_count,
    raw_count,
    staging_totals,
    without_currency,
)
from marketing_assets_tests.e2e.conftest import DAYS, TENANTS
from marketing_assets_tests.e2e.counting import AD_PLATFORMS
from marketing_assets_tests.e2e.house import House

pytestmark = [
    pytest.mark.xdist_group("e2e_truth"),
    # Filling the house counts towards the first test that needs it.
    pytest.mark.timeout(900),
]


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_days_are_worth_looking_at(filled_house: House, tenant: str) -> None:
    """The comparison below would prove little over a world in which nothing happens."""
    truth = filled_house.truth(tenant, DAYS[tenant])
    shop = [row for (platform, _), row in truth.items() if platform == "shopee"]
    storefront = [row for (platform, _), row in truth.items() if platform == "shopify"]
    assert len(shop) == len(DAYS[tenant]) >= 45
    assert len(storefront) == (len(shop) if tenant == "northwind" else 0)
    for sold in filter(None, (shop, storefront)):
        assert sum(row["orders"] for row in sold) > 1000 and sum(row["refunds"] for row in sold) > 0
    for ads in AD_PLATFORMS:
        account = [row for (platform, _), row in truth.items() if platform == ads]
        assert len(account) == len(DAYS[tenant])
        assert sum(row["conversions"] for row in account) > 100


@pytest.mark.parametrize("tenant", TENANTS)
def test_raw_is_the_truth(filled_house: House, tenant: str) -> None:
    days = DAYS[tenant]
    counted = day_totals(filled_house, tenant, days, raw_count(filled_house, tenant, days))
    assert counted == without_currency(filled_house.truth(tenant, days))


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_columns_of_raw_say_what_its_payloads_say(filled_house: House, tenant: str) -> None:
    days = DAYS[tenant]
    found: dict[date, Counter[str]] = {day: Counter() for day in days}
    for row in filled_house.rows(tenant, "raw.shopee_orders"):
        if row["order_status"] not in {"UNPAID", "CANCELLED"}:
            units = sum(item["model_quantity_purchased"] for item in row["item_list"])
            found[row["day"]].update(orders=1, units=units)
    for row in filled_house.rows(tenant, "raw.meta_ads_insights"):
        clicks = row["inline_link_clicks"] or 0
        found[row["day"]].update(impressions=row["impressions"], clicks=clicks, spend=row["spend"])
    truth = filled_house.truth(tenant, days)
    google: dict[date, Counter[str]] = {day: Counter() for day in days}
    for row in filled_house.rows(tenant, "raw.google_ads_campaign_performance"):
        google[row["day"]].update(
            {name: row[name] for name in ("impressions", "clicks", "conversions")}
            | {"spend": row["cost"], "conversion_value": row["conversions_value"]}
        )
    for day in days:
        assert google[day] == {k: v for k, v in truth["google_ads", day].items() if k != "currency"}, day
        told = {**truth["meta_ads", day], **truth["shopee", day]}
        names = ("orders", "units", "impressions", "clicks", "spend")
        assert {name: found[day][name] for name in names} == {name: told[name] for name in names}, day


def test_the_columns_of_shopifys_raw_say_what_the_world_says(filled_house: House) -> None:
    """Fees, visits and every movement of money, order by order; amounts in both currencies."""
    store, seen = filled_house.sandbox.world.storefronts["northwind"], Counter[str]()
    now = filled_house.sandbox.world.clock.as_of_seconds
    for row in filled_house.rows("northwind", "raw.shopify_orders"):
        order = store.order(int(row["order_id"].rpartition("/")[2]))
        assert order is not None
        cents = {"total_price": order.total, "total_tax": order.tax, "total_shipping": order.shipping}
        assert {name: int(row[name] * 100) for name in cents} == cents
        assert row["test"] == order.test and row["taxes_included"] == order.taxes_included
        past = [one for one in order.transactions if one.at <= now]
        told = [(one["kind"], one["status"], int(one["amount"] * 100)) for one in row["transactions"]]
        assert told == [(one.kind, one.status, one.amount) for one in past]
        fees = sum(one.fee for one in past if one.fee_at is not None and one.fee_at <= now)
        assert sum(int(fee["amount"] * 100) for one in row["transactions"] for fee in one["fees"]) == fees
        assert row["utm_campaign"] == (order.visit.campaign or None if order.visit else None)
        assert bool(row["gclid"] or row["fbclid"]) == bool(row["utm_campaign"])
        seen.update(
            fees=fees > 0,
            campaigns=bool(row["utm_campaign"]),
            foreign=row["total_price_presentment"] != row["total_price"],
            captures=sum(one.kind == "CAPTURE" for one in past) > 1,
        )
    assert all(seen[name] > 50 for name in ("fees", "campaigns", "foreign", "captures")), seen


@pytest.mark.parametrize("tenant", TENANTS)
def test_performance_max_is_staged_beside_the_ads(filled_house: House, tenant: str) -> None:
    """Ads alone say less than the account spent; the rows beyond the ads are exactly what is missing."""
    days = DAYS[tenant]
    ads = filled_house.rows(tenant, "raw.google_ads_ad_performance", days)
    staged = filled_house.rows(tenant, "staging.stg_google_ads__ads_performance", days)
    beyond = [row for row in staged if row["ad_id"].startswith("campaign:")]
    assert beyond and {row["campaign_type"] for row in beyond} == {"PERFORMANCE_MAX"}
    spent = sum(row["spend"] for row in staged)
    assert sum(row["cost"] for row in ads) == spent - sum(row["spend"] for row in beyond) < spent
    truth = filled_house.truth(tenant, days)
    assert spent == sum(truth["google_ads", day]["spend"] for day in days)


@pytest.mark.parametrize("tenant", TENANTS)
def test_staging_is_the_truth(filled_house: House, tenant: str) -> None:
    days = DAYS[tenant]
    assert staging_totals(filled_house, tenant, days) == without_currency(filled_house.truth(tenant, days))


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_marts_tell_the_truth(filled_house: House, tenant: str) -> None:
    days = DAYS[tenant]
    assert_marts_tell(filled_house, tenant, days, filled_house.truth(tenant, days))


@pytest.mark.parametrize("tenant", TENANTS)
def test_public_clients_count_the_same(filled_house: House, tenant: str) -> None:
    """Truth endpoint and pipeline could share a mistake; SDK and bare protocol share none with them."""
    days = DAYS[tenant]
    counted = public_count(filled_house, tenant, days)
    assert day_totals(filled_house, tenant, days, counted) == without_currency(
        filled_house.truth(tenant, days)
    )
    assert_marts_are(filled_house, tenant, days, counted)
