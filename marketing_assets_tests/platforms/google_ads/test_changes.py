"""Google's change events."""

from __future__ import annotations

from datetime import date

import pytest

from marketing_assets.platforms.google_ads.changes import changes_of
from marketing_assets.platforms.google_ads.client import GoogleAdsClient
from marketing_assets.platforms.http import PlatformError
from marketing_assets.platforms.platform import Refresh
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.google_ads.reading import TABLES, queries
from marketing_assets_tests.platforms.sandboxed import load, window_of


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
