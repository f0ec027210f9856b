"""Meta's tables, fetched over HTTP from the sandbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.platforms import meta_ads
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.meta_ads.client import MetaClient
from marketing_assets.platforms.meta_ads.insights import FIGURES, Ask, smaller
from marketing_assets.platforms.platform import RawTable
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.truth import Truth
from marketing_assets_tests.platforms.sandboxed import Loaded, asked, load, meta_client, window_of

TABLES = {table.name.removeprefix("meta_ads_"): table for table in meta_ads.PLATFORM.tables}
INSIGHTS = TABLES["insights"]
BREAKDOWNS = {
    "insights_age_gender": ("age", "gender"),
    "insights_publisher_platform": ("publisher_platform",),
    "insights_device": ("device_platform",),
}
WEEK = (date(2026, 11, 9), date(2026, 11, 15))
LONG = (date(2026, 9, 20), date(2026, 11, 15))


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[MetaClient]:
    client = meta_client(sandbox)
    yield client
    client.close()


def sums(loaded: Loaded) -> dict[date, dict[str, Decimal]]:
    """What the records add up to by day."""
    found: dict[date, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(FIGURES, Decimal(0)))
    for row in loaded.records:
        for name in FIGURES:
            found[date.fromisoformat(row["date_start"])][name] += Decimal(row.get(name, "0"))
    return dict(found)


def calls(sandbox: Sandbox, method: str) -> list[dict[str, Any]]:
    visits = sandbox.world.visits.report(1000)["latest"]
    return [v for v in visits if v["platform"] == "meta_ads" and v["method"] == method]


def ranges(sandbox: Sandbox, level: str = "ad") -> list[tuple[str, str]]:
    queries = [q for q in asked(sandbox, "/insights") if q.get("level") == level and "after" not in q]
    found = (orjson.loads(q["time_range"]) for q in queries)
    return [(r["since"], r["until"]) for r in found]


def test_a_week_is_asked_for_directly_and_adds_up_to_the_accounts_totals(
    sandbox: Sandbox, client: MetaClient
) -> None:
    loaded = load(INSIGHTS, client, window_of(sandbox, "siam", *WEEK))
    assert calls(sandbox, "POST") == []
    assert ranges(sandbox) == [("2026-11-09", "2026-11-15")]
    # The account's totals are asked for before and after the rows.
    assert ranges(sandbox, "account") == [("2026-11-09", "2026-11-15")] * 2
    assert sums(loaded) == loaded.controls
    rows = loaded.by("ad_id", "date_start")
    assert all(row["_context"] == {"timezone_name": "Asia/Bangkok"} for row in rows.values())
    assert all(row["date_start"] == row["date_stop"] for row in rows.values())
    (query,) = [q for q in asked(sandbox, "/insights") if q.get("level") == "ad"]
    assert query["time_increment"] == "1" and query["limit"] == "500"
    assert "action_attribution_windows" not in query
    wanted = {c.name for c in INSIGHTS.contract.columns} - {"account_time_zone"}
    assert set(query["fields"].split(",")) == wanted


def test_the_world_stands_by_the_same_numbers(sandbox: Sandbox, client: MetaClient) -> None:
    loaded = load(INSIGHTS, client, window_of(sandbox, "siam", *WEEK))
    for row in Truth(sandbox.world).rows(["siam"], ["meta_ads"], *WEEK):
        control = loaded.controls[date.fromisoformat(row["date"])]
        assert control["inline_link_clicks"] == row["clicks"]
        assert control["spend"] == Decimal(row["spend"])
        assert control["impressions"] == row["impressions"]


def test_a_long_window_goes_by_runs_and_pages_and_two_loads_are_equal(
    sandbox: Sandbox, client: MetaClient
) -> None:
    sandbox.world.settings.update({"meta_insights_page": 150})
    window = window_of(sandbox, "siam", *LONG)
    loaded, again = load(INSIGHTS, client, window), load(INSIGHTS, client, window)
    expected = {("2026-09-20", "2026-10-19"), ("2026-10-20", "2026-11-15")}
    assert set(ranges(sandbox)) == expected
    assert len(loaded.pages) >= 2 * 3
    assert loaded.raw == again.raw and loaded.controls == again.controls
    assert sums(loaded) == loaded.controls
    assert all(page.envelope["report_run_id"] and page.envelope["report"] for page in loaded.pages)
    polled = [v["path"] for v in calls(sandbox, "GET") if "act_" not in v["path"]]
    assert len(polled) > 4 * 4  # a run at "100 %" that is still running is not read


def test_no_page_names_a_token_or_a_proof(sandbox: Sandbox, client: MetaClient) -> None:
    for days in (WEEK, LONG):
        loaded = load(INSIGHTS, client, window_of(sandbox, "siam", *days))
        written = repr([(page.request, page.envelope) for page in loaded.pages])
        assert "EAAB" not in written and "proof" not in written and "token" not in written


def test_deleted_and_archived_ads_are_in(sandbox: Sandbox, client: MetaClient) -> None:
    ads = load(TABLES["ads"], client, window_of(sandbox, "siam", date(2026, 11, 20))).by("id")
    gone = {ad for ad, row in ads.items() if row["effective_status"] in ("DELETED", "ARCHIVED")}
    found: set[str] = set()
    for month in range(1, 7):
        days = (date(2026, month, 1), date(2026, month, 28))
        found |= {row["ad_id"] for row in load(INSIGHTS, client, window_of(sandbox, "siam", *days)).records}
    assert gone & found


@pytest.mark.parametrize("name", list(BREAKDOWNS))
def test_breakdowns_add_up_to_the_accounts_totals(sandbox: Sandbox, client: MetaClient, name: str) -> None:
    loaded = load(TABLES[name], client, window_of(sandbox, "siam", *WEEK))
    assert sums(loaded) == loaded.controls
    rows = loaded.by("ad_id", "date_start", *BREAKDOWNS[name])
    assert len(rows) > len({key[:2] for key in rows})
    (query, *_) = [q for q in asked(sandbox, "/insights") if q.get("level") == "ad"]
    assert query["breakdowns"] == ",".join(BREAKDOWNS[name])
    assert not set(BREAKDOWNS[name]) & set(query["fields"].split(","))


def test_reach_is_left_out_where_breakdowns_no_longer_have_it(sandbox: Sandbox, client: MetaClient) -> None:
    old = window_of(sandbox, "siam", date(2025, 6, 1))
    load(TABLES["insights_device"], client, old)
    load(INSIGHTS, client, old)
    broken, plain = (q["fields"] for q in asked(sandbox, "/insights") if q.get("level") == "ad")
    assert "reach" not in broken.split(",") and "reach" in plain.split(",")


def test_days_without_delivery_and_days_to_come_are_zero(sandbox: Sandbox, client: MetaClient) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 20), date(2026, 11, 23))
    loaded = load(INSIGHTS, client, window)
    assert ranges(sandbox) == [("2026-11-20", "2026-11-21")]  # 21 November has begun in Bangkok
    assert list(loaded.controls) == list(window.days)
    assert loaded.controls[date(2026, 11, 23)] == dict.fromkeys(FIGURES, Decimal(0))
    sandbox.world.visits.clear()
    later = replace(window, days=DayRange(date(2026, 12, 1), date(2026, 12, 2)))
    assert load(INSIGHTS, client, later).raw == [] and asked(sandbox, "/insights") == []


def test_the_account_is_asked_for_once(sandbox: Sandbox, client: MetaClient) -> None:
    load(INSIGHTS, client, window_of(sandbox, "siam", *WEEK))
    load(TABLES["ads"], client, window_of(sandbox, "siam", date(2026, 11, 20)))
    assert len(asked(sandbox, "/act_101550000000001")) == 1


def filtered(sandbox: Sandbox) -> set[str]:
    """The levels whose ids reports were restricted to."""
    filters = (orjson.loads(q.get("filtering", "[]")) for q in asked(sandbox, "/insights"))
    return {c["field"].removesuffix(".id") for found in filters for c in found if c["field"].endswith(".id")}


@pytest.mark.parametrize(
    ("table", "days", "limits", "levels"),
    [
        ("insights", 2, {"meta_sync_rows": 30}, set()),
        ("insights", 8, {"meta_sync_rows": 30, "meta_async_rows": 30}, set()),
        ("insights_age_gender", 2, {"meta_sync_rows": 300, "meta_async_rows": 300}, {"campaign"}),
        ("insights_age_gender", 1, {"meta_sync_rows": 75, "meta_async_rows": 75}, {"campaign", "adset"}),
        (
            "insights_age_gender",
            1,
            {"meta_sync_rows": 25, "meta_async_rows": 25},
            {"campaign", "adset", "ad"},
        ),
    ],
    ids=["as a run", "fewer days", "campaigns", "ad sets", "ads"],
)
def test_too_much_data_is_asked_for_in_parts_that_make_the_whole(
    sandbox: Sandbox, client: MetaClient, table: str, days: int, limits: dict[str, int], levels: set[str]
) -> None:
    first = date(2026, 11, 9)
    window = window_of(sandbox, "siam", first, first + timedelta(days=days - 1))
    whole = load(TABLES[table], client, window)
    sandbox.world.visits.clear()
    sandbox.world.settings.update(limits)
    parts = load(TABLES[table], client, window)
    assert sorted(parts.raw) == sorted(whole.raw) and parts.controls == whole.controls
    assert filtered(sandbox) == levels
    assert calls(sandbox, "POST")


def test_one_ads_day_that_is_too_much_fails_with_its_name(sandbox: Sandbox, client: MetaClient) -> None:
    sandbox.world.settings.update({"meta_sync_rows": 30, "meta_async_rows": 17})
    with pytest.raises(PlatformError) as caught:
        load(TABLES["insights_age_gender"], client, window_of(sandbox, "siam", date(2026, 11, 9)))
    assert caught.value.failure is Failure.REDUCE
    assert "siam/meta_ads/101550000000001" in str(caught.value)
    assert caught.value.remedy.startswith("ad 1") or "ad " in caught.value.remedy


def test_ids_in_one_filter_stay_few() -> None:
    days = DayRange(date(2026, 11, 9), date(2026, 11, 9))
    ids = tuple(str(number) for number in range(450))
    error = PlatformError(Failure.REDUCE, connection="x/meta_ads/1")
    client: Any = None  # not asked where the ids are known
    parts = smaller(client, Ask(days, "ad", ("ad_id",), within=("campaign", ids), run=True), error)
    assert [len(part.within[1]) for part in parts if part.within] == [100, 100, 100, 100, 50]
    assert [one for part in parts if part.within for one in part.within[1]] == list(ids)


@pytest.mark.parametrize(
    ("faults", "runs"),
    [(["job_failed"], 3), (["job_skipped", "job_skipped"], 4), (["job_skipped", "job_failed"], 4)],
)
def test_a_run_that_fails_or_expires_is_started_again(
    sandbox: Sandbox, client: MetaClient, faults: list[str], runs: int
) -> None:
    """Two runs are needed; each fault costs one more."""
    window = window_of(sandbox, "siam", *LONG)
    whole = load(INSIGHTS, client, window)
    sandbox.world.visits.clear()
    for kind in faults:
        sandbox.world.faults.add(kind=kind, platform="meta_ads", times=1)
    loaded = load(INSIGHTS, client, window)
    assert sorted(loaded.raw) == sorted(whole.raw) and loaded.controls == whole.controls
    assert len(calls(sandbox, "POST")) == runs


def test_a_run_that_fails_twice_is_asked_for_in_halves(sandbox: Sandbox, client: MetaClient) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 1), date(2026, 11, 10))
    whole = load(INSIGHTS, client, window)
    sandbox.world.visits.clear()
    sandbox.world.faults.add(kind="job_failed", platform="meta_ads", times=2)
    loaded = load(INSIGHTS, client, window)
    assert loaded.raw == whole.raw
    posted = [orjson.loads(v["query"]["time_range"])["until"] for v in calls(sandbox, "POST")]
    assert posted == ["2026-11-10", "2026-11-10", "2026-11-05", "2026-11-10"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "rate_limit"},
        {"kind": "server_error", "status": 500},
        {"kind": "html"},
        {"kind": "truncated"},
        {"kind": "connection_reset"},
    ],
    ids=lambda fault: fault["kind"],
)
@pytest.mark.parametrize("name", ["insights", "ads"])
def test_a_fault_half_way_changes_nothing(sandbox: Sandbox, name: str, fault: dict[str, Any]) -> None:
    client = meta_client(sandbox)
    days = LONG if name == "insights" else (date(2026, 11, 20),)
    window = window_of(sandbox, "siam", *days)
    calm = load(TABLES[name], client, window)
    sandbox.world.faults.add(platform="meta_ads", path=name, times=2, **fault)
    client.transport._rest = lambda seconds: None
    client.transport._clock = Leaping().now
    client.transport._bucket._clock = client.transport._clock
    troubled = load(TABLES[name], client, window)
    assert sorted(troubled.raw) == sorted(calm.raw) and troubled.controls == calm.controls
    assert client.transport.counters.retries >= 1
    client.close()


class Leaping:
    """A clock that moves on by ten seconds whenever it is read, so that pauses are over at once."""

    def __init__(self) -> None:
        self.seconds = 1e9

    def now(self) -> float:
        self.seconds += 10
        return self.seconds


def test_a_token_that_dies_half_way_ends_the_fetch(sandbox: Sandbox, client: MetaClient) -> None:
    sandbox.world.faults.add(kind="expired_token", platform="meta_ads", path="after=")
    sandbox.world.settings.update({"meta_insights_page": 50})
    with pytest.raises(PlatformError) as caught:
        load(INSIGHTS, client, window_of(sandbox, "siam", *WEEK))
    assert caught.value.failure is Failure.AUTH_DEAD
    assert "marketing connections authorize siam meta_ads" in caught.value.remedy


def test_a_page_that_lacks_rows_is_seen_by_the_control(sandbox: Sandbox, client: MetaClient) -> None:
    sandbox.world.faults.add(kind="lacking", platform="meta_ads", path="level=ad", times=1)
    loaded = load(INSIGHTS, client, window_of(sandbox, "siam", *WEEK))
    assert sums(loaded) != loaded.controls


def test_a_row_that_moves_to_the_next_page_comes_twice_alike(sandbox: Sandbox, client: MetaClient) -> None:
    sandbox.world.settings.update({"meta_insights_page": 50})
    window = window_of(sandbox, "siam", *WEEK)
    calm = load(INSIGHTS, client, window)
    sandbox.world.faults.add(kind="moving", platform="meta_ads", path="level=ad", times=1)
    moved = load(INSIGHTS, client, window)
    assert set(moved.raw) == set(calm.raw) and len(moved.raw) == len(calm.raw) + 1


@pytest.mark.parametrize("name", ["campaigns", "adsets", "ads"])
def test_entities_of_every_status_come_with_metas_own_count(
    sandbox: Sandbox, client: MetaClient, name: str
) -> None:
    sandbox.world.settings.update({"meta_edge_page": 7 if name == "campaigns" else 60})
    day = date(2026, 11, 20)
    loaded = load(TABLES[name], client, window_of(sandbox, "siam", day))
    rows = loaded.by("id")
    assert len(loaded.pages) >= 3
    assert loaded.controls == {day: {"rows": len(rows)}}
    statuses = {row["effective_status"] for row in rows.values()}
    assert "ACTIVE" in statuses and statuses & {"DELETED", "ARCHIVED"}
    assert all(row["_context"] == {"currency": "THB"} for row in rows.values())


def test_a_list_of_entities_that_lacks_some_is_read_again(sandbox: Sandbox, client: MetaClient) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 20))
    whole = load(TABLES["ads"], client, window)
    sandbox.world.faults.add(kind="lacking", platform="meta_ads", path="/ads", times=1)
    healed = load(TABLES["ads"], client, window)
    assert sorted(healed.raw) == sorted(whole.raw) and healed.controls == whole.controls


def test_the_account_is_one_record(sandbox: Sandbox, client: MetaClient) -> None:
    day = date(2026, 11, 20)
    loaded = load(TABLES["accounts"], client, window_of(sandbox, "siam", day))
    (account,) = loaded.records
    assert account["account_id"] == "101550000000001" and account["timezone_name"] == "Asia/Bangkok"
    assert loaded.controls == {day: {"rows": 1}}


def test_another_zone_than_the_tenants_keeps_the_accounts_days(sandbox: Sandbox) -> None:
    client = meta_client(sandbox, "northwind")
    window = window_of(sandbox, "northwind", date(2026, 10, 30), date(2026, 11, 3))
    loaded = load(INSIGHTS, client, window)
    assert ranges(sandbox) == [("2026-10-30", "2026-11-03")]
    assert {row["_context"]["timezone_name"] for row in loaded.records} == {"America/New_York"}
    assert sums(loaded) == loaded.controls
    client.close()


@pytest.mark.parametrize(
    "table", [t for t in meta_ads.PLATFORM.tables if t.restatement_days], ids=lambda t: t.name
)
def test_insights_are_restated_for_28_days(table: RawTable) -> None:
    assert table.restatement_days == 28


def test_a_window_before_the_history_says_what_to_do(sandbox: Sandbox, client: MetaClient) -> None:
    old = replace(window_of(sandbox, "siam", date(2022, 1, 1)), now=datetime(2026, 11, 20, tzinfo=UTC))
    with pytest.raises(PlatformError) as caught:
        load(INSIGHTS, client, old)
    assert caught.value.failure is Failure.CONFIG and "37 months" in caught.value.remedy
