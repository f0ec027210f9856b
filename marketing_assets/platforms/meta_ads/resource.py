"""A connection to a Meta ad account: settings, secrets, token and the client built from them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from marketing_assets.platforms.http import Failure, Limits, PlatformError, Transport
from marketing_assets.platforms.meta_ads.client import MetaClient
from marketing_assets.platforms.meta_ads.dialect import MetaDialect
from marketing_assets.platforms.meta_ads.usage import used_share
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import TokenStore
from marketing_assets.secrets import connection_secrets
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Connection, Tenant

NAME = "meta_ads"
BASE_URL = "https://graph.facebook.com"
LIMITS = Limits(calls_per_second=10, burst=20, concurrency=4, timeout_seconds=120)

OPTIONAL_SECRETS = {
    "access_token": "A system user's access token; without it the authorised user's stored token is used.",
    "app_secret": "The app's secret; with it every call carries the proof that apps may demand.",
}


class MetaSettings(BaseModel):
    """`app_id` is needed to authorise a user's token; `api_version` is the Marketing API's."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    app_id: str = Field("", coerce_numbers_to_str=True)
    api_version: str = Field("v26.0", pattern=r"^v\d+\.\d+$")


def connect(tenant: Tenant, connection: Connection) -> MetaClient:
    """A client of the ad account; raises `MissingSecret` or `TokenStoreError` where it is not set up."""
    settings = load_settings()
    secret = connection_secrets(tenant, connection, settings)
    return build(
        tenant,
        connection,
        access_token=secret("access_token") if "access_token" in secret else "",
        app_secret=secret("app_secret") if "app_secret" in secret else "",
        store=token_store(settings),
    )


def build(
    tenant: Tenant,
    connection: Connection,
    *,
    access_token: str = "",
    app_secret: str = "",
    store: TokenStore,
    limits: Limits = LIMITS,
    sleep: Callable[[float], None] | None = None,
) -> MetaClient:
    """A client from its parts; `sleep` waits between tries and polls, in seconds."""
    label = f"{tenant.id}/{NAME}/{connection.account_id}"

    def token() -> str:
        return access_token or _stored_token(store, tenant, connection)

    dialect = MetaDialect(connection=label, token=token, app_secret=app_secret, own_token=bool(access_token))
    base_url = str(connection.base_url or BASE_URL)
    transport = Transport(
        connection=label, base_url=base_url, dialect=dialect, limits=limits, usage=used_share, sleep=sleep
    )
    version = MetaSettings.model_validate(connection.settings).api_version
    return MetaClient(transport, connection.account_id.removeprefix("act_"), version, sleep or time.sleep)


def _stored_token(store: TokenStore, tenant: Tenant, connection: Connection) -> str:
    held = store.read(tenant.id, NAME, connection.account_id)
    if held is None:
        label = f"{tenant.id}/{NAME}/{connection.account_id}"
        message = "there is neither a secret access_token nor a stored token"
        raise PlatformError(Failure.AUTH_DEAD, connection=label, message=message)
    return held.access_token


def prove(client: MetaClient) -> str:
    """Name, currency, zone and local date of the ad account."""
    account = client.account
    today = datetime.now(UTC).astimezone(account.zone).date()
    return f"ad account {account.name} ({account.currency}, {account.timezone_name}, today {today})"
