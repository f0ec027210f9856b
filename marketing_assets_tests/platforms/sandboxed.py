"""Clients of the real platforms' code against a running sandbox."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.ecb import resource as ecb
from marketing_assets.platforms.google_ads import resource as google
from marketing_assets.platforms.google_ads.client import GoogleAdsClient
from marketing_assets.platforms.http import Limits
from marketing_assets.platforms.meta_ads import resource as meta
from marketing_assets.platforms.meta_ads.client import MetaClient
from marketing_assets.platforms.platform import Control, Page, RawTable, Window
from marketing_assets.platforms.shopee import resource as shopee
from marketing_assets.platforms.shopee.client import ShopeeClient
from marketing_assets.platforms.shopify import resource as shopify
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.tokens import Tokens
from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.apis.shopee import credentials
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.tenants import Connection, Tenant

FAST = Limits(calls_per_second=10_000, burst=10_000, concurrency=4)


def no_sleep(seconds: float) -> None:
    time.sleep(min(seconds, 0.001))


@dataclass
class MemoryTokens:
    """A token store of one process."""

    held: dict[tuple[str, str, str], Tokens] = field(default_factory=dict)
    locks: dict[tuple[str, str, str], Any] = field(default_factory=lambda: defaultdict(threading.Lock))
    writes: int = 0

    def read(self, tenant: str, platform: str, account: str) -> Tokens | None:
        return self.held.get((tenant, platform, account))

    def write(self, tenant: str, platform: str, account: str, tokens: Tokens) -> None:
        self.writes += 1
        self.held[tenant, platform, account] = tokens

    @contextmanager
    def lock(self, tenant: str, platform: str, account: str) -> Iterator[None]:
        with self.locks[tenant, platform, account]:
            yield


def tenant_of(name: str, *connections: Mapping[str, Any]) -> Tenant:
    account = TENANTS[name]
    return Tenant.model_validate(
        {
            "id": name,
            "display_name": account.name,
            "time_zone": account.time_zone,
            "reporting_currency": account.currency,
            "start_date": "2025-01-01",
            "targets": {"roas": 4, "cpa": 100},
            "cogs_share": 0.4,
            "connections": list(connections) or [{"platform": "ecb"}],
        }
    )


def shopee_client(
    sandbox: Sandbox,
    name: str = "siam",
    *,
    partner_key: str = "",
    store: MemoryTokens | None = None,
    now: Callable[[], float] = time.time,
) -> ShopeeClient:
    """A client with a consent of its own, unless the store holds one."""
    shop = TENANTS[name].shopee
    connection = Connection.model_validate(
        {
            "platform": "shopee",
            "account_id": shop.shop_id,
            "base_url": sandbox.urls["shopee"],
            "settings": {"partner_id": shop.partner_id},
        }
    )
    if store is None:
        store = authorised(sandbox, name)
    key = partner_key or shop.partner_key
    return shopee.build(tenant_of(name), connection, key, store, now=now, sleep=no_sleep, limits=FAST)


def authorised(sandbox: Sandbox, name: str = "siam", seconds_left: float = 14_000) -> MemoryTokens:
    """A store that holds a fresh consent of the shop."""
    known = credentials(sandbox.world, name, sandbox.urls["shopee"])
    tokens = Tokens(known["access_token"], known["refresh_token"], expires_at=time.time() + seconds_left)
    return MemoryTokens({(name, "shopee", str(known["shop_id"])): tokens})


def meta_client(
    sandbox: Sandbox, name: str = "siam", *, access_token: str | None = None, app_secret: str | None = None
) -> MetaClient:
    account = TENANTS[name].meta
    connection = Connection.model_validate(
        {"platform": "meta_ads", "account_id": account.account_id, "base_url": sandbox.urls["meta_ads"]}
    )
    return meta.build(
        tenant_of(name),
        connection,
        access_token=account.access_token if access_token is None else access_token,
        app_secret=account.app_secret if app_secret is None else app_secret,
        store=MemoryTokens(),
        limits=FAST,
        sleep=no_sleep,
    )


def google_connection(sandbox: Sandbox, name: str = "siam", **settings: Any) -> Connection:
    account = TENANTS[name].google
    own = {"client_id": account.client_id, "login_customer_id": account.manager_id}
    return Connection.model_validate(
        {
            "platform": "google_ads",
            "account_id": account.customer_id,
            "base_url": sandbox.urls["google_ads"],
            "settings": own | settings,
        }
    )


def google_client(
    sandbox: Sandbox,
    name: str = "siam",
    *,
    client_secret: str = "",
    store: MemoryTokens | None = None,
    now: Callable[[], float] = time.time,
    **settings: Any,
) -> GoogleAdsClient:
    """A client with a consent of its own, unless the store holds one."""
    return google.build(
        tenant_of(name),
        google_connection(sandbox, name, **settings),
        client_secret=client_secret or TENANTS[name].google.client_secret,
        store=store or google_tokens(name),
        now=now,
        sleep=no_sleep,
        limits=FAST,
    )


def google_tokens(name: str = "siam", access_token: str = "", expires_at: float = 0) -> MemoryTokens:
    """A store with a user's refresh token, and an access token that is over unless told."""
    account = TENANTS[name].google
    tokens = Tokens(access_token, account.refresh_token, expires_at=expires_at)
    return MemoryTokens({(name, "google_ads", account.customer_id): tokens})


def shopify_client(
    sandbox: Sandbox,
    *,
    access_token: str | None = None,
    limits: Limits = FAST,
    sleep: Callable[[float], None] = no_sleep,
    **settings: str,
) -> ShopifyClient:
    """A client of northwind's shop, with the token of its own app unless told."""
    shop = TENANTS["northwind"].shopify
    assert shop is not None
    connection = Connection.model_validate(
        {
            "platform": "shopify",
            "account_id": shop.shop_id,
            "base_url": sandbox.urls["shopify"],
            "settings": settings,
        }
    )
    return shopify.build(
        tenant_of("northwind"),
        connection,
        access_token=shop.access_token if access_token is None else access_token,
        store=MemoryTokens(),
        limits=limits,
        sleep=sleep,
    )


def ecb_client(sandbox: Sandbox) -> ecb.EcbClient:
    connection = Connection.model_validate({"platform": "ecb", "base_url": sandbox.urls["ecb"]})
    return ecb.connect(tenant_of("siam"), connection, sleep=no_sleep)


@dataclass(frozen=True)
class Loaded:
    """What one fetch yielded: records as parsed JSON in order, raw texts, controls by day, pages."""

    pages: list[Page]
    controls: dict[date, dict[str, int]]

    @property
    def raw(self) -> list[bytes]:
        return [bytes(record) for page in self.pages for record in page.records]

    @property
    def records(self) -> list[dict[str, Any]]:
        return [orjson.loads(record) for record in self.raw]

    def by(self, *names: str) -> dict[Any, dict[str, Any]]:
        """Records by key; fails where a key comes twice."""
        found: dict[Any, dict[str, Any]] = {}
        for record in self.records:
            key = tuple(record[name] for name in names)
            assert key not in found, f"{key} came twice"
            found[key[0] if len(names) == 1 else key] = record
        return found


def load(table: RawTable, client: Any, window: Window) -> Loaded:
    pages: list[Page] = []
    controls: dict[date, dict[str, Any]] = {}
    for part in table.fetch(client, window):
        if isinstance(part, Page):
            assert not controls, "controls come after the pages"
            pages.append(part)
        else:
            assert isinstance(part, Control)
            # Counted before and after the rows, a still world says the same twice.
            assert controls.setdefault(part.day, dict(part.figures)) == dict(part.figures)
    return Loaded(pages, controls)


def window_of(sandbox: Sandbox, name: str, first: date, last: date | None = None) -> Window:
    now: datetime = sandbox.world.clock.as_of
    return Window(DayRange(first, last or first), ZoneInfo(TENANTS[name].time_zone), now)


def asked(sandbox: Sandbox, path: str) -> list[dict[str, str]]:
    """The queries of the latest requests whose path ends so."""
    return [v["query"] for v in sandbox.world.visits.report(1000)["latest"] if v["path"].endswith(path)]
