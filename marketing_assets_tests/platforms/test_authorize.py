"""Authorisation, from the consent page to the stored tokens, against the sandbox's platforms."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from marketing_assets.platforms.authorize import AuthorizationError, CallbackServer, read_consent
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.meta_ads import authorize as meta
from marketing_assets.platforms.shopee import authorize as shopee
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.sandbox.accounts import SIAM
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, EnvSecret, Tenant

NAME = "siam/shopee/220011881"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(port=0) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SIAM_PARTNER_KEY", SIAM.shopee.partner_key)
    monkeypatch.setenv("SIAM_APP_SECRET", SIAM.meta.app_secret)
    return Settings(home=tmp_path)


def tenant_of(connection: Connection) -> Tenant:
    return Tenant.model_validate(
        {
            "id": "siam",
            "display_name": "Siam",
            "time_zone": "Asia/Bangkok",
            "reporting_currency": "THB",
            "start_date": "2026-01-01",
            "targets": {"roas": 4, "cpa": 100},
            "cogs_share": 0.6,
            "connections": [connection.model_dump()],
        }
    )


def shop(sandbox: Sandbox, account_id: str = "220011881") -> Connection:
    return Connection(
        platform="shopee",
        account_id=account_id,
        base_url=sandbox.urls["shopee"],
        settings={"partner_id": SIAM.shopee.partner_id},
        secrets={"partner_key": EnvSecret(env="SIAM_PARTNER_KEY")},
    )


def ad_account(sandbox: Sandbox, **more: Any) -> Connection:
    return Connection(
        platform="meta_ads",
        account_id=SIAM.meta.account_id,
        base_url=sandbox.urls["meta_ads"],
        settings={"app_id": SIAM.meta.app_id} | more,
        secrets={"app_secret": EnvSecret(env="SIAM_APP_SECRET")},
    )


class Person:
    """Follows the address that is echoed, as a browser would, and agrees."""

    def __init__(self, change: Callable[[str], str] = str) -> None:
        self.said: list[str] = []
        self._change = change
        self._browser: threading.Thread | None = None

    def __call__(self, text: str) -> None:
        self.said.append(text)
        for word in text.split():
            if "redirect_uri=" in word:
                self._browser = threading.Thread(target=self._visit, args=(self._change(word),))
                self._browser.start()

    def _visit(self, address: str) -> None:
        back = httpx.get(address).headers["location"]
        httpx.get(back)


def run(module: Any, connection: Connection, settings: Settings, echo: Any = None, **more: Any) -> str:
    return str(
        module.authorize(
            tenant_of(connection), connection, settings, open_browser=False, echo=echo or Person(), **more
        )
    )


def stored(settings: Settings, connection: Connection) -> Any:
    return token_store(settings).read("siam", connection.platform, connection.account_id)


# --- Shopee ------------------------------------------------------------------------------------------------


def test_shopee_from_consent_to_tokens(sandbox: Sandbox, settings: Settings) -> None:
    person = Person()
    line = run(shopee, shop(sandbox), settings, person, port=0)
    tokens = stored(settings, shop(sandbox))
    assert line.startswith(f"{NAME}: authorised. The access token lasts until ")
    assert tokens.refresh_token and tokens.expires_at
    shown = line + "".join(person.said)
    for secret in [tokens.access_token, tokens.refresh_token, SIAM.shopee.partner_key]:
        assert secret not in shown


def consent_elsewhere(sandbox: Sandbox) -> str:
    url = shopee.consent_url(sandbox.urls["shopee"], SIAM.shopee.partner_id, "http://127.0.0.1:1/cb", "s")
    return httpx.get(url).headers["location"]


def test_shopee_with_the_pasted_address(sandbox: Sandbox, settings: Settings) -> None:
    run(shopee, shop(sandbox), settings, code=consent_elsewhere(sandbox))
    assert stored(settings, shop(sandbox))


def test_shopee_with_the_pasted_code(sandbox: Sandbox, settings: Settings) -> None:
    run(shopee, shop(sandbox), settings, code=read_consent(consent_elsewhere(sandbox)).code)
    assert stored(settings, shop(sandbox))


def test_a_code_works_once(sandbox: Sandbox, settings: Settings) -> None:
    address = consent_elsewhere(sandbox)
    run(shopee, shop(sandbox), settings, code=address)
    with pytest.raises(PlatformError, match="invalid_code") as caught:
        run(shopee, shop(sandbox), settings, code=address)
    assert caught.value.failure is Failure.AUTH_DEAD
    assert read_consent(address).code not in str(caught.value)


def test_consent_for_another_shop_is_refused(sandbox: Sandbox, settings: Settings) -> None:
    with pytest.raises(
        AuthorizationError, match=r"the seller agreed for shop 220011881.*sign in as the seller"
    ):
        run(shopee, shop(sandbox, "5"), settings, code=consent_elsewhere(sandbox))


def test_a_wrong_signing_key_is_named(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIAM_PARTNER_KEY", "not-the-key-of-this-partner")
    with pytest.raises(PlatformError, match=r"config, error_sign: Wrong sign\..*partner_key") as caught:
        run(shopee, shop(sandbox), settings, code=consent_elsewhere(sandbox))
    assert "not-the-key-of-this-partner" not in str(caught.value)
    assert stored(settings, shop(sandbox)) is None


def test_shopee_takes_no_tokens_from_outside(sandbox: Sandbox, settings: Settings) -> None:
    with pytest.raises(AuthorizationError, match="no tokens that can be brought along"):
        run(shopee, shop(sandbox), settings, token="x")


def test_the_consent_page_of_production() -> None:
    url = urlsplit(shopee.consent_url("https://partner.shopeemobile.com/", 7, "https://x.example/cb", "st"))
    assert (url.scheme, url.netloc, url.path) == ("https", "open.shopee.com", "/auth")
    assert dict(httpx.QueryParams(url.query)) == {
        "partner_id": "7",
        "auth_type": "seller",
        "redirect_uri": "https://x.example/cb?state=st",
        "response_type": "code",
    }


# --- Meta --------------------------------------------------------------------------------------------------


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


# --- the callback ------------------------------------------------------------------------------------------


def test_only_the_right_state_is_taken() -> None:
    server = CallbackServer(NAME, "right", port=0)
    statuses: list[int] = []

    def visit() -> None:
        for end in ["/favicon.ico", "/callback?code=evil", "/callback?code=evil&state=wrong"]:
            statuses.append(httpx.get(server.address.replace("/callback", end)).status_code)
        statuses.append(httpx.get(f"{server.address}?code=good&state=right").status_code)

    threading.Thread(target=visit).start()
    assert server.wait(10).code == "good"
    assert statuses[:3] == [404, 400, 400]


def test_nobody_agrees_in_time() -> None:
    with pytest.raises(AuthorizationError, match=r"nobody agreed within 0.1 s.*--code"):
        CallbackServer(NAME, "s", port=0).wait(0.1)


def test_a_refusal_is_told(sandbox: Sandbox, settings: Settings) -> None:
    address = "http://127.0.0.1/callback?error=access_denied&error_description=Permissions+error&state=x"
    with pytest.raises(AuthorizationError, match=r"gave no code \(Permissions error\)"):
        run(meta, ad_account(sandbox), settings, code=address)


def test_a_port_in_use_is_told() -> None:
    first = CallbackServer(NAME, "s", port=0)
    port = urlsplit(first.address).port or 0
    with pytest.raises(AuthorizationError, match=f"port {port} cannot"):
        CallbackServer(NAME, "s", port=port)
    with pytest.raises(AuthorizationError, match="nobody agreed"):
        first.wait(0)
