"""Google: a refresh token of its client, and whose accounts it opens."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from marketing_assets.platforms.authorize import AuthorizationError
from marketing_assets.platforms.google_ads import authorize as google
from marketing_assets.platforms.http import PlatformError
from marketing_assets.sandbox.accounts import SIAM
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection
from marketing_assets_tests.platforms.authorize.consenting import Person, run, search_account, stored


def test_google_from_consent_to_a_refresh_token(sandbox: Sandbox, settings: Settings) -> None:
    person = Person()
    line = run(google, search_account(sandbox), settings, person, port=0)
    tokens = stored(settings, search_account(sandbox))
    assert "authorised. The refresh token works until it is revoked" in line
    assert tokens.refresh_token.startswith("1//0") and tokens.expires_at
    shown = line + "".join(person.said)
    for secret in [tokens.access_token, tokens.refresh_token, SIAM.google.client_secret]:
        assert secret not in shown
    assert "code_challenge_method=S256" in shown and "code_verifier" not in shown


def test_a_refresh_token_made_elsewhere_is_kept(sandbox: Sandbox, settings: Settings) -> None:
    run(google, search_account(sandbox), settings, token=f" {SIAM.google.refresh_token}\n")
    assert stored(settings, search_account(sandbox)).refresh_token == SIAM.google.refresh_token


def test_a_refresh_token_of_another_client_is_refused(sandbox: Sandbox, settings: Settings) -> None:
    with pytest.raises(PlatformError, match="invalid_grant") as caught:
        run(google, search_account(sandbox), settings, token="1//0nonsense")
    assert "1//0nonsense" not in str(caught.value)
    assert stored(settings, search_account(sandbox)) is None


@pytest.mark.parametrize("login", ["", "1112223333"])
def test_a_user_who_may_not_open_the_account_is_told_which_they_may(
    sandbox: Sandbox, settings: Settings, login: str
) -> None:
    with pytest.raises(AuthorizationError, match=f"these accounts: {SIAM.google.manager_id}.*login_customer"):
        run(google, search_account(sandbox, login_customer_id=login), settings, port=0)
    assert stored(settings, search_account(sandbox)) is None


def test_a_code_from_elsewhere_cannot_be_used(sandbox: Sandbox, settings: Settings) -> None:
    with pytest.raises(AuthorizationError, match=r"only for the process that asked.*--token"):
        run(google, search_account(sandbox), settings, code="4/0Ax")


def test_the_consent_page_of_google() -> None:
    url = urlsplit(
        google.consent_url("https://accounts.google.com", "c", "http://127.0.0.1:1/cb", "st", "ch")
    )
    assert (url.netloc, url.path) == ("accounts.google.com", "/o/oauth2/v2/auth")
    assert dict(httpx.QueryParams(url.query)) == {
        "client_id": "c",
        "redirect_uri": "http://127.0.0.1:1/cb",
        "response_type": "code",
        "scope": "https://www.googleapis.com/auth/adwords",
        "access_type": "offline",
        "prompt": "consent",
        "state": "st",
        "code_challenge": "ch",
        "code_challenge_method": "S256",
    }


@pytest.mark.parametrize(
    ("base_url", "oauth_url", "token_url"),
    [
        (None, "", "https://oauth2.googleapis.com"),
        ("http://127.0.0.1:8704/", "", "http://127.0.0.1:8704"),
        ("http://127.0.0.1:8704", "https://login.example/google", "https://login.example/google"),
    ],
)
def test_where_tokens_are_given(base_url: str | None, oauth_url: str, token_url: str) -> None:
    settings = {"client_id": "c", "oauth_url": oauth_url}
    connection = Connection(platform="google_ads", account_id="1", base_url=base_url, settings=settings)
    assert google.oauth_url(connection, "https://oauth2.googleapis.com") == token_url
