"""Google's faults lose nothing, or end the fetch with a word."""

from __future__ import annotations

from typing import Any

import pytest

from marketing_assets.platforms.google_ads.client import GoogleAdsClient
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.google_ads.reading import DAY, LONG, TABLES, WEEK, queries, sums
from marketing_assets_tests.platforms.sandboxed import google_client, load, window_of
from marketing_assets_tests.platforms.test_meta_ads import Leaping


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
