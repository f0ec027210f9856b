"""Authorising a Meta ad account: a person's consent, or a token made in Meta's console.

Source: Marketing API v26.0, Facebook Login. A dialog's code gives a token of an hour or two, which is
exchanged for one of about 60 days. A system user's token may never expire and is stored as it is.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from marketing_assets.platforms.authorize import (
    CALLBACK_PATH,
    CALLBACK_PORT,
    AuthorizationError,
    checked,
    obtain_code,
    read_consent,
)
from marketing_assets.platforms.http import Call, Complaint, Failure, Limits, Transport
from marketing_assets.platforms.meta_ads.dialect import MetaDialect
from marketing_assets.platforms.meta_ads.resource import BASE_URL, NAME, MetaSettings
from marketing_assets.platforms.reading import read
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import Tokens
from marketing_assets.redaction import register_secret
from marketing_assets.secrets import connection_secrets
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, Tenant

DIALOG_HOST = "https://www.facebook.com"
SCOPES = ("ads_read",)
CONSENT_SECONDS = 600


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: int | None = None


class _Inspected(msgspec.Struct):
    """What Meta says of a token; `expires_at` in Unix seconds, 0 = never."""

    is_valid: bool = False
    type: str = ""
    app_id: str = ""
    expires_at: int = 0
    scopes: list[str] = []


class _Answer(msgspec.Struct):
    data: _Inspected


class _AppDialect(MetaDialect):
    """Calls that carry the app's credentials among their own parameters."""

    def sign(self, call: Call) -> Mapping[str, Any]:
        return {}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        complaint = super().complaint(status, headers, body)
        # Meta gives a wrong app secret the code of "unknown error", which elsewhere is worth another try.
        if complaint and "client secret" in complaint.message.lower():
            remedy = "check the secret app_secret and the setting app_id: they must be one app's."
            return replace(complaint, failure=Failure.CONFIG, remedy=remedy)
        return complaint


@dataclass(frozen=True)
class _App:
    """The app in whose name tokens are exchanged."""

    connection: str
    transport: Transport
    version: str
    app_id: str
    secret: str

    def granted(self, **params: str) -> Tokens:
        """A token for a code or for another token."""
        params |= {"client_id": self.app_id, "client_secret": self.secret}
        call = Call("GET", f"/{self.version}/oauth/access_token", params)
        answer = read(self.transport, call, _Granted)
        expires = None if answer.expires_in is None else time.time() + answer.expires_in
        return Tokens(answer.access_token, expires_at=expires)

    def long_lived(self, token: str) -> Tokens:
        return self.granted(grant_type="fb_exchange_token", fb_exchange_token=token)

    def inspected(self, token: str) -> _Inspected:
        own = register_secret(f"{self.app_id}|{self.secret}")
        call = Call("GET", f"/{self.version}/debug_token", {"input_token": token, "access_token": own})
        return read(self.transport, call, _Answer).data


def consent_url(base_url: str | None, version: str, app_id: str, redirect: str, state: str) -> str:
    """The dialog in which a person agrees; another `base_url` is taken to serve it itself."""
    query = {
        "client_id": app_id,
        "redirect_uri": redirect,
        "state": state,
        "scope": ",".join(SCOPES),
        "response_type": "code",
    }
    return f"{(base_url or DIALOG_HOST).rstrip('/')}/{version}/dialog/oauth?{urlencode(query)}"


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
    """Obtain a long-lived token, store it, and say until when it lasts.

    `token` is one from Meta's console: a system user's is stored as it is, a person's is exchanged. `code` is
    a code, or the address the browser ended at, from a consent given elsewhere for the same redirect address.
    """
    name = f"{tenant.id}/{NAME}/{connection.account_id}"
    own = MetaSettings.model_validate(connection.settings)
    if not own.app_id:
        raise AuthorizationError(name, "the setting app_id is missing", "add it to the connection's settings")
    secret = connection_secrets(tenant, connection, settings)("app_secret")
    transport = Transport(
        connection=name,
        base_url=str(connection.base_url or BASE_URL),
        dialect=_AppDialect(connection=name, token=str),
        limits=Limits(deadline_seconds=300),
    )
    app = _App(name, transport, own.api_version, own.app_id, secret)
    state = secrets.token_urlsafe(16)
    try:
        if token:
            tokens = _brought(app, register_secret(token.strip()))
        elif code:
            redirect = redirect_url or f"http://127.0.0.1:{port}{CALLBACK_PATH}"
            tokens = _redeemed(app, checked(name, read_consent(code)).code, redirect)
        else:
            dialog = str(connection.base_url) if connection.base_url else None
            consent, redirect = obtain_code(
                name,
                consent_url=lambda back: consent_url(dialog, own.api_version, own.app_id, back, state),
                state=state,
                redirect_url=redirect_url,
                port=port,
                open_browser=open_browser,
                echo=echo,
                timeout_seconds=timeout_seconds,
            )
            tokens = _redeemed(app, consent.code, redirect)
    finally:
        transport.close()
    token_store(settings).write(tenant.id, NAME, connection.account_id, tokens)
    return f"{name}: authorised. {_life(tokens)}"


def _redeemed(app: _App, code: str, redirect: str) -> Tokens:
    short = app.granted(code=code, redirect_uri=redirect)
    return app.long_lived(short.access_token)


def _brought(app: _App, token: str) -> Tokens:
    facts = app.inspected(token)
    if not facts.is_valid:
        remedy = "make a new token in Meta's console"
        raise AuthorizationError(app.connection, "Meta says the token is not valid", remedy)
    if facts.app_id != app.app_id:
        remedy = f"make the token for app {app.app_id}, or correct app_id"
        raise AuthorizationError(app.connection, f"the token was made for app {facts.app_id}", remedy)
    missing = [scope for scope in SCOPES if scope not in facts.scopes]
    if missing:
        remedy = "make a token that has them"
        raise AuthorizationError(app.connection, f"the token lacks {', '.join(missing)}", remedy)
    if facts.type == "SYSTEM_USER":
        return Tokens(token, expires_at=facts.expires_at or None)
    return app.long_lived(token)


def _life(tokens: Tokens) -> str:
    if tokens.expires_at is None:
        return "The token does not expire by time."
    until = datetime.fromtimestamp(tokens.expires_at, UTC)
    return f"The token lasts until {until:%Y-%m-%d}; authorise anew before then."
