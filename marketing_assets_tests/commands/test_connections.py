"""`marketing connections`: from the consent page to calls that work."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import Tokens
from marketing_assets.sandbox.accounts import NORTHWIND, SIAM
from marketing_assets_tests.commands.conftest import Marketing
from marketing_assets_tests.installation import Installation

SHOP, ADS, SEARCH = str(SIAM.shopee.shop_id), SIAM.meta.account_id, SIAM.google.customer_id
ADDRESS = re.compile(r"https?://\S+redirect_uri=\S+")


def kept(at: Installation, platform: str, account: str) -> Tokens | None:
    with at.entered():
        return token_store(at.settings).read("siam", platform, account)


@pytest.fixture
def unauthorised(empty: Installation) -> Installation:
    """Nobody has agreed to anything yet."""
    for path in empty.settings.tokens_dir.rglob("*.token"):
        path.unlink()
    return empty


def agree(address: str) -> str:
    """Agree on the consent page; where the platform sends the browser then."""
    return httpx.get(address).headers["location"]


def consent_page(at: Installation, back: str) -> str:
    query = f"partner_id={SIAM.shopee.partner_id}&redirect_uri={back}&response_type=code"
    return f"{at.sandbox.urls['shopee']}/auth?{query}"


@pytest.mark.parametrize(
    ("platform", "account"), [("shopee", SHOP), ("meta_ads", ADS), ("google_ads", SEARCH)]
)
def test_authorising_from_the_printed_address_to_the_kept_tokens(
    unauthorised: Installation, marketing: Marketing, platform: str, account: str
) -> None:
    process = unauthorised.start("connections", "authorize", "siam", platform, "--no-browser", "--port", "0")
    assert process.stdout is not None
    try:
        address = next(found[0] for line in process.stdout if (found := ADDRESS.search(line)))
        assert httpx.get(agree(address)).is_success
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert f"siam/{platform}/{account}: authorised." in out
    tokens = kept(unauthorised, platform, account)
    assert tokens is not None
    assert tokens.access_token not in address + out
    proven = marketing(unauthorised, "connections", "test", "siam")
    assert f"ok      siam/{platform}/{account}" in proven.stdout


def test_authorising_with_a_pasted_code(unauthorised: Installation, marketing: Marketing) -> None:
    back = agree(consent_page(unauthorised, "https://acme.example/back"))
    [code] = parse_qs(urlsplit(back).query)["code"]
    result = marketing(unauthorised, "connections", "authorize", "siam", "shopee", "--code", code)
    assert result.exit_code == 0, result.stderr
    assert kept(unauthorised, "shopee", SHOP) is not None
    again = marketing(unauthorised, "connections", "authorize", "siam", "shopee", "--code", code)
    assert again.exit_code == 1
    assert "invalid_code" in again.stderr


def test_a_registered_redirect_address_is_what_the_platform_is_told(unauthorised: Installation) -> None:
    registered = "https://acme.example/back"
    command = ["connections", "authorize", "siam", "meta_ads", "--no-browser", "--port", "0"]
    process = unauthorised.start(*command, "--redirect-url", registered)
    assert process.stdout is not None
    try:
        address = next(found[0] for line in process.stdout if (found := ADDRESS.search(line)))
        waiting = next(line for line in process.stdout if line.startswith("Waiting on "))
        back = agree(address)
        assert back.startswith(f"{registered}?")
        # What the tunnel at the registered address does.
        assert httpx.get(back.replace(registered, waiting.split()[2])).is_success
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert kept(unauthorised, "meta_ads", ADS) is not None


def test_authorising_meta_with_a_token_from_its_console(
    unauthorised: Installation, marketing: Marketing
) -> None:
    token = SIAM.meta.access_token
    result = marketing(unauthorised, "connections", "authorize", "siam", "meta_ads", "--token", token)
    assert result.exit_code == 0, result.stderr
    assert token not in result.output
    tokens = kept(unauthorised, "meta_ads", ADS)
    assert tokens is not None and tokens.access_token == token


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["siam", "ecb"], "needs no authorisation"),
        (
            ["siam", "shoppe"],
            "there is no platform 'shoppe'; known: costs, ecb, google_ads, meta_ads, shopee, shopify",
        ),
        (["simon", "shopee"], "there is no tenant 'simon'"),
        (
            ["siam", "shopee", "--account", "1"],
            f"name one account of siam on Shopee with --account; known: {SHOP}",
        ),
        (["siam", "shopee", "--token", "x"], "Shopee has no tokens that can be brought along"),
        (["siam", "meta_ads", "--token", NORTHWIND.meta.access_token], "the token was made for app"),
        (["siam", "google_ads", "--code", "4/0Ax"], "a code works only for the process that asked for it"),
        (["siam", "google_ads", "--token", NORTHWIND.google.refresh_token], "invalid_grant"),
    ],
)
def test_what_cannot_be_authorised_is_said_in_words(
    empty: Installation, marketing: Marketing, arguments: list[str], said: str
) -> None:
    result = marketing(empty, "connections", "authorize", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_connections_that_work(empty: Installation, marketing: Marketing) -> None:
    result = marketing(empty, "connections", "test")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 11
    assert all(line.startswith("ok      ") for line in lines)
    assert {line.split()[1].split("/")[1] for line in lines} == {
        "shopee",
        "shopify",
        "meta_ads",
        "google_ads",
        "ecb",
        "costs",
    }


def test_the_status_of_connections_without_a_call(empty: Installation, marketing: Marketing) -> None:
    result = marketing(empty, "connections", "status", "siam")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["valid"] * 4
    assert f"valid    siam/shopee/{SHOP}" in lines

    now = time.time()
    for platform, account, ends in (("shopee", SHOP, now - 86_400), ("google_ads", SEARCH, now + 86_400)):
        tokens = Tokens("kept-access", "kept-refresh", now + 60, refresh_expires_at=ends)
        with empty.entered():
            token_store(empty.settings).write("siam", platform, account, tokens)
    result = marketing(empty, "connections", "status")
    assert result.exit_code == 1, "for scripts"
    told = {line.split()[1]: line for line in result.stdout.splitlines()}
    broken, expiring = told[f"siam/shopee/{SHOP}"], told[f"siam/google_ads/{SEARCH}"]
    assert broken.startswith("broken ") and "run `marketing connections authorize siam shopee`" in broken
    assert expiring.startswith("expiring ") and "authorize siam google_ads" in expiring
    assert sum(line.startswith("valid ") for line in told.values()) == len(told) - 2
    assert any(name.startswith("northwind/") for name in told)
    assert "kept-" not in result.output


def test_a_broken_connection_is_named_and_the_others_are_still_proven(
    empty: Installation, marketing: Marketing
) -> None:
    (empty.settings.secrets_dir / "siam" / "shopee_partner_key").write_text("wrong")
    (empty.settings.secrets_dir / "northwind" / "meta_ads_access_token").unlink()
    result = marketing(empty, "connections", "test")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 9
    broken = [line for line in result.stderr.splitlines() if line.startswith("broken  ")]
    assert [line.split()[1].rstrip(":") for line in broken] == [
        f"northwind/meta_ads/{NORTHWIND.meta.account_id}",
        f"siam/shopee/{SHOP}",
    ]
    assert "emedy" in result.stderr
    assert "wrong" not in result.output.replace("Wrong sign", "")
