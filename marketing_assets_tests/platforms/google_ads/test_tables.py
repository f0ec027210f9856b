"""Google's tables add up to what Google counts and to what the world did."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.google_ads.client import GoogleAdsClient
from marketing_assets.platforms.google_ads.performance import FIGURES
from marketing_assets.platforms.platform import RawTable, Refresh
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.truth import Truth
from marketing_assets_tests.platforms.google_ads.reading import DAY, LONG, TABLES, WEEK, queries, sums
from marketing_assets_tests.platforms.sandboxed import asked, google_client, load, window_of

PERFORMANCE = [name for name, table in TABLES.items() if table.restatement_days == 30]
SNAPSHOTS = [name for name, table in TABLES.items() if table.refresh is Refresh.SNAPSHOT]
ADDS_UP = ["campaign_performance", "campaign_hours"]


def at_key(row: dict[str, Any], table: RawTable) -> tuple[Any, ...]:
    """The record's key by the contract's own paths."""
    found = []
    for name in table.contract.key:
        value: Any = row
        for part in table.contract.column(name).path:
            value = value[part]
        found.append(value)
    return tuple(found)


@pytest.mark.parametrize("tenant", ["siam", "northwind"])
@pytest.mark.parametrize("name", PERFORMANCE)
def test_every_table_adds_up_to_what_google_counts(sandbox: Sandbox, tenant: str, name: str) -> None:
    client = google_client(sandbox, tenant)
    loaded = load(TABLES[name], client, window_of(sandbox, tenant, *WEEK))
    client.close()
    assert sums(loaded) == loaded.controls
    keys = [at_key(row, TABLES[name]) for row in loaded.records]
    assert len(keys) == len(set(keys)) > 30


@pytest.mark.parametrize("name", ADDS_UP)
def test_campaigns_are_the_account_and_the_world_stands_by_it(
    sandbox: Sandbox, client: GoogleAdsClient, name: str
) -> None:
    loaded = load(TABLES[name], client, window_of(sandbox, "siam", *WEEK))
    assert queries(sandbox, "customer")[-1].startswith("SELECT segments.date, metrics.impressions")
    for row in Truth(sandbox.world).rows(["siam"], ["google_ads"], *WEEK):
        told = loaded.controls[date.fromisoformat(row["date"])]
        assert told == {
            "impressions": row["impressions"],
            "clicks": row["clicks"],
            "cost": Decimal(row["spend"]),
            "conversions": Decimal(row["conversions"]),
            "conversions_value": Decimal(row["conversion_value"]),
        }


def test_ads_are_less_than_the_account_by_what_performance_max_spends(
    sandbox: Sandbox, client: GoogleAdsClient
) -> None:
    window = window_of(sandbox, "siam", *WEEK)
    campaigns = load(TABLES["campaign_performance"], client, window)
    ads = sums(load(TABLES["ad_performance"], client, window))
    beyond: dict[date, Decimal] = defaultdict(Decimal)
    for row in campaigns.records:
        if row["campaign"]["advertisingChannelType"] == "PERFORMANCE_MAX":
            beyond[date.fromisoformat(row["segments"]["date"])] += Decimal(row["metrics"]["costMicros"])
    for day, told in campaigns.controls.items():
        assert beyond[day] > 0
        assert told["cost"] == ads[day]["cost"] + beyond[day] / 1_000_000


@pytest.mark.parametrize("tenant", ["siam", "northwind"])
def test_a_missing_performance_max_campaign_is_seen_by_the_control(sandbox: Sandbox, tenant: str) -> None:
    """Neither ads, nor campaigns without one of Performance Max, pass for the account."""
    client = google_client(sandbox, tenant)
    window = window_of(sandbox, tenant, *WEEK)
    campaigns = load(TABLES["campaign_performance"], client, window)
    ads = sums(load(TABLES["ad_performance"], client, window))
    client.close()
    spent: dict[str, int] = defaultdict(int)
    for row in campaigns.records:
        if row["campaign"]["advertisingChannelType"] == "PERFORMANCE_MAX":
            spent[row["campaign"]["id"]] += int(row["metrics"]["costMicros"])
    missing = max(spent, key=lambda campaign: spent[campaign])
    pages = [
        replace(page, records=[r for r in page.records if orjson.loads(r)["campaign"]["id"] != missing])
        for page in campaigns.pages
    ]
    lacking = sums(replace(campaigns, pages=pages))
    for day, account in campaigns.controls.items():
        assert lacking[day]["cost"] < account["cost"]
        assert ads[day]["cost"] < account["cost"]


def test_queries_name_the_contracts_columns_and_days_with_both_ends(
    sandbox: Sandbox, client: GoogleAdsClient
) -> None:
    load(TABLES["ad_performance"], client, window_of(sandbox, "siam", date(2026, 11, 1), date(2026, 11, 10)))
    rows = [q for q in queries(sandbox, "ad_group_ad") if "segments.device" in q]
    assert [q.partition("WHERE ")[2] for q in sorted(rows)] == [
        "segments.date BETWEEN '2026-11-01' AND '2026-11-07'",
        "segments.date BETWEEN '2026-11-08' AND '2026-11-10'",
    ]
    chosen = rows[0].removeprefix("SELECT ").partition(" FROM ")[0].split(", ")
    assert len(chosen) == len(TABLES["ad_performance"].contract.columns)
    assert {"ad_group_ad.ad.id", "metrics.cost_micros", "campaign.advertising_channel_type"} <= set(chosen)
    # Removed campaigns and ads are left in by asking for no status.
    assert not any("status" in q.partition("WHERE ")[2] for q in rows)
    totals = [q for q in queries(sandbox, "ad_group_ad") if "segments.device" not in q]
    assert len(totals) == 2 and totals[0] == totals[1]


def test_a_long_window_in_many_pieces_and_two_loads_are_equal(
    sandbox: Sandbox, client: GoogleAdsClient
) -> None:
    sandbox.world.settings.update({"google_stream_rows": 20})
    window = window_of(sandbox, "siam", *LONG)
    loaded, again = (load(TABLES["ad_performance"], client, window) for _ in range(2))
    assert len(loaded.pages) >= len(loaded.raw) / 20 > 50
    assert loaded.raw == again.raw and loaded.controls == again.controls
    assert sums(loaded) == loaded.controls
    assert list(loaded.controls) == list(window.days)
    sandbox.world.settings.update({"google_stream_rows": 10_000})
    assert load(TABLES["ad_performance"], client, window).raw == loaded.raw


def test_removed_campaigns_and_ads_are_in(sandbox: Sandbox, client: GoogleAdsClient) -> None:
    loaded = load(TABLES["ad_performance"], client, window_of(sandbox, "siam", date(2026, 9, 20)))
    assert "REMOVED" in {row["adGroupAd"]["status"] for row in loaded.records}
    campaigns = load(TABLES["campaigns"], client, window_of(sandbox, "siam", DAY)).records
    assert {row["campaign"]["status"] for row in campaigns} == {"ENABLED", "PAUSED", "REMOVED"}


def test_days_without_delivery_and_days_to_come_are_zero(sandbox: Sandbox, client: GoogleAdsClient) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 20), date(2026, 11, 23))
    loaded = load(TABLES["campaign_performance"], client, window)
    (query,) = queries(sandbox, "campaign")
    assert query.endswith("BETWEEN '2026-11-20' AND '2026-11-21'")  # 21 November has begun in Bangkok
    assert list(loaded.controls) == list(window.days)
    assert loaded.controls[date(2026, 11, 23)] == dict.fromkeys(FIGURES, Decimal(0))
    sandbox.world.visits.clear()
    later = replace(window, days=DayRange(date(2026, 12, 1), date(2026, 12, 2)))
    for name in ("campaign_performance", "changes"):
        loaded = load(TABLES[name], client, later)
        assert loaded.raw == [] and list(loaded.controls) == list(later.days)
    assert asked(sandbox, ":searchStream") == []
    before = load(TABLES["campaign_performance"], client, window_of(sandbox, "siam", date(2021, 5, 1)))
    assert before.raw == [] and set(before.controls[date(2021, 5, 1)].values()) == {0}


def test_today_has_only_hours_that_have_begun(sandbox: Sandbox, client: GoogleAdsClient) -> None:
    today = date(2026, 11, 21)
    loaded = load(TABLES["campaign_hours"], client, window_of(sandbox, "siam", today))
    assert {row["segments"]["hour"] for row in loaded.records} == set(range(7))  # 06:59:59 in Bangkok
    assert sums(loaded) == loaded.controls


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_snapshots_come_with_googles_own_count(sandbox: Sandbox, client: GoogleAdsClient, name: str) -> None:
    sandbox.world.settings.update({"google_stream_rows": 7})
    loaded = load(TABLES[name], client, window_of(sandbox, "siam", DAY))
    assert loaded.controls == {DAY: {"rows": len(loaded.raw)}} and loaded.raw
    keys = [at_key(row, TABLES[name]) for row in loaded.records]
    assert len(keys) == len(set(keys))
    assert len(loaded.pages) == -(-len(loaded.raw) // 7)


def test_a_shared_budget_is_one_budget(sandbox: Sandbox, client: GoogleAdsClient) -> None:
    budgets = load(TABLES["campaign_budgets"], client, window_of(sandbox, "siam", DAY)).records
    shared = [row["campaignBudget"] for row in budgets if row["campaignBudget"]["explicitlyShared"]]
    assert [row["referenceCount"] for row in shared] == ["2"]
    campaigns = load(TABLES["campaigns"], client, window_of(sandbox, "siam", DAY)).records
    of = [row["campaignBudget"] for row in campaigns if row["campaignBudget"]["id"] == shared[0]["id"]]
    assert [row["amountMicros"] for row in of] == [shared[0]["amountMicros"]] * 2
