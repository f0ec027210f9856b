"""The callback on this computer takes the right answer alone."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import httpx
import pytest

from marketing_assets.platforms.authorize import AuthorizationError, CallbackServer
from marketing_assets.platforms.meta_ads import authorize as meta
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings
from marketing_assets_tests.platforms.authorize.consenting import NAME, ad_account, run


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
