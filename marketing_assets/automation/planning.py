"""The runs of a refresh, planned from what the shops and Dagster's own records tell."""

import threading
from collections.abc import Sequence, Set
from datetime import date, datetime
from functools import partial

import dagster as dg

from marketing_assets.automation.refresh import PlannedRun, plan_refresh
from marketing_assets.automation.unfinished import unfinished_days
from marketing_assets.ingest.assets import raw_asset_key
from marketing_assets.ingest.changes import pending_days
from marketing_assets.ingest.landing import Landing, LandingError
from marketing_assets.locks import LockTimeout
from marketing_assets.partitions import ONE_DAY, DayRange, local_day
from marketing_assets.platforms.catalog import connections
from marketing_assets.platforms.http import PlatformError, Stopped
from marketing_assets.platforms.platform import Platform, Refresh
from marketing_assets.platforms.tokens import TokenStoreError
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant

LISTING_SECONDS = 40
"""How long a tick asks one shop for its changed orders: Dagster gives up on a tick after a minute."""


def plan(
    instance: dg.DagsterInstance,
    tenant: Tenant,
    platforms: Sequence[Platform],
    now: datetime,
    whole_window: bool = True,
) -> tuple[list[PlannedRun], str | None]:
    """The runs of a refresh at `now`, and why changed orders could not be listed, where they could not.

    `whole_window` fetches every day whose numbers may still change, else only what `plan_refresh` says.
    """
    today = local_day(now, tenant.zone)
    restatement = max((t.restatement_days for p in platforms for t in p.tables), default=0)
    window = DayRange(max(tenant.start_date, today - restatement * ONE_DAY), today)
    never = None if whole_window else set(window) - filled_days(instance, tenant)
    try:
        unfinished = unfinished_days(instance, f"{tenant.id}_refresh", carried_through(tenant, platforms))
        changed: set[date] | None = list_changed_days(tenant, platforms, now, unfinished)
        complaint = None
    except (PlatformError, Stopped, MissingSecret, TokenStoreError, LockTimeout, LandingError) as error:
        changed = None
        complaint = f"changed orders could not be listed, so the whole window is fetched: {error}"
    return plan_refresh(tenant.start_date, today, restatement, changed, never), complaint


def carried_through(tenant: Tenant, platforms: Sequence[Platform]) -> list[dg.AssetKey]:
    """Both ends of the way of a changed order: the tables that are fetched, and the mart they end in."""
    tables = [t.name for p in platforms for t in p.tables if t.refresh is Refresh.CHANGED]
    return [*(raw_asset_key(tenant, name) for name in tables), daily_mart(tenant)]


def daily_mart(tenant: Tenant) -> dg.AssetKey:
    return dg.AssetKey([tenant.id, "mart", "daily_performance"])


def filled_days(instance: dg.DagsterInstance, tenant: Tenant) -> set[date]:
    """The days that some run has carried to the daily mart."""
    return {date.fromisoformat(key) for key in instance.get_materialized_partitions(daily_mart(tenant))}


def list_changed_days(
    tenant: Tenant, platforms: Sequence[Platform], now: datetime, unfinished: Set[date]
) -> set[date]:
    """The creation days, over all shops of the tenant, whose orders changed and were not fetched since.

    Those of `unfinished` count as not fetched.
    """
    landing = Landing(load_settings().landing)
    days: set[date] = set()
    for platform in platforms:
        ask = platform.changed_days
        if ask is None:
            continue
        for connection in connections(tenant, platform):
            client = platform.connect(tenant, connection)
            # A closed client ends its calls at once, with `Stopped`.
            limit = threading.Timer(LISTING_SECONDS, client.close)
            limit.start()
            try:
                asking = partial(ask, client)
                days |= pending_days(landing, tenant, platform, connection, asking, now, unfinished)
            finally:
                limit.cancel()
                client.close()
    return days
