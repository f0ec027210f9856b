"""Google's campaigns and ads beside Meta's, in staging and marts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.conftest import House
from marketing_assets_tests.transform.raw import (
    ACCOUNT,
    SEARCH_ACCOUNT,
    SHOP,
    google_ad,
    google_campaign,
    insight,
)

DAY = date(2026, 3, 10)
DAYS = DayRange(DAY, DAY)
CONNECTIONS = [
    {"platform": "shopee", "account_id": SHOP},
    {"platform": "meta_ads", "account_id": ACCOUNT},
    {"platform": "google_ads", "account_id": SEARCH_ACCOUNT, "settings": {"client_id": "c"}},
]
FAILED_TEST = "google_ads_are_all_staged"


@pytest.fixture
def both(house: Callable[..., House]) -> House:
    """A house with Meta and Google in which nothing has happened on the day."""
    made = house(connections=CONNECTIONS)
    made.raw.nothing(DAYS)
    for empty in (made.raw.google_campaign_days, made.raw.google_ads, made.raw.google_campaigns):
        empty(DAYS)
    return made


def pmax(campaign_id: str, cost: str, **fields: Any) -> dict[str, Any]:
    return google_campaign(DAY, campaign_id, cost, advertising_channel_type="PERFORMANCE_MAX", **fields)


def test_the_day_has_the_spend_of_both_platforms(both: House) -> None:
    both.raw.insights(DAYS, insight(DAY, "1", "100"))
    both.raw.google_campaign_days(
        DAYS, google_campaign(DAY, "10", "30.25"), pmax("11", "9.75", conversions=Decimal("1.5"))
    )
    both.raw.google_ads(DAYS, google_ad(DAY, "10", "7", "30.25"))
    assert both.run(DAYS).success
    assert both.mart_day(DAY)["total_ad_spend"] == 140
    assert both.mart_day(DAY)["total_conversions"] == Decimal("1.5")
    rows = {
        r["campaign_id"]: r for r in both.rows("mart.campaign_performance") if r["platform"] == "google_ads"
    }
    assert {campaign: row["spend"] for campaign, row in rows.items()} == {
        "10": Decimal("30.25"),
        "11": Decimal("9.75"),
    }
    ads = {
        r["ad_id"]: r["spend"] for r in both.rows("staging.ads_performance") if r["platform"] == "google_ads"
    }
    assert ads == {"101~7": Decimal("30.25"), "campaign:11": Decimal("9.75")}


def test_ads_that_went_on_after_their_campaign_was_read_do_not_add_to_the_account(both: House) -> None:
    """Today moves between two fetches; the campaign's figure is the account's."""
    both.raw.google_campaign_days(DAYS, google_campaign(DAY, "10", "30"))
    both.raw.google_ads(DAYS, google_ad(DAY, "10", "7", "31", impressions=104))
    both.run(DAYS, raise_on_error=False)
    staged = both.rows("staging.stg_google_ads__ads_performance")
    assert {r["ad_id"]: (r["spend"], r["impressions"]) for r in staged} == {
        "101~7": (Decimal(31), 104),
        "campaign:10": (Decimal(-1), -4),
    }
    assert both.mart_day(DAY)["total_ad_spend"] == 30


def test_an_ad_in_two_ad_groups_is_two_ads(both: House) -> None:
    both.raw.google_campaign_days(DAYS, google_campaign(DAY, "10", "3", impressions=200, clicks=20))
    other = google_ad(DAY, "10", "7", "2", ad_group_id="102")
    both.raw.google_ads(DAYS, google_ad(DAY, "10", "7", "1"), other)
    assert both.run(DAYS).success
    assert {r["ad_id"] for r in both.rows("staging.ads_performance")} == {"101~7", "102~7"}


def test_a_campaign_is_active_while_it_is_enabled(both: House) -> None:
    states = ("ENABLED", "PAUSED", "REMOVED")
    both.raw.google_campaigns(
        DAYS, *(google_campaign(DAY, str(n), campaign_status=state) for n, state in enumerate(states))
    )
    assert both.run(DAYS).success
    found = {r["campaign_status"]: r["is_active"] for r in both.rows("staging.campaigns")}
    assert found == {"ENABLED": True, "PAUSED": False, "REMOVED": False}


def test_a_tenant_without_google_has_none_of_its_models(house: Callable[..., House]) -> None:
    assert not [key for key in house().keys if "google" in key.path[-1]]
    assert [key for key in house(connections=CONNECTIONS).keys if "google" in key.path[-1]]
    checks = {c.name: c for c in house(connections=CONNECTIONS).check_specs}
    assert checks[FAILED_TEST].blocking
