"""Authorising a Shopee shop: a seller agrees on Shopee's page, and its code becomes the first pair of tokens.

Source: Open Platform v2. The code lives 10 minutes and works once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from marketing_assets.platforms.authorize import (
    CALLBACK_PORT,
    AuthorizationError,
    Consent,
    checked,
    obtain_code,
    read_consent,
)
from marketing_assets.platforms.http import Call, Limits, Transport
from marketing_assets.platforms.reading import read
from marketing_assets.platforms.shopee.dialect import PublicDialect
from marketing_assets.platforms.shopee.resource import BASE_URL, NAME, Granted, ShopeeSettings
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.secrets import connection_secrets
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, Tenant

EXCHANGE_PATH = "/api/v2/auth/token/get"
CODE_LIFE_SECONDS = 600
_CONSENT_HOSTS = {
    "partner.shopeemobile.com": "open.shopee.com",
    "openplatform.shopee.cn": "open.shopee.cn",
    "openplatform.shopee.com.br": "open.shopee.com.br",
}


def consent_url(base_url: str, partner_id: int, redirect: str, state: str) -> str:
    """The page on which the seller agrees. `state` comes back inside the redirect address.

    Hosts other than Shopee's production are taken to serve the page themselves.
    """
    host = _CONSENT_HOSTS.get(urlsplit(base_url).hostname or "")
    page = f"https://{host}/auth" if host else f"{base_url.rstrip('/')}/auth"
    back = f"{redirect}{'&' if '?' in redirect else '?'}{urlencode({'state': state})}"
    query = {"partner_id": partner_id, "auth_type": "seller", "redirect_uri": back, "response_type": "code"}
    return f"{page}?{urlencode(query)}"


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
    timeout_seconds: float = CODE_LIFE_SECONDS,
) -> str:
    """Walk a person through the consent, store the tokens, and say until when they last.

    `code` is a code, or the address the browser ended at, from a consent given elsewhere. `redirect_url` is
    the address registered with the app, where it is not the local one. `port` is the local one's.
    """
    name = f"{tenant.id}/{NAME}/{connection.account_id}"
    if token:
        remedy = "leave --token away, or pass the code with --code"
        raise AuthorizationError(name, "Shopee has no tokens that can be brought along", remedy)
    base_url = str(connection.base_url or BASE_URL)
    partner_id = ShopeeSettings.model_validate(connection.settings).partner_id
    key = connection_secrets(tenant, connection, settings)("partner_key")
    state = secrets.token_urlsafe(16)
    if code:
        consent = checked(name, read_consent(code))
    else:
        consent, _ = obtain_code(
            name,
            consent_url=lambda redirect: consent_url(base_url, partner_id, redirect, state),
            state=state,
            redirect_url=redirect_url,
            port=port,
            open_browser=open_browser,
            echo=echo,
            timeout_seconds=timeout_seconds,
        )
    dialect = PublicDialect(partner_id=partner_id, partner_key=key)
    transport = Transport(
        connection=name, base_url=base_url, dialect=dialect, limits=Limits(deadline_seconds=300)
    )
    try:
        body = _request(name, consent, partner_id, connection.account_id)
        granted = read(transport, Call("POST", EXCHANGE_PATH, json=body), Granted)
    finally:
        transport.close()
    tokens = granted.tokens(time.time())
    token_store(settings).write(tenant.id, NAME, connection.account_id, tokens)
    until = datetime.fromtimestamp(tokens.expires_at or 0, UTC)
    return f"{name}: authorised. The access token lasts until {until:%Y-%m-%d %H:%M} UTC and renews itself."


def _request(name: str, consent: Consent, partner_id: int, account_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {"code": consent.code, "partner_id": partner_id}
    if consent.given.get("main_account_id"):
        return body | {"main_account_id": int(consent.given["main_account_id"])}
    agreed = consent.given.get("shop_id", account_id)
    if agreed != account_id:
        remedy = f"sign in as the seller of shop {account_id}, or correct account_id in the tenant file"
        raise AuthorizationError(name, f"the seller agreed for shop {agreed}", remedy)
    return body | {"shop_id": int(account_id)}
