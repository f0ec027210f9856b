"""Ad accounts and their budgets against what the world's campaigns were given."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from marketing_assets.sandbox.advertising import nodes as meta
from marketing_assets.sandbox.advertising import response
from marketing_assets.sandbox.search_advertising import changes as google_changes
from marketing_assets.sandbox.search_advertising import nodes as google
from marketing_assets_tests.e2e.conftest import DAYS, TENANTS
from marketing_assets_tests.e2e.counting import AD_PLATFORMS
from marketing_assets_tests.e2e.house import House
from marketing_assets_tests.e2e.test_profit import Books

pytestmark = [pytest.mark.xdist_group("e2e_truth"), pytest.mark.timeout(900)]

NINE, CENT = Decimal("1e-9"), Decimal("0.01")


def hundredths(amount: float) -> Decimal:
    """An amount as Meta's minor units tell it."""
    return Decimal(round(amount * 100)) / 100


def meta_budget(seed: int, tenant: str, today: date, day: date) -> Decimal:
    """What could be spent on a day, by the state of the account today."""
    found = Decimal(0)
    for node in meta.nodes(tenant, today):
        if node.effective_status(today) != "ACTIVE" or not node.span.covers(day):
            continue
        at, stop = node.campaign.budget_at, node.span.stop
        planned = response.budget(seed, tenant, node.campaign_index, min(today, stop or today))
        if node.level == "campaign" and at == "campaign":
            found += hundredths(planned)
        elif node.level == "campaign" and at == "lifetime" and stop is not None:
            days = (stop - node.span.start).days + 1
            found += (hundredths(planned * days) / days).quantize(NINE, ROUND_HALF_EVEN)
        elif node.level == "adset" and at == "adset" and node.adset is not None:
            share = node.adset.weight / sum(adset.weight for adset in node.campaign.adsets)
            found += hundredths(planned * share)
    return found


def google_budget(seed: int, tenant: str, today: date) -> Decimal:
    """Budgets of the campaigns that run today, each once."""
    budgets = {
        campaign.budget_id: google_changes.amount_of(seed, tenant, campaign, today)
        for campaign in google.campaigns(tenant, today)
        if campaign.status(today) == google.ENABLED
    }
    return Decimal(sum(budgets.values())) / 100


@pytest.fixture(scope="module", params=TENANTS)
def books(filled_house: House, request: pytest.FixtureRequest) -> Books:
    return Books(filled_house, request.param)


@pytest.fixture(scope="module")
def channels(books: Books) -> dict[tuple[str, date], dict[str, Any]]:
    rows = books.house.rows(books.name, "mart.ads_channel_performance")
    found = {(row["platform"], row["day"]): row for row in rows}
    assert len(found) == len(rows) == len(AD_PLATFORMS) * len(DAYS[books.name])
    return found


def test_budgets_are_those_of_the_worlds_campaigns(
    books: Books, channels: dict[tuple[str, date], dict[str, Any]]
) -> None:
    today, seed = DAYS[books.name].last, books.world.seed
    accounts = books.world.accounts[books.name]
    for (platform, day), row in channels.items():
        if platform == "meta_ads":
            told, currency = meta_budget(seed, books.name, today, day), accounts.meta.currency
        else:
            told, currency = google_budget(seed, books.name, today), accounts.google.currency
        assert told > 0
        assert row["daily_budget"] == books.converted(told, currency, day), (platform, day)
        assert row["unknown_budgets"] == 0
        assert row["is_budget_backdated"] == (day != today)
        assert row["budget_utilization"] == (row["spend"] / told).quantize(NINE, ROUND_HALF_EVEN)


def test_the_accounts_have_every_kind_of_budget(filled_house: House) -> None:
    """The comparison above would prove little where no budget is shared or ends."""
    rows = filled_house.rows("siam", "staging.budgets")
    levels: dict[str, set[bool]] = defaultdict(set)
    for row in rows:
        levels[row["budget_level"]].add(row["is_active"])
    assert set(levels) == {"campaign", "adset", "shared"} and levels["campaign"] == {True, False}
    assert any(row["last_day"] and row["is_active"] for row in rows)
    [shared] = [row["budget_id"] for row in rows if row["budget_level"] == "shared"]
    campaigns = filled_house.rows("siam", "raw.google_ads_campaigns")
    assert sum(row["budget_id"] == shared for row in campaigns) > 1


def test_accounts_spent_what_the_world_says(
    books: Books, channels: dict[tuple[str, date], dict[str, Any]]
) -> None:
    truth = books.house.truth(books.name, DAYS[books.name])
    for (platform, day), row in channels.items():
        told = truth[platform, day]
        counts = ("impressions", "clicks", "conversions")
        assert {name: row[name] for name in counts} == {name: told[name] for name in counts}
        for column in ("spend", "conversion_value"):
            expected = books.converted(told[column], told["currency"], day)
            assert abs(row[column] - expected) < CENT, (platform, day, column)
