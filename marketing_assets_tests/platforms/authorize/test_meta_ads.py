"""Meta: from consent to a long-lived token, or one of a system user."""

from __future__ import annotations

import pytest

from marketing_assets.platforms.authorize import AuthorizationError
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.meta_ads import authorize as meta
from marketing_assets.sandbox.accounts import SIAM
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings
from marketing_assets_tests.platforms.authorize.consenting import ad_account, run, stored


def test_meta_from_consent_to_a_long_lived_token(sandbox: Sandbox, settings: Settings) -> None:
    line = run(meta, ad_account(sandbox), settings, port=0)
    tokens = stored(settings, ad_account(sandbox))
    assert "authorised. The token lasts until " in line and tokens.access_token not in line
    assert (tokens.expires_at - sandbox.world.clock.now()) / 86_400 == pytest.approx(60, abs=1)


def test_a_system_users_token_is_stored_as_it_is(sandbox: Sandbox, settings: Settings) -> None:
    line = run(meta, ad_account(sandbox), settings, token=SIAM.meta.access_token)
    tokens = stored(settings, ad_account(sandbox))
    assert (tokens.access_token, tokens.expires_at) == (SIAM.meta.access_token, None)
    assert "does not expire" in line


def test_a_persons_token_is_exchanged(sandbox: Sandbox, settings: Settings) -> None:
    run(meta, ad_account(sandbox), settings, port=0)
    first = stored(settings, ad_account(sandbox)).access_token
    run(meta, ad_account(sandbox), settings, token=f" {first}\n")
    assert stored(settings, ad_account(sandbox)).expires_at


def test_a_token_that_is_none_is_refused(sandbox: Sandbox, settings: Settings) -> None:
    with pytest.raises((AuthorizationError, PlatformError)) as caught:
        run(meta, ad_account(sandbox), settings, token="EAAnonsense")
    assert "EAAnonsense" not in str(caught.value)
    assert stored(settings, ad_account(sandbox)) is None


def test_meta_needs_the_app_id(sandbox: Sandbox, settings: Settings) -> None:
    with pytest.raises(AuthorizationError, match="app_id is missing"):
        run(meta, ad_account(sandbox, app_id=""), settings)


def test_a_wrong_app_secret_is_told_without_showing_it(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIAM_APP_SECRET", "not-the-secret-of-this-app")
    with pytest.raises(PlatformError) as caught:
        run(meta, ad_account(sandbox), settings, port=0)
    assert caught.value.failure is Failure.CONFIG and "app_secret" in caught.value.remedy
    assert "not-the-secret-of-this-app" not in str(caught.value)
