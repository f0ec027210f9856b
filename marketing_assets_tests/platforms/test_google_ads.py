"""Google's tables, fetched over HTTP from the sandbox."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.platforms import google_ads
from marketing_assets.platforms.google_ads.changes import changes_of
from marketing_assets.platforms.google_ads.client import GoogleAdsClient
from marketing_assets.platforms.google_ads.performance import FIGURES
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.platform import RawTable, Refresh
from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.apis.google_ads import credentials
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.truth import Truth
from marketing_assets_tests.platforms.sandboxed import (
    Loaded,
    asked,
    google_client,
    google_tokens,
    load,
    window_of,
)
from marketing_assets_tests.platforms.test_meta_ads import Leaping

TABLES = {table.name.removeprefix("google_ads_"): table for table in google_ads.PLATFORM.tables}
PERFORMANCE = [name for name, table in TABLES.items() if table.restatement_days == 30]
SNAPSHOTS = [name for name, table in TABLES.items() if table.refresh is Refresh.SNAPSHOT]
ADDS_UP = ["campaign_performance", "campaign_hours"]
WEEK = (date(2026, 11, 9), date(2026, 11, 15))
LONG = (date(2026, 9, 20), date(2026, 11, 15))
DAY = date(2026, 11, 20)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[GoogleAdsClient]:
    client = google_client(sandbox)
    yield client
    client.close()


def sums(loaded: Loaded) -> dict[date, dict[str, Decimal]]:
    """What the records add up to by day."""
    found: dict[date, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(FIGURES, Decimal(0)))
    for row in loaded.records:
        day, told = found[date.fromisoformat(row["segments"]["date"])], row["metrics"]
        day["impressions"] += int(told["impressions"])
        day["clicks"] += int(told["clicks"])
        day["cost"] += Decimal(told["costMicros"]) / 1_000_000
        day["conversions"] += Decimal(str(told["conversions"]))
        day["conversions_value"] += Decimal(str(told["conversionsValue"]))
    return dict(found)


def queries(sandbox: Sandbox, resource: str) -> list[str]:
    """The queries that streamed a resource, in order."""
    told = (query.get("query", "") for query in asked(sandbox, ":searchStream"))
    return [query for query in told if f" FROM {resource} " in f"{query} "]


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


# --- changes -----------------------------------------------------------------------------------------------


def test_changes_tell_budgets_and_statuses_before_and_after(
    sandbox: Sandbox, client: GoogleAdsClient
) -> None:
    window = window_of(sandbox, "siam", date(2026, 10, 24), date(2026, 11, 21))
    loaded = load(TABLES["changes"], client, window)
    assert {day: told["rows"] for day, told in loaded.controls.items() if told["rows"]} == {
        date.fromisoformat(day): sum(r["_context"]["date"] == day for r in loaded.records)
        for day in {r["_context"]["date"] for r in loaded.records}
    }
    events = [row["changeEvent"] for row in loaded.records]
    budgets = [e for e in events if e["changeResourceType"] == "CAMPAIGN_BUDGET"]
    assert budgets
    for event in budgets:
        before, after = (event[f"{when}Resource"]["campaignBudget"] for when in ("old", "new"))
        assert before["amountMicros"] != after["amountMicros"]
    told = {
        (e.get("oldResource", {}).get("campaign", {}).get("status"), e["newResource"]["campaign"]["status"])
        for e in events
        if e["changeResourceType"] == "CAMPAIGN"
    }
    assert {(None, "ENABLED"), ("ENABLED", "PAUSED")} <= told
    for row in loaded.records:
        local = row["changeEvent"]["changeDateTime"]
        assert row["_context"]["changed_at"] == f"{local.replace(' ', 'T')}+07:00"
        assert local.startswith(row["_context"]["date"])


def test_changes_are_asked_for_half_open_and_with_a_limit(sandbox: Sandbox, client: GoogleAdsClient) -> None:
    load(TABLES["changes"], client, window_of(sandbox, "siam", date(2026, 11, 1)))
    (query,) = queries(sandbox, "change_event")
    assert query.endswith(
        "WHERE change_event.change_date_time >= '2026-11-01 00:00:00' AND "
        "change_event.change_date_time < '2026-11-02 00:00:00' LIMIT 10000"
    )


def test_a_full_query_of_changes_is_halved_until_nothing_is_lost(
    sandbox: Sandbox, client: GoogleAdsClient
) -> None:
    day = date(2026, 11, 1)
    whole = [r for page in changes_of(client, day) for r in page.records]
    sandbox.world.visits.clear()
    parts = [r for page in changes_of(client, day, most=2) for r in page.records]
    assert parts == whole and len(whole) >= 4
    assert len(queries(sandbox, "change_event")) > 4


def test_more_changes_in_one_second_than_a_query_holds_are_an_error(
    sandbox: Sandbox, client: GoogleAdsClient
) -> None:
    with pytest.raises(PlatformError, match="too-many-changes"):
        changes_of(client, date(2026, 11, 1), most=1)


def test_changes_are_kept_longer_than_google_tells_of_them() -> None:
    table = TABLES["changes"]
    assert table.history_days == 29 and table.refresh is Refresh.RESTATED


# --- failures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "rate_limit"},
        {"kind": "server_error", "status": 500},
        {"kind": "server_error", "status": 503},
        {"kind": "server_error", "status": 504},
        {"kind": "expired_token", "times": 1},
        {"kind": "html"},
        {"kind": "truncated"},
        {"kind": "connection_reset"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
@pytest.mark.parametrize("name", ["ad_performance", "campaigns", "changes"])
def test_a_fault_half_way_changes_nothing(sandbox: Sandbox, name: str, fault: dict[str, Any]) -> None:
    client = google_client(sandbox)
    days = {"campaigns": (DAY,), "changes": WEEK}.get(name, LONG)
    window = window_of(sandbox, "siam", *days)
    calm = load(TABLES[name], client, window)
    resource = {"ad_performance": "FROM ad_group_ad", "changes": "FROM change_event"}.get(
        name, "FROM campaign"
    )
    sandbox.world.faults.add(**{"platform": "google_ads", "path": resource, "times": 2, **fault})
    client.transport._rest = lambda seconds: None
    client.transport._clock = Leaping().now
    client.transport._bucket._clock = client.transport._clock
    troubled = load(TABLES[name], client, window)
    assert troubled.raw == calm.raw and troubled.controls == calm.controls
    assert client.transport.counters.retries >= 1
    client.close()


def test_a_query_that_takes_too_long_is_asked_for_by_halves(
    sandbox: Sandbox, client: GoogleAdsClient
) -> None:
    window = window_of(sandbox, "siam", *WEEK)
    calm = load(TABLES["search_terms"], client, window)
    sandbox.world.visits.clear()
    slow = "segments.device, metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions, "
    slow += "metrics.conversions_value FROM search_term_view WHERE segments.date BETWEEN "
    slow += "'2026-11-09' AND '2026-11-15'"
    sandbox.world.faults.add(kind="server_error", platform="google_ads", status=504, path=slow)
    halved = load(TABLES["search_terms"], client, window)
    assert sorted(halved.raw) == sorted(calm.raw) and halved.controls == calm.controls
    ends = {q[-12:] for q in queries(sandbox, "search_term_view") if "device" in q}
    assert ends == {"'2026-11-15'", "'2026-11-12'"}


def test_a_spent_quota_ends_the_fetch(sandbox: Sandbox, client: GoogleAdsClient) -> None:
    sandbox.world.faults.add(kind="quota_day", platform="google_ads", path="FROM ad_group_ad")
    with pytest.raises(PlatformError) as caught:
        load(TABLES["ad_performance"], client, window_of(sandbox, "siam", *WEEK))
    assert caught.value.failure is Failure.QUOTA_DAY and "RESOURCE_EXHAUSTED" in caught.value.code


def test_a_stream_that_lacks_rows_is_seen_by_the_control(sandbox: Sandbox, client: GoogleAdsClient) -> None:
    sandbox.world.faults.add(kind="lacking", platform="google_ads", path="FROM campaign", times=1)
    loaded = load(TABLES["campaign_performance"], client, window_of(sandbox, "siam", *WEEK))
    assert sums(loaded) != loaded.controls


# --- tokens and access -------------------------------------------------------------------------------------


def renewals(sandbox: Sandbox) -> int:
    return len(asked(sandbox, "/token"))


def test_a_token_that_is_over_is_renewed_before_the_first_call_and_kept(sandbox: Sandbox) -> None:
    store = google_tokens()
    client = google_client(sandbox, store=store)
    load(TABLES["accounts"], client, window_of(sandbox, "siam", DAY))
    client.close()
    assert renewals(sandbox) == store.writes == 1
    (held,) = store.held.values()
    assert held.access_token and held.refresh_token == TENANTS["siam"].google.refresh_token
    assert held.expires_at == pytest.approx(time.time() + 3600, abs=60)


def test_a_good_token_is_not_renewed(sandbox: Sandbox) -> None:
    known = credentials(sandbox.world, "siam", sandbox.urls["google_ads"])
    store = google_tokens("siam", known["access_token"], time.time() + 3000)
    client = google_client(sandbox, store=store)
    load(TABLES["accounts"], client, window_of(sandbox, "siam", DAY))
    client.close()
    assert renewals(sandbox) == store.writes == 0


def test_a_token_that_dies_in_the_middle_is_renewed_once_for_all_threads(sandbox: Sandbox) -> None:
    store = google_tokens()
    client = google_client(sandbox, store=store)
    window = window_of(sandbox, "siam", *LONG)
    calm = load(TABLES["ad_performance"], client, window)
    sandbox.world.visits.clear()
    # What the platform thinks of the token is decided by its own clock.
    sandbox.world.clock.offset_seconds = 4_000
    try:
        again = load(TABLES["ad_performance"], client, window)
    finally:
        sandbox.world.clock.offset_seconds = 0
    client.close()
    assert again.raw == calm.raw and renewals(sandbox) == 1 and store.writes == 2


def test_a_revoked_refresh_token_names_the_command_that_mends_it(sandbox: Sandbox) -> None:
    store = google_tokens()
    (key,) = store.held
    store.held[key] = replace(store.held[key], refresh_token="1//0revoked")
    client = google_client(sandbox, store=store)
    with pytest.raises(PlatformError) as caught:
        load(TABLES["accounts"], client, window_of(sandbox, "siam", DAY))
    client.close()
    assert caught.value.failure is Failure.AUTH_DEAD and caught.value.code == "invalid_grant"
    assert "marketing connections authorize siam google_ads" in caught.value.remedy
    assert "1//0revoked" not in str(caught.value)


def test_a_wrong_client_secret_is_a_mistake_of_the_settings(sandbox: Sandbox) -> None:
    client = google_client(sandbox, client_secret="another-secret")
    with pytest.raises(PlatformError) as caught:
        load(TABLES["accounts"], client, window_of(sandbox, "siam", DAY))
    client.close()
    assert caught.value.failure is Failure.CONFIG and "client_secret" in caught.value.remedy
    assert "another-secret" not in str(caught.value)


@pytest.mark.parametrize("login", ["", "7302277102"])
def test_without_its_manager_the_account_is_closed(sandbox: Sandbox, login: str) -> None:
    client = google_client(sandbox, login_customer_id=login)
    with pytest.raises(PlatformError) as caught:
        load(TABLES["accounts"], client, window_of(sandbox, "siam", DAY))
    client.close()
    assert caught.value.failure is Failure.CONFIG
    assert caught.value.code == "authorizationError.USER_PERMISSION_DENIED"
    assert "login_customer_id" in caught.value.remedy


def test_ids_may_be_written_with_dashes(sandbox: Sandbox) -> None:
    client = google_client(sandbox, login_customer_id="910-022-0330")
    assert load(TABLES["accounts"], client, window_of(sandbox, "siam", DAY)).raw
    client.close()


def test_no_page_names_a_token(sandbox: Sandbox, client: GoogleAdsClient) -> None:
    loaded = load(TABLES["campaign_performance"], client, window_of(sandbox, "siam", *WEEK))
    written = repr([(page.request, page.envelope) for page in loaded.pages])
    assert "ya29" not in written and "1//0" not in written and "Bearer" not in written
    assert "FROM campaign WHERE" in written and loaded.pages[0].envelope["requestId"]


def test_an_old_version_says_what_to_do(sandbox: Sandbox) -> None:
    client = google_client(sandbox, api_version="v18")
    with pytest.raises(PlatformError) as caught:
        load(TABLES["accounts"], client, window_of(sandbox, "siam", DAY))
    client.close()
    assert caught.value.failure is Failure.CONFIG and "api_version" in caught.value.remedy


def test_another_zone_than_utc_keeps_the_accounts_days_and_the_world_matures(sandbox: Sandbox) -> None:
    """The last days are far from final; a month later nothing moves any more."""
    client = google_client(sandbox, "northwind")
    window = window_of(sandbox, "northwind", date(2026, 11, 16), date(2026, 11, 18))
    young = load(TABLES["campaign_performance"], client, window)
    before = sandbox.world.clock.as_of
    try:
        sandbox.world.clock.set_as_of(date(2026, 12, 20))
        final = load(TABLES["campaign_performance"], client, replace(window, now=datetime.now(UTC)))
        sandbox.world.clock.set_as_of(date(2027, 1, 20))
        later = load(TABLES["campaign_performance"], client, replace(window, now=datetime.now(UTC)))
    finally:
        sandbox.world.clock.set_as_of(before)
    client.close()
    assert final.controls == later.controls
    for day in window.days:
        assert final.controls[day]["conversions"] > young.controls[day]["conversions"]
        assert final.controls[day]["cost"] <= young.controls[day]["cost"]
        assert final.controls[day]["clicks"] == young.controls[day]["clicks"]
    age = (date(2026, 11, 20) - window.days.last) / timedelta(days=1)
    share = young.controls[window.days.last]["conversions"] / final.controls[window.days.last]["conversions"]
    assert age == 2 and Decimal("0.5") < share < Decimal("0.76")  # declared: 63 % after two days
