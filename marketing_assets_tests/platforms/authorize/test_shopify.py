"""Shopify: a signed return, and a token that works."""

from __future__ import annotations

import httpx
import pytest

from marketing_assets.platforms.authorize import AuthorizationError, read_consent
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.shopify import authorize as shopify
from marketing_assets.sandbox.accounts import NORTHWIND
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, EnvSecret
from marketing_assets_tests.platforms.authorize.consenting import Person, run, stored


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
