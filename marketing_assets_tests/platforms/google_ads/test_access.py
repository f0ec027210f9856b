"""Google's tokens, managers and versions."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from marketing_assets.platforms.google_ads.client import GoogleAdsClient
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.apis.google_ads import credentials
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.google_ads.reading import DAY, LONG, TABLES, WEEK
from marketing_assets_tests.platforms.sandboxed import asked, google_client, google_tokens, load, window_of


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
