"""Authorising a Shopify shop: the merchant agrees on Shopify's page, and its code becomes a lasting token.

Source: OAuth 2.0 authorization code grant, offline access. The return is signed with the app's secret over
all its parameters; an unsigned or foreign return is refused. An offline token does not expire by time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from marketing_assets.platforms.authorize import (
    CALLBACK_PORT,
    AuthorizationError,
    Consent,
    checked,
    obtain_code,
    read_consent,
)
from marketing_assets.platforms.http import Call, Complaint, Failure, Limits, Transport
from marketing_assets.platforms.reading import read
from marketing_assets.platforms.shopify.client import ALL_ORDERS
from marketing_assets.platforms.shopify.resource import NAME, ShopifySettings, shop_url
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import Tokens
from marketing_assets.secrets import connection_secrets
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, Tenant

SCOPES = ("read_orders", ALL_ORDERS, "read_products", "read_inventory", "read_customers")
NEEDED = frozenset(SCOPES) - {ALL_ORDERS}
"""Without `read_all_orders` the last 60 days are still worth having."""
CONSENT_SECONDS = 600
EXCHANGE_PATH = "/admin/oauth/access_token"


class _Granted(msgspec.Struct):
    access_token: str
    scope: str = ""


class _AppDialect:
    """The exchange carries the app's credentials in its body; whatever it refuses is not repeated."""

    def sign(self, call: Call) -> Mapping[str, Any]:
        return {}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        if status != 400:
            return None
        remedy = (
            "check client_id and client_secret: they must be one app's; a code works once, so begin anew."
        )
        return Complaint(Failure.CONFIG, "http_400", "Shopify refused the code or the app", None, remedy)

    def pause(self, headers: Mapping[str, str]) -> float:
        return 0

    def refresh(self) -> None:
        """There is no token yet."""


def signature(client_secret: str, given: Mapping[str, str]) -> str:
    """The `hmac` of a return: hex HMAC-SHA256 over its other parameters, sorted by name."""
    message = urlencode(sorted((name, value) for name, value in given.items() if name != "hmac"))
    return hmac.new(client_secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def consent_url(base_url: str, client_id: str, redirect: str, state: str) -> str:
    """The page on which the merchant agrees."""
    query = {
        "client_id": client_id,
        "scope": ",".join(SCOPES),
        "redirect_uri": redirect,
        "state": state,
    }
    return f"{base_url.rstrip('/')}/admin/oauth/authorize?{urlencode(query)}"


def authorize(
    tenant: Tenant,
    connection: Connection,
    settings: Settings,
    *,
    open_browser: bool,
    echo: Callable[[str], None],
    code: str | None = None,
    token: str | None = None,
    redirect_url: str | None = None,
    port: int = CALLBACK_PORT,
    timeout_seconds: float = CONSENT_SECONDS,
) -> str:
    """Walk a person through the consent, store the token, and say what it lets see.

    `code` is the whole address that the browser ended at, from a consent given elsewhere: its signature is
    part of it.
    """
    name = f"{tenant.id}/{NAME}/{connection.account_id}"
    own = ShopifySettings.model_validate(connection.settings)
    if token:
        remedy = "put it where the connection's secret access_token points; it needs no authorisation"
        raise AuthorizationError(name, "a token of the shop's own app is no grant", remedy)
    if not own.client_id:
        raise AuthorizationError(
            name, "the setting client_id is missing", "add it to the connection's settings"
        )
    client_secret = connection_secrets(tenant, connection, settings)("client_secret")
    base_url, state = shop_url(connection), secrets.token_urlsafe(16)
    if code:
        consent = checked(name, read_consent(code))
    else:
        consent, _ = obtain_code(
            name,
            consent_url=lambda redirect: consent_url(base_url, own.client_id, redirect, state),
            state=state,
            redirect_url=redirect_url,
            port=port,
            open_browser=open_browser,
            echo=echo,
            timeout_seconds=timeout_seconds,
        )
    _verify(name, connection, client_secret, consent)
    granted = _exchanged(name, base_url, own.client_id, client_secret, consent.code)
    scopes = {scope.strip() for scope in granted.scope.split(",")}
    if missing := sorted(NEEDED - scopes):
        remedy = "add them to the app's access scopes and begin anew"
        raise AuthorizationError(name, f"the grant lacks {', '.join(missing)}", remedy)
    token_store(settings).write(tenant.id, NAME, connection.account_id, Tokens(granted.access_token))
    seen = "all orders" if ALL_ORDERS in scopes else f"the last 60 days ({ALL_ORDERS} was not granted)"
    return f"{name}: authorised. The token does not expire by time; it sees {seen}."


def _verify(name: str, connection: Connection, client_secret: str, consent: Consent) -> None:
    """The return was signed with the app's secret, and is about this shop."""
    given = consent.given
    signed = given.get("hmac", "")
    if not hmac.compare_digest(signed.encode(), signature(client_secret, given).encode()):
        remedy = "pass the whole address that the browser ended at, and check the secret client_secret"
        raise AuthorizationError(name, "the return is not signed with this app's secret", remedy)
    agreed = given.get("shop", "").removesuffix(".myshopify.com")
    if agreed != connection.account_id:
        remedy = f"sign in to {connection.account_id}, or correct account_id in the tenant file"
        raise AuthorizationError(name, f"the merchant agreed for shop {agreed}", remedy)


def _exchanged(name: str, base_url: str, client_id: str, client_secret: str, code: str) -> _Granted:
    transport = Transport(
        connection=name, base_url=base_url, dialect=_AppDialect(), limits=Limits(deadline_seconds=300)
    )
    try:
        body = {"client_id": client_id, "client_secret": client_secret, "code": code}
        return read(transport, Call("POST", EXCHANGE_PATH, json=body), _Granted)
    finally:
        transport.close()
