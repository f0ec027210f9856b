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
from marketing_assets.platforms.google_ads import authorize as google
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.meta_ads import authorize as meta
from marketing_assets.platforms.shopee import authorize as shopee
from marketing_assets.platforms.shopify import authorize as shopify
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.sandbox.accounts import NORTHWIND, SIAM
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
    monkeypatch.setenv("SIAM_CLIENT_SECRET", SIAM.google.client_secret)
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


def search_account(sandbox: Sandbox, **more: Any) -> Connection:
    own = {"client_id": SIAM.google.client_id, "login_customer_id": SIAM.google.manager_id}
    return Connection(
        platform="google_ads",
        account_id=SIAM.google.customer_id,
        base_url=sandbox.urls["google_ads"],
        settings=own | more,
        secrets={"client_secret": EnvSecret(env="SIAM_CLIENT_SECRET")},
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


# --- Google ------------------------------------------------------------------------------------------------


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


# --- Shopify -----------------------------------------------------------------------------------------------


@pytest.fixture
def storefront(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Connection:
    own = NORTHWIND.shopify
    assert own is not None
    monkeypatch.setenv("SIAM_SHOPIFY_SECRET", own.client_secret)
    return Connection(
        platform="shopify",
        account_id=own.shop_id,
        base_url=sandbox.urls["shopify"],
        settings={"client_id": own.client_id},
        secrets={"client_secret": EnvSecret(env="SIAM_SHOPIFY_SECRET")},
    )


def merchant_elsewhere(connection: Connection) -> str:
    """The address that the browser of a merchant who agreed ends at."""
    client_id = connection.settings["client_id"]
    url = shopify.consent_url(str(connection.base_url), client_id, "http://127.0.0.1:1/cb", "s")
    return httpx.get(url).headers["location"]


def test_shopify_from_consent_to_a_token_that_works(storefront: Connection, settings: Settings) -> None:
    person = Person()
    line = run(shopify, storefront, settings, person, port=0)
    token = stored(settings, storefront).access_token
    assert line.endswith("authorised. The token does not expire by time; it sees all orders.")
    assert token not in line + "".join(person.said)
    asked = next(word for text in person.said for word in text.split() if "redirect_uri=" in word)
    assert "read_all_orders" in asked and "state=" in asked
    answer = httpx.post(
        f"{storefront.base_url}admin/api/2026-10/graphql.json",
        headers={"X-Shopify-Access-Token": token},
        json={"query": "{shop{name}}"},
    )
    assert answer.json()["data"] == {"shop": {"name": "Northwind Gifts US"}}


def test_shopifys_return_must_be_signed(storefront: Connection, settings: Settings) -> None:
    address = merchant_elsewhere(storefront)
    code = read_consent(address).code
    for forged in (address.replace("shop=northwind", "shop=southwind"), code, f"{address[:-1]}0x"):
        with pytest.raises(AuthorizationError, match="not signed with this app's secret") as caught:
            run(shopify, storefront, settings, code=forged)
        assert code not in str(caught.value)
    assert stored(settings, storefront) is None
    run(shopify, storefront, settings, code=address)
    assert stored(settings, storefront)


def test_a_code_of_shopify_works_once(storefront: Connection, settings: Settings) -> None:
    address = merchant_elsewhere(storefront)
    run(shopify, storefront, settings, code=address)
    with pytest.raises(PlatformError, match="begin anew") as caught:
        run(shopify, storefront, settings, code=address)
    assert caught.value.failure is Failure.CONFIG


def test_consent_for_another_shopify_shop_is_refused(storefront: Connection, settings: Settings) -> None:
    other = storefront.model_copy(update={"account_id": "southwind-gifts"})
    with pytest.raises(AuthorizationError, match="the merchant agreed for shop northwind-gifts"):
        run(shopify, other, settings, code=merchant_elsewhere(storefront))


def test_a_grant_without_old_orders_says_so(
    sandbox: Sandbox, storefront: Connection, settings: Settings
) -> None:
    sandbox.world.settings.update({"shopify_all_orders": 0})
    line = run(shopify, storefront, settings, code=merchant_elsewhere(storefront))
    sandbox.world.settings.update({"shopify_all_orders": 1})
    assert line.endswith("it sees the last 60 days (read_all_orders was not granted).")
