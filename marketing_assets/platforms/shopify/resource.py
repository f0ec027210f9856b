"""A connection to a Shopify shop: settings, secrets, token and the client built from them."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from marketing_assets.platforms.http import Failure, Limits, PlatformError, Transport
from marketing_assets.platforms.shopify.client import ALL_ORDERS, ShopifyClient
from marketing_assets.platforms.shopify.dialect import FileDialect, ShopifyDialect
from marketing_assets.platforms.shopify.queries import SHOP
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import TokenStore
from marketing_assets.secrets import connection_secrets
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Connection, Tenant

NAME = "shopify"
BASE_URL = "https://admin.shopify.com"
"""Shopify itself; a shop's API is at the shop's own address."""
LIMITS = Limits(calls_per_second=20, burst=20, concurrency=1, timeout_seconds=120)
"""Points limit the calls, not their number; one after the other they can be minded exactly."""

OPTIONAL_SECRETS = {
    "access_token": "A custom app's Admin API access token; without it the authorised token is used.",
    "client_secret": "The app's client secret; authorises the shop and signs webhooks.",
}


class ShopifySettings(BaseModel):
    """`client_id` is the app's, needed to authorise; `api_version` is the Admin API's."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    client_id: str = ""
    api_version: str = Field("2026-10", pattern=r"^\d{4}-(01|04|07|10)$")


class _Shop(msgspec.Struct, rename="camel"):
    name: str
    myshopify_domain: str
    currency_code: str
    iana_timezone: str


class _ShopAnswer(msgspec.Struct):
    shop: _Shop


def shop_url(connection: Connection) -> str:
    """Where the shop's API is."""
    return str(connection.base_url or f"https://{connection.account_id}.myshopify.com")


def connect(tenant: Tenant, connection: Connection) -> ShopifyClient:
    """A client of the shop; raises `MissingSecret` or `TokenStoreError` where it is not set up."""
    settings = load_settings()
    secret = connection_secrets(tenant, connection, settings)
    access_token = secret("access_token") if "access_token" in secret else ""
    return build(tenant, connection, access_token=access_token, store=token_store(settings))


def build(
    tenant: Tenant,
    connection: Connection,
    *,
    access_token: str = "",
    store: TokenStore,
    limits: Limits = LIMITS,
    sleep: Callable[[float], None] | None = None,
) -> ShopifyClient:
    """A client from its parts; `sleep` waits between tries and polls, in seconds."""
    label = f"{tenant.id}/{NAME}/{connection.account_id}"

    def token() -> str:
        return access_token or _stored_token(store, tenant, connection)

    dialect = ShopifyDialect(connection=label, token=token, own_token=bool(access_token))
    base_url = shop_url(connection)
    transport = Transport(connection=label, base_url=base_url, dialect=dialect, limits=limits, sleep=sleep)
    files = Transport(connection=label, base_url=base_url, dialect=FileDialect(), limits=limits, sleep=sleep)
    files.counters = transport.counters
    version = ShopifySettings.model_validate(connection.settings).api_version
    return ShopifyClient(transport, files, connection.account_id, version, sleep or time.sleep)


def _stored_token(store: TokenStore, tenant: Tenant, connection: Connection) -> str:
    held = store.read(tenant.id, NAME, connection.account_id)
    if held is None:
        label = f"{tenant.id}/{NAME}/{connection.account_id}"
        message = "there is neither a secret access_token nor a stored token"
        raise PlatformError(Failure.AUTH_DEAD, connection=label, message=message)
    return held.access_token


def prove(client: ShopifyClient) -> str:
    """Name, currency and zone of the shop, how far back its orders are seen, and the version that answers."""
    shop = client.ask(SHOP, {}, _ShopAnswer).shop
    handle = shop.myshopify_domain.removesuffix(".myshopify.com")
    if handle != client.shop_id:
        remedy = f"set account_id to {handle}, or use the token of {client.shop_id}."
        raise PlatformError(
            Failure.CONFIG,
            connection=client.transport.connection,
            message=f"the token is that of {handle}",
            remedy=remedy,
        )
    seen = (
        "all orders"
        if ALL_ORDERS in client.scopes
        else f"orders of the last 60 days only (for older ones the app needs the scope {ALL_ORDERS})"
    )
    other = f"; API {client.other_version} answers instead of {client.api_version}"
    version = other if client.other_version else ""
    return f"shop {shop.name} ({shop.currency_code}, {shop.iana_timezone}), sees {seen}{version}"
