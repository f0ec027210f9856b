"""Ad accounts by day: what they spent against the budgets that were in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.conftest import House
from marketing_assets_tests.transform.raw import (
    ACCOUNT,
    SEARCH_ACCOUNT,
    SHOP,
    adset,
    campaign,
    google_ad,
    google_budget,
    google_campaign,
    insight,
)

D = date(2026, 3, 10)
DAYS = DayRange(D - timedelta(days=1), D + timedelta(days=1))
BEFORE, AFTER = DAYS.first, DAYS.last
CONNECTIONS = [
    {"platform": "shopee", "account_id": SHOP},
    {"platform": "meta_ads", "account_id": ACCOUNT},
    {"platform": "google_ads", "account_id": SEARCH_ACCOUNT, "settings": {"client_id": "c"}},
]
META, GOOGLE = ("meta_ads", ACCOUNT), ("google_ads", SEARCH_ACCOUNT)

Channel = tuple[str, str]


@pytest.fixture
def ads(house: Callable[..., House]) -> House:
    """A house with Meta and Google in which nothing has happened on the days."""
    made = house(connections=CONNECTIONS)
    made.raw.nothing(DAYS)
    for empty in (made.raw.google_campaign_days, made.raw.google_ads, made.raw.google_campaigns):
        empty(DAYS)
    return made


def one(day: date) -> DayRange:
    return DayRange(day, day)


def channels(house: House) -> dict[tuple[date, Channel], dict[str, Any]]:
    rows = house.rows("mart.ads_channel_performance")
    found = {(row["day"], (row["platform"], row["account_id"])): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_spend_purchases_and_their_ratios(ads: House) -> None:
    bought = {"purchase": "4"}
    ads.raw.insights(
        one(D), insight(D, "1", "30", bought, {"purchase": "200"}), insight(D, "2", "10", campaign_id="11")
    )
    ads.raw.google_campaign_days(one(D), google_campaign(D, "10", "25"))
    ads.raw.google_ads(one(D), google_ad(D, "10", "7", "25"))
    assert ads.run(DAYS).success
    found = channels(ads)
    assert set(found) == {(D, META), (D, GOOGLE)}
    meta = found[D, META]
    assert meta["account_name"] == "Siam Ads" and meta["currency"] == "THB"
    assert {
        name: meta[name] for name in ("spend", "impressions", "clicks", "conversions", "roas", "cpa")
    } == {
        "spend": 40,
        "impressions": 2000,
        "clicks": 40,
        "conversions": 4,
        "roas": 5,
        "cpa": 10,
    }
    assert (meta["ctr"], meta["cpc"], meta["cpm"]) == (Decimal("0.02"), 1, 20)
    google = found[D, GOOGLE]
    assert (google["spend"], google["cpm"], google["cpa"]) == (25, 250, None)
    unknown = ("daily_budget", "budget_utilization", "unknown_budgets", "is_budget_backdated")
    assert [google[name] for name in unknown] == [None] * 4


def test_a_campaigns_budget_stands_before_those_of_its_ad_sets(ads: House) -> None:
    ads.raw.insights(one(D), insight(D, "1", "90"))
    ads.raw.campaigns(
        one(D),
        campaign(D, "10", daily_budget=10_000),
        campaign(D, "11", daily_budget=0),
        campaign(D, "12", "PAUSED", daily_budget=70_000),
    )
    ads.raw.adsets(
        one(D),
        adset(D, "20", "10", daily_budget=6_000),
        adset(D, "21", "11", daily_budget=5_000),
        adset(D, "22", "11", daily_budget=3_050),
        adset(D, "23", "11", daily_budget=900, effective_status="PAUSED"),
        adset(D, "24", "12", daily_budget=800, effective_status="CAMPAIGN_PAUSED"),
    )
    assert ads.run(DAYS).success
    row = channels(ads)[D, META]
    assert (row["daily_budget"], row["unknown_budgets"]) == (Decimal("180.5"), 0)
    assert row["budget_utilization"] == Decimal("0.498614958")


def test_a_shared_budget_counts_once(ads: House) -> None:
    ads.raw.google_campaigns(
        one(D),
        google_campaign(D, "10", budget_id="7", budget_amount=Decimal(500)),
        google_campaign(D, "11", budget_id="7", budget_amount=Decimal(500)),
        google_campaign(D, "12", budget_id="8", budget_amount=Decimal(90), campaign_status="REMOVED"),
    )
    ads.raw.google_budgets(one(D), google_budget(D, "7", "500", is_shared=True), google_budget(D, "8", "90"))
    assert ads.run(one(D)).success
    assert channels(ads)[D, GOOGLE]["daily_budget"] == 500


def test_an_account_has_a_row_on_days_without_spend(ads: House) -> None:
    ads.raw.campaigns(one(D), campaign(D, daily_budget=10_000))
    assert ads.run(DAYS).success
    found = channels(ads)
    assert {day: row["is_budget_backdated"] for (day, _), row in found.items()} == {
        BEFORE: True,
        D: False,
        AFTER: False,
    }
    assert {(r["spend"], r["daily_budget"], r["budget_utilization"], r["roas"]) for r in found.values()} == {
        (0, 100, 0, None)
    }


def test_a_budget_holds_from_its_first_day_to_its_last(ads: House) -> None:
    """Midnights of the account, which need not be the tenant's."""
    singapore = {"name": "SG", "currency": "THB", "timezone_name": "Asia/Singapore"}
    ads.raw.ad_accounts(one(D), {"day": D, "account_id": ACCOUNT} | singapore)
    starts = datetime(2026, 3, 8, 16, tzinfo=UTC)
    ends = datetime(2026, 3, 10, 16, tzinfo=UTC)
    times = {"start_time": starts, "stop_time": ends}
    ads.raw.campaigns(
        one(D),
        campaign(D, "10", lifetime_budget=40_000, **times),
        campaign(D, "11", daily_budget=500, start_time=ends),
    )
    assert ads.run(DAYS).success
    found = channels(ads)
    assert {day: row["daily_budget"] for (day, _), row in found.items()} == {BEFORE: 200, D: 200, AFTER: 5}
    assert found[D, META]["account_name"] == "SG"


def test_budgets_of_unknown_size_are_told(ads: House) -> None:
    ads.raw.insights(DAYS, *(insight(day, "1", "50") for day in DAYS))
    endless = campaign(D, "10", lifetime_budget=40_000, start_time=datetime(2026, 3, 1, tzinfo=UTC))
    ads.raw.campaigns(one(BEFORE), endless | {"day": BEFORE})
    ads.raw.campaigns(one(D), endless, campaign(D, "11", daily_budget=10_000))
    ads.raw.campaigns(one(AFTER), campaign(AFTER, "11", daily_budget=10_000))
    assert ads.run(DAYS).success
    told = ("daily_budget", "unknown_budgets", "budget_utilization")
    found = {day: tuple(row[name] for name in told) for (day, _), row in channels(ads).items()}
    assert found == {BEFORE: (None, 1, None), D: (100, 1, None), AFTER: (100, 0, Decimal("0.5"))}


def test_what_was_made_later_was_not_there_before(ads: House) -> None:
    ads.raw.campaigns(one(BEFORE), campaign(BEFORE, "10", daily_budget=10_000))
    ads.raw.campaigns(
        one(AFTER), campaign(AFTER, "10", daily_budget=20_000), campaign(AFTER, "11", daily_budget=5_000)
    )
    assert ads.run(DAYS).success
    found = channels(ads)
    assert {day: row["daily_budget"] for (day, _), row in found.items()} == {BEFORE: 100, D: 100, AFTER: 250}
    assert not any(row["is_budget_backdated"] for row in found.values())


def test_budgets_are_converted_at_the_rate_of_the_day(house: Callable[..., House]) -> None:
    h = house("northwind", reporting_currency="USD")
    h.raw.nothing(one(D))
    h.raw.campaigns(one(D), campaign(D, "10", daily_budget=3_791_500))
    assert h.run(one(D)).success
    assert channels(h)[D, META]["daily_budget"] == Decimal("1162.6")
