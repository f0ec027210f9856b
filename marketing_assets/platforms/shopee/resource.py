"""A connection to a Shopee shop: settings, secrets, tokens and the client built from them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from marketing_assets.platforms.http import Call, Dialect, Limits, Transport
from marketing_assets.platforms.reading import read
from marketing_assets.platforms.renewing import RenewedTokens
from marketing_assets.platforms.shopee.client import ShopeeClient
from marketing_assets.platforms.shopee.dialect import PublicDialect, ShopDialect
from marketing_assets.platforms.shopee.products import SHOP_PATH
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import TokenKey, Tokens, TokenStore
from marketing_assets.secrets import connection_secrets
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Connection, Tenant

NAME = "shopee"
BASE_URL = "https://partner.shopeemobile.com"
REFRESH_PATH = "/api/v2/auth/access_token/get"
LIMITS = Limits(calls_per_second=80, burst=80, concurrency=8)
"""Shopee publishes no rate; about 100 calls a second are reported as safe."""

SECRETS = {"partner_key": "Key of the app in Shopee's console."}


class ShopeeSettings(BaseModel):
    """`partner_id` is the app's number in Shopee's console."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    partner_id: int = Field(gt=0)


class Granted(msgspec.Struct):
    """A pair of tokens as Shopee grants it; `expire_in` in seconds."""

    access_token: str
    refresh_token: str
    expire_in: int

    def tokens(self, now: float) -> Tokens:
        return Tokens(self.access_token, self.refresh_token, expires_at=now + self.expire_in)


class _Shop(msgspec.Struct):
    shop_name: str
    region: str = ""
    expire_time: int = 0


def connect(tenant: Tenant, connection: Connection) -> ShopeeClient:
    """A client of the shop; raises `MissingSecret` or `TokenStoreError` where it is not set up."""
    settings = load_settings()
    secret = connection_secrets(tenant, connection, settings)
    return build(tenant, connection, secret("partner_key"), token_store(settings))


def build(
    tenant: Tenant,
    connection: Connection,
    partner_key: str,
    store: TokenStore,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] | None = None,
    limits: Limits = LIMITS,
) -> ShopeeClient:
    """A client from its parts; `now` is Unix seconds, `sleep` waits between tries."""
    partner_id = ShopeeSettings.model_validate(connection.settings).partner_id
    key = TokenKey(tenant.id, NAME, connection.account_id)
    base_url = str(connection.base_url or BASE_URL)
    public = PublicDialect(partner_id=partner_id, partner_key=partner_key, now=now)

    def transport_with(dialect: Dialect) -> Transport:
        return Transport(
            connection=str(key), base_url=base_url, dialect=dialect, limits=limits, wall=now, sleep=sleep
        )

    def exchange(held: Tokens) -> Tokens:
        body = {
            "refresh_token": held.refresh_token,
            "partner_id": partner_id,
            "shop_id": int(connection.account_id),
        }
        transport = transport_with(public)
        try:
            return read(transport, Call("POST", REFRESH_PATH, json=body), Granted).tokens(now())
        finally:
            transport.close()

    dialect = ShopDialect(
        partner_id=partner_id,
        partner_key=partner_key,
        shop_id=connection.account_id,
        tokens=RenewedTokens(store, key, exchange, now),
        now=now,
    )
    return ShopeeClient(transport_with(dialect), connection.account_id)


def prove(client: ShopeeClient) -> str:
    """Name and region of the shop, and until when its consent lasts."""
    shop = read(client.transport, Call("GET", SHOP_PATH), _Shop)
    until = datetime.fromtimestamp(shop.expire_time, UTC).date()
    return f"shop {shop.shop_name} ({shop.region}), access granted until {until}"
