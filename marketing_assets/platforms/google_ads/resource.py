"""A connection to a Google Ads account: settings, secrets, tokens and the client built from them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from marketing_assets.platforms.google_ads.client import GoogleAdsClient
from marketing_assets.platforms.google_ads.dialect import GoogleAdsDialect
from marketing_assets.platforms.google_ads.oauth import TOKEN_URL, OAuthClient, OneToken
from marketing_assets.platforms.http import Limits, Transport
from marketing_assets.platforms.renewing import RenewedTokens
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import TokenKey, Tokens, TokenStore
from marketing_assets.secrets import connection_secrets
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Connection, Tenant

NAME = "google_ads"
BASE_URL = "https://googleads.googleapis.com"
LIMITS = Limits(calls_per_second=5, burst=10, concurrency=4, timeout_seconds=300)
"""Google publishes no rate; queries are counted by day, and long streams take minutes."""

SECRETS = {"client_secret": "Secret of the OAuth client in Google Cloud."}
OPTIONAL_SECRETS = {
    "refresh_token": "A user's refresh token; without it the authorised user's stored one is used."
}


class GoogleAdsSettings(BaseModel):
    """`client_id` is the OAuth client's in Google Cloud. `login_customer_id` is the manager account through
    which access goes. `oauth_url` is where tokens are given, for those who do not ask Google directly.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    client_id: str = Field(min_length=1)
    login_customer_id: str = Field("", coerce_numbers_to_str=True, pattern=r"^[\d-]*$")
    oauth_url: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    api_version: str = Field("v26", pattern=r"^v\d+$")

    @field_validator("login_customer_id")
    @classmethod
    def _digits(cls, value: str) -> str:
        return digits(value)


def digits(customer_id: str) -> str:
    """A customer id without the dashes that people write it with."""
    return customer_id.replace("-", "")


def connect(tenant: Tenant, connection: Connection) -> GoogleAdsClient:
    """A client of the account; raises `MissingSecret` or `TokenStoreError` where it is not set up."""
    settings = load_settings()
    secret = connection_secrets(tenant, connection, settings)
    if "refresh_token" not in secret:
        return build(tenant, connection, client_secret=secret("client_secret"), store=token_store(settings))
    # A token that has expired already, so that the first call gets one.
    own = OneToken(Tokens("", secret("refresh_token"), expires_at=0))
    remedy = _new_secret(tenant.id)
    return build(tenant, connection, client_secret=secret("client_secret"), store=own, dead_remedy=remedy)


def build(
    tenant: Tenant,
    connection: Connection,
    *,
    client_secret: str,
    store: TokenStore,
    dead_remedy: str | None = None,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] | None = None,
    limits: Limits = LIMITS,
) -> GoogleAdsClient:
    """A client from its parts; `now` is Unix seconds, `sleep` waits between tries.

    `dead_remedy` says what mends a dead refresh token, where authorising anew does not.
    """
    key = TokenKey(tenant.id, NAME, connection.account_id)
    own = GoogleAdsSettings.model_validate(connection.settings)
    oauth = oauth_client(key, connection, client_secret, dead_remedy=dead_remedy, now=now, sleep=sleep)
    tokens = RenewedTokens(store, key, oauth.refreshed, now)
    transport = Transport(
        connection=str(key),
        base_url=str(connection.base_url or BASE_URL),
        dialect=GoogleAdsDialect(tokens=tokens, login_customer_id=own.login_customer_id),
        limits=limits,
        wall=now,
        sleep=sleep,
    )
    return GoogleAdsClient(transport, digits(connection.account_id), own.api_version)


def oauth_client(
    key: TokenKey,
    connection: Connection,
    client_secret: str,
    *,
    dead_remedy: str | None = None,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] | None = None,
) -> OAuthClient:
    """The OAuth client of a connection."""
    own = GoogleAdsSettings.model_validate(connection.settings)
    return OAuthClient(
        connection=str(key),
        base_url=oauth_url(connection, TOKEN_URL),
        client_id=own.client_id,
        client_secret=client_secret,
        dead_remedy=dead_remedy,
        now=now,
        sleep=sleep,
    )


def oauth_url(connection: Connection, googles: str) -> str:
    """Where tokens and consent are: the setting's address, else the connection's own, else Google's."""
    own = GoogleAdsSettings.model_validate(connection.settings)
    return (own.oauth_url or str(connection.base_url or googles)).rstrip("/")


def _new_secret(tenant: str) -> str:
    """What mends a dead refresh token that the tenant brings along."""
    return (
        "put a new refresh token where the connection's secret refresh_token points, or remove that secret "
        f"from the tenant file and run `marketing connections authorize {tenant} {NAME}`."
    )


def prove(client: GoogleAdsClient) -> str:
    """Name, currency, zone and local date of the account."""
    account = client.account
    today = datetime.now(UTC).astimezone(account.zone).date()
    kind = "manager account (it has no ads of its own)" if account.manager else "account"
    return f"{kind} {account.descriptive_name} ({account.currency_code}, {account.time_zone}, today {today})"
