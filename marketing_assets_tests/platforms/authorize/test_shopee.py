"""Shopee: a code of the shop's, once."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from marketing_assets.platforms.authorize import AuthorizationError, read_consent
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.shopee import authorize as shopee
from marketing_assets.sandbox.accounts import SIAM
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings
from marketing_assets_tests.platforms.authorize.consenting import NAME, Person, run, shop, stored


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
