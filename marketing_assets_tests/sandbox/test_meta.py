"""Meta's objects and insights over the wire: they agree with each other and with the truth."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest

from marketing_assets.sandbox.advertising import Advertising
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.sandbox.advertiser import (
    Advertiser,
    Advertisers,
    action,
    advertiser,
    everything,
    span,
)

FIRST, LAST = date(2026, 10, 20), date(2026, 11, 20)
BOTH = pytest.mark.parametrize("tenant", ["siam", "northwind"])
SUMMED = ("impressions", "clicks", "inline_link_clicks")


@pytest.fixture
def of(sandbox: Sandbox, http: httpx.Client) -> Advertisers:
    return lambda tenant: advertiser(sandbox, tenant, http)


@pytest.fixture
def siam(of: Advertisers) -> Advertiser:
    return of("siam")


def sums(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Totals of everything additive; omni and pixel purchases stand for all actions."""
    found: dict[str, Any] = {name: sum(int(row.get(name, 0)) for row in rows) for name in SUMMED}
    found["spend"] = sum(Decimal(row["spend"]) for row in rows)
    for kind in (
        "omni_purchase",
        "purchase",
        "offsite_conversion.fb_pixel_purchase",
        "add_to_cart",
        "video_view",
    ):
        found[kind] = sum(int(action(row, kind)) for row in rows)
    found["value"] = sum(Decimal(action(row, "omni_purchase", "action_values")) for row in rows)
    return found


@BOTH
def test_ad_rows_sum_to_the_truth(sandbox: Sandbox, of: Advertisers, tenant: str) -> None:
    rows = of(tenant).insights(FIRST, LAST)
    truth = Advertising(sandbox.world).truth(tenant, FIRST, LAST)
    assert len(truth) == 32
    for day in truth:
        found = sums([row for row in rows if row["date_start"] == day["date"].isoformat()])
        assert found["spend"] == day["spend"]
        assert found["impressions"] == day["impressions"]
        assert found["inline_link_clicks"] == day["clicks"]
        assert found["omni_purchase"] == day["conversions"]
        assert found["value"] == day["conversion_value"]
    assert {row["account_currency"] for row in rows} == {truth[0]["currency"]}


@BOTH
@pytest.mark.parametrize("level", ["account", "campaign", "adset"])
def test_levels_agree(of: Advertisers, tenant: str, level: str) -> None:
    client = of(tenant)
    assert sums(client.insights(FIRST, LAST, level)) == sums(client.insights(FIRST, LAST))


@pytest.mark.parametrize(
    "names",
    ["age,gender", "gender,age", "age", "publisher_platform", "impression_device", "device_platform",
     "publisher_platform,impression_device"],
)  # fmt: skip
def test_breakdowns_sum_to_the_ad_rows(siam: Advertiser, names: str) -> None:
    last = FIRST + timedelta(days=3)
    plain = {(row["ad_id"], row["date_start"]): row for row in siam.insights(FIRST, last)}
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in siam.insights(FIRST, last, breakdowns=names):
        assert set(names.split(",")) <= set(row)
        cells.setdefault((row["ad_id"], row["date_start"]), []).append(row)
    assert cells.keys() == plain.keys()
    for key, row in plain.items():
        assert sums(cells[key]) == sums([row])


@BOTH
def test_deleted_spend_is_hidden_below_the_account(of: Advertisers, tenant: str) -> None:
    client = of(tenant)
    shown = sums(client.insights(date(2026, 9, 1), date(2026, 9, 20), filtering="[]"))
    total = sums(client.insights(date(2026, 9, 1), date(2026, 9, 20), "account"))
    everyone = sums(client.insights(date(2026, 9, 1), date(2026, 9, 20)))
    assert shown["spend"] < total["spend"] == everyone["spend"]


def test_filters_name_objects(siam: Advertiser) -> None:
    rows = siam.insights(FIRST, FIRST)
    one = rows[0]
    for level in ("campaign", "adset", "ad"):
        wanted = f'[{{"field":"{level}.id","operator":"IN","value":["{one[f"{level}_id"]}"]}}]'
        found = siam.insights(FIRST, FIRST, filtering=wanted)
        assert {row[f"{level}_id"] for row in found} == {one[f"{level}_id"]}
    costly = '[{"field":"spend","operator":"GREATER_THAN","value":200}]'
    assert all(Decimal(row["spend"]) > 200 for row in siam.insights(FIRST, FIRST, filtering=costly))


def test_purchases_overlap_and_nest(siam: Advertiser) -> None:
    rows = siam.insights(FIRST, LAST)
    kinds = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
    for row in rows:
        omni, purchase, pixel = (int(action(row, kind)) for kind in kinds)
        assert omni >= purchase >= pixel
    total = sums(rows)
    assert total["omni_purchase"] > total["purchase"] > total["offsite_conversion.fb_pixel_purchase"] > 0


def test_numbers_are_strings_and_empty_lists_are_absent(siam: Advertiser) -> None:
    rows = siam.insights(FIRST, LAST)
    for row in rows:
        assert all(isinstance(row[name], str) for name in ("spend", "impressions", "clicks", "reach"))
        assert row.get("actions") != [] and row.get("action_values") != []
    assert any("action_values" not in row for row in rows)
    assert any("🛒" in row["campaign_name"] for row in rows)


def test_attribution_windows_only_when_asked(siam: Advertiser) -> None:
    plain = siam.insights(FIRST, LAST, "account")
    assert {key for row in plain for one in row["actions"] for key in one} == {"action_type", "value"}
    asked = siam.insights(
        FIRST, LAST, "account", action_attribution_windows='["1d_click","7d_click","1d_view"]'
    )
    for row in asked:
        week, day, view, value = (
            int(action(row, "omni_purchase", key=key)) for key in ("7d_click", "1d_click", "1d_view", "value")
        )
        assert value == week + view
        assert day <= week


def test_reach_does_not_add_up(siam: Advertiser) -> None:
    ads = siam.insights(FIRST, LAST)
    account = siam.insights(FIRST, LAST, "account", time_increment="all_days")
    assert len(account) == 1
    assert (account[0]["date_start"], account[0]["date_stop"]) == (FIRST.isoformat(), LAST.isoformat())
    assert int(account[0]["reach"]) < sum(int(row["reach"]) for row in ads)
    assert Decimal(account[0]["spend"]) == sums(ads)["spend"]


def test_increments_divide_the_range(siam: Advertiser) -> None:
    weeks = siam.insights(FIRST, LAST, "account", time_increment=7)
    assert [row["date_start"] for row in weeks] == [
        (FIRST + timedelta(days=7 * n)).isoformat() for n in range(5)
    ]
    assert weeks[-1]["date_stop"] == LAST.isoformat()
    months = siam.insights(FIRST, LAST, "account", time_increment="monthly")
    assert [row["date_start"] for row in months] == [FIRST.isoformat(), "2026-11-01"]
    assert sums(weeks) == sums(months)


def test_ads_without_delivery_have_no_row(siam: Advertiser) -> None:
    ads = {ad["id"] for ad in siam.all(f"{siam.account}/ads", limit=500)}
    seen = {row["ad_id"] for row in siam.insights(LAST, LAST)}
    assert ads - seen
    assert all(int(row["impressions"]) > 0 for row in siam.insights(FIRST, LAST))


def test_insights_pages_lose_nothing(siam: Advertiser) -> None:
    whole = siam.insights(FIRST, LAST)
    params = {"level": "ad", "time_range": span(FIRST, LAST), "time_increment": 1, "fields": "ad_id,spend"}
    pages = list(siam.pages(f"{siam.account}/insights", filtering=everything("ad"), limit=100, **params))
    rows = [row for page in pages for row in page["data"]]
    assert len(pages) >= 3
    assert [(r["ad_id"], r["date_start"]) for r in rows] == [(r["ad_id"], r["date_start"]) for r in whole]
    assert all("after" in page["paging"]["cursors"] for page in pages)
    assert [("next" in page["paging"]) for page in pages] == [True] * (len(pages) - 1) + [False]
    assert len(siam.get(f"{siam.account}/insights", **params).json()["data"]) == 25


def test_next_and_previous_are_whole_addresses(siam: Advertiser) -> None:
    first = siam.get(f"{siam.account}/ads", limit=10, fields="name").json()
    proof = {"appsecret_proof": siam.auth()["appsecret_proof"]}
    second = siam.http.get(first["paging"]["next"] + f"&appsecret_proof={proof['appsecret_proof']}").json()
    assert second["data"] and second["data"] != first["data"]
    again = siam.http.get(
        second["paging"]["previous"] + f"&appsecret_proof={proof['appsecret_proof']}"
    ).json()
    assert again["data"] == first["data"]
    assert "previous" not in first["paging"]


@pytest.mark.parametrize("edge", ["campaigns", "adsets", "ads"])
def test_edges_hide_what_was_deleted(siam: Advertiser, edge: str) -> None:
    path = f"{siam.account}/{edge}"
    usual = siam.all(path, fields="effective_status", limit=100)
    assert not {"DELETED", "ARCHIVED"} & {one["effective_status"] for one in usual}
    past = siam.all(path, fields="effective_status", effective_status='["DELETED","ARCHIVED"]', limit=100)
    assert past and {one["effective_status"] for one in past} <= {"DELETED", "ARCHIVED"}
    level = edge.removesuffix("s")
    both = siam.all(path, filtering=everything(level), limit=100)
    assert Counter(one["id"] for one in both) == Counter(one["id"] for one in usual + past)
    assert all(set(one) == {"id"} for one in both)
    counted = siam.get(path, summary="total_count", limit=1).json()
    assert counted["summary"]["total_count"] == len(usual)


def test_objects_can_be_read_alone_and_downwards(siam: Advertiser) -> None:
    ad = siam.all(f"{siam.account}/ads", fields="id,name,adset_id,campaign_id,adset,creative,created_time")[0]
    adset = siam.get(ad["adset_id"], fields="name,campaign_id,optimization_goal,start_time").json()
    assert adset["campaign_id"] == ad["campaign_id"]
    assert adset["start_time"].endswith("+0700")
    below = siam.all(f"{ad['adset_id']}/ads", fields="name")
    assert ad["id"] in {one["id"] for one in below}
    own = siam.get(f"{ad['id']}/insights", time_range=span(FIRST, LAST), fields="ad_id,spend").json()["data"]
    assert [row["ad_id"] for row in own] == [ad["id"]]


def test_budgets_stand_at_one_level(siam: Advertiser) -> None:
    campaigns = siam.all(
        f"{siam.account}/campaigns",
        fields="daily_budget,lifetime_budget",
        filtering=everything("campaign"),
        limit=500,
    )
    at_campaign = [one for one in campaigns if "daily_budget" in one]
    assert at_campaign and any("lifetime_budget" in one for one in campaigns)
    for one in at_campaign:
        assert one["daily_budget"].isdigit()
        below = siam.all(f"{one['id']}/adsets", fields="daily_budget")
        assert not any("daily_budget" in adset for adset in below)


def test_account_and_user(siam: Advertiser) -> None:
    fields = "account_id,name,currency,timezone_name,account_status"
    account = siam.get(siam.account, fields=fields).json()
    assert account["currency"] == "THB" and account["timezone_name"] == "Asia/Bangkok"
    assert siam.get("me/adaccounts", fields=fields).json()["data"] == [account]
    assert set(siam.get("me").json()) == {"id", "name"}


def totals_at(running: Sandbox, client: Advertiser, as_of: datetime, day: date) -> list[dict[str, Any]]:
    running.world.clock.set_as_of(as_of)
    return client.insights(day, day)


@BOTH
def test_a_day_ripens_until_it_is_settled(own_sandbox: Sandbox, http: httpx.Client, tenant: str) -> None:
    client = advertiser(own_sandbox, tenant, http)
    zone = own_sandbox.world.accounts[tenant].meta.zone
    history = []
    for age in (1, 3, 7, 28, 29, 100):
        moment = datetime(2026, 6, 10, 12, tzinfo=zone) + timedelta(days=age)
        history.append(sums(totals_at(own_sandbox, client, moment, date(2026, 6, 10))))
    assert all(a["omni_purchase"] <= b["omni_purchase"] for a, b in pairwise(history))
    assert all(a["spend"] >= b["spend"] for a, b in pairwise(history))
    assert history[0]["omni_purchase"] < history[3]["omni_purchase"]
    assert history[0]["spend"] * Decimal("0.99") <= history[3]["spend"] < history[0]["spend"]
    assert history[3] == history[4] == history[5]


def test_a_row_is_gone_when_pulled_again(own_sandbox: Sandbox, http: httpx.Client) -> None:
    client = advertiser(own_sandbox, "siam", http)
    first, last = date(2026, 6, 1), date(2026, 6, 20)
    young = set()
    for number in range(20):
        day = first + timedelta(days=number)
        own_sandbox.world.clock.set_as_of(datetime(2026, 6, 2 + number, 23))
        young |= {(row["ad_id"], row["date_start"]) for row in client.insights(day, day)}
    own_sandbox.world.clock.set_as_of(datetime(2026, 7, 20))
    old = {(row["ad_id"], row["date_start"]) for row in client.insights(first, last)}
    assert old < young


def test_today_is_partial_and_tomorrow_empty(own_sandbox: Sandbox, http: httpx.Client) -> None:
    client = advertiser(own_sandbox, "northwind", http)
    zone = own_sandbox.world.accounts["northwind"].meta.zone
    for day, hours in ((date(2026, 3, 8), 23), (date(2026, 11, 1), 25)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
        half = datetime.fromtimestamp(midnight + hours * 1800, zone)
        whole = datetime.fromtimestamp(midnight + hours * 3600, zone)
        spent = [sums(totals_at(own_sandbox, client, moment, day))["spend"] for moment in (half, whole)]
        assert spent[0] * Decimal("1.98") < spent[1] < spent[0] * Decimal("2.02")
        assert client.insights(day + timedelta(days=2), day + timedelta(days=3)) == []
