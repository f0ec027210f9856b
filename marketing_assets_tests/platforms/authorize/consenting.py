"""Connections without tokens, and a person who agrees."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx

from marketing_assets.platforms.token_stores import token_store
from marketing_assets.sandbox.accounts import SIAM
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, EnvSecret, Tenant

NAME = "siam/shopee/220011881"


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
