"""Raw, staging and marts against the world's truth and against an independent count, to the cent."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from marketing_assets_tests.e2e.comparing import (
    assert_marts_are,
    assert_marts_tell,
    public_count,
    raw_count,
    staging_totals,
    without_currency,
)
from marketing_assets_tests.e2e.conftest import DAYS, TENANTS
from marketing_assets_tests.e2e.counting import totals
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
    account = [row for (platform, _), row in truth.items() if platform == "meta_ads"]
    assert len(shop) == len(account) == len(DAYS[tenant]) >= 45
    assert sum(row["orders"] for row in shop) > 1000 and sum(row["refunds"] for row in shop) > 0
    assert sum(row["conversions"] for row in account) > 100


@pytest.mark.parametrize("tenant", TENANTS)
def test_raw_is_the_truth(filled_house: House, tenant: str) -> None:
    days = DAYS[tenant]
    counted = totals(*raw_count(filled_house, tenant, days), days)
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
    for day in days:
        told = {**truth["meta_ads", day], **truth["shopee", day]}
        names = ("orders", "units", "impressions", "clicks", "spend")
        assert {name: found[day][name] for name in names} == {name: told[name] for name in names}, day


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
    assert totals(*counted, days) == without_currency(filled_house.truth(tenant, days))
    assert_marts_are(filled_house, tenant, days, counted)
