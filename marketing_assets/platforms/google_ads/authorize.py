"""Authorising a Google Ads account: a person agrees on Google's page, and its code becomes a refresh token.

Source: Google Identity, OAuth 2.0 for installed apps, with PKCE. The code lives some minutes and works once.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from marketing_assets.platforms.authorize import CALLBACK_PORT, AuthorizationError, obtain_code
from marketing_assets.platforms.google_ads.oauth import CONSENT_PATH, CONSENT_URL, OneToken
from marketing_assets.platforms.google_ads.resource import (
    NAME,
    GoogleAdsSettings,
    build,
    digits,
    oauth_client,
    oauth_url,
)
from marketing_assets.platforms.http import Call
from marketing_assets.platforms.reading import read
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import TokenKey, Tokens
from marketing_assets.redaction import register_secret
from marketing_assets.secrets import connection_secrets
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, Tenant

SCOPE = "https://www.googleapis.com/auth/adwords"
CONSENT_SECONDS = 600


class _Accessible(msgspec.Struct, rename="camel"):
    resource_names: list[str] = []


def challenge_of(verifier: str) -> str:
    """What the consent page is given of the verifier (PKCE, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def consent_url(base_url: str, client_id: str, redirect: str, state: str, challenge: str) -> str:
    """The page on which a person agrees. Without `prompt` Google gives no refresh token a second time."""
    query = {
        "client_id": client_id,
        "redirect_uri": redirect,
        "response_type": "code",
        "scope": SCOPE,
        "access_type": "offline",
        "prompt": "consent",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{base_url}{CONSENT_PATH}?{urlencode(query)}"


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
    """Obtain a refresh token, see that it opens the account, and store it.

    `token` is a refresh token that was made elsewhere for the same OAuth client. A code that was given
    elsewhere cannot be used: it is bound to a secret of the process that asked for it.
    """
    key = TokenKey(tenant.id, NAME, connection.account_id)
    if code:
        remedy = "run it without --code on a machine with a browser, or pass a refresh token with --token"
        raise AuthorizationError(str(key), "a code works only for the process that asked for it", remedy)
    own = GoogleAdsSettings.model_validate(connection.settings)
    secret = connection_secrets(tenant, connection, settings)("client_secret")
    client = oauth_client(key, connection, secret)
    if token:
        tokens = client.refreshed(Tokens("", register_secret(token.strip()), expires_at=0))
    else:
        state, verifier = secrets.token_urlsafe(16), register_secret(secrets.token_urlsafe(48))
        consent, redirect = obtain_code(
            str(key),
            consent_url=lambda back: consent_url(
                oauth_url(connection, CONSENT_URL), own.client_id, back, state, challenge_of(verifier)
            ),
            state=state,
            redirect_url=redirect_url,
            port=port,
            open_browser=open_browser,
            echo=echo,
            timeout_seconds=timeout_seconds,
        )
        tokens = client.redeemed(consent.code, verifier, redirect)
    if not tokens.refresh_token:
        remedy = "remove the app from the Google account's third-party access and authorise again"
        raise AuthorizationError(str(key), "Google gave no refresh token", remedy)
    _see_access(tenant, connection, secret, tokens, own.login_customer_id)
    token_store(settings).write(tenant.id, NAME, connection.account_id, tokens)
    return f"{key}: authorised. The refresh token works until it is revoked; access tokens renew themselves."


def _see_access(
    tenant: Tenant, connection: Connection, client_secret: str, tokens: Tokens, manager: str
) -> None:
    """Raise where the person who agreed may open neither the account nor its manager."""
    name = f"{tenant.id}/{NAME}/{connection.account_id}"
    wanted = manager or digits(connection.account_id)
    client = build(tenant, connection, client_secret=client_secret, store=OneToken(tokens))
    try:
        call = Call("GET", f"/{client.api_version}/customers:listAccessibleCustomers")
        known = [n.rpartition("/")[2] for n in read(client.transport, call, _Accessible).resource_names]
    finally:
        client.close()
    if wanted not in known:
        remedy = f"sign in as a user of account {wanted}, or correct account_id and login_customer_id"
        seen = ", ".join(sorted(known)) or "none"
        raise AuthorizationError(name, f"this Google user may open these accounts: {seen}", remedy)
