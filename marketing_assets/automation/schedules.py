"""One job and one schedule a tenant: the refresh every six hours, in the tenant's time zone."""

import threading
from collections.abc import Sequence, Set
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from marketing_assets.automation.refresh import PlannedRun, plan_refresh
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START, unfinished_days
from marketing_assets.ingest.assets import CHANGED_DAYS_TAG, raw_asset_key
from marketing_assets.ingest.changes import pending_days
from marketing_assets.ingest.landing import Landing, LandingError
from marketing_assets.locks import LockTimeout
from marketing_assets.partitions import local_day
from marketing_assets.platforms.catalog import connections
from marketing_assets.platforms.http import PlatformError, Stopped
from marketing_assets.platforms.platform import Platform, Refresh
from marketing_assets.platforms.tokens import TokenStoreError
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

LISTING_SECONDS = 40
"""How long a tick asks one shop for its changed orders: Dagster gives up on a tick after a minute."""

REFRESH_CRON = "0 */6 * * *"


def refresh_job(
    tenant: Tenant, apart: Sequence[dg.AssetChecksDefinition] = ()
) -> "UnresolvedAssetJobDefinition":
    """The job over every asset of a tenant; a run of it serves this tenant alone.

    Checks that have a job of their own stay `apart`.
    """
    return dg.define_asset_job(
        name=f"{tenant.id}_refresh",
        selection=dg.AssetSelection.key_prefixes([tenant.id]) - dg.AssetSelection.checks(*apart),
        description=f"Everything of {tenant.display_name}: raw, staging and marts.",
        tags={"tenant": tenant.id},
    )


def refresh_schedule(
    tenant: Tenant,
    platforms: Sequence[Platform],
    job: "UnresolvedAssetJobDefinition",
    changed_selection: Sequence[dg.AssetKey],
) -> dg.ScheduleDefinition:
    """Every six hours: the days of changed orders, the restatement windows of ads, today's snapshots.

    `changed_selection` is what an old day with changed orders needs: the order tables and what follows.
    """

    @dg.schedule(
        name=f"{tenant.id}_refresh_every_6_hours",
        job=job,
        cron_schedule=REFRESH_CRON,
        execution_timezone=tenant.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            "Refreshes the creation days of changed orders, each ad table's restatement window and today's "
            "snapshots."
        ),
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
        now = context.scheduled_execution_time
        planned, complaint = plan(context.instance, tenant, platforms, now)
        if complaint:
            context.log.warning(complaint)
        return [run_request(tenant, run, now, changed_selection) for run in planned]

    return schedule


def plan(
    instance: dg.DagsterInstance, tenant: Tenant, platforms: Sequence[Platform], now: datetime
) -> tuple[list[PlannedRun], str | None]:
    """The runs of a refresh at `now`, and why changed orders could not be listed, where they could not."""
    today = local_day(now, tenant.zone)
    restatement = max((t.restatement_days for p in platforms for t in p.tables), default=0)
    try:
        unfinished = unfinished_days(instance, f"{tenant.id}_refresh", _carried_through(tenant, platforms))
        changed: set[date] | None = list_changed_days(tenant, platforms, now, unfinished)
        complaint = None
    except (PlatformError, Stopped, MissingSecret, TokenStoreError, LockTimeout, LandingError) as error:
        changed = None
        complaint = f"changed orders could not be listed, so the whole window is fetched: {error}"
    return plan_refresh(tenant.start_date, today, restatement, changed), complaint


def _carried_through(tenant: Tenant, platforms: Sequence[Platform]) -> list[dg.AssetKey]:
    """Both ends of the way of a changed order: the tables that are fetched, and the mart they end in."""
    tables = [t.name for p in platforms for t in p.tables if t.refresh is Refresh.CHANGED]
    return [*(raw_asset_key(tenant, name) for name in tables), daily_mart(tenant)]


def daily_mart(tenant: Tenant) -> dg.AssetKey:
    return dg.AssetKey([tenant.id, "mart", "daily_performance"])


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


def run_request(
    tenant: Tenant, run: PlannedRun, now: datetime, changed_selection: Sequence[dg.AssetKey]
) -> dg.RunRequest:
    """A planned run as Dagster takes it: one single-run backfill over the range."""
    return dg.RunRequest(
        run_key=f"{tenant.id}-{now:%Y%m%dT%H%M}-{run.days}",
        tags=run_tags(run),
        asset_selection=None if run.everything else list(changed_selection),
    )


def run_tags(run: PlannedRun) -> dict[str, str]:
    tags = {RANGE_START: run.days.first.isoformat(), RANGE_END: run.days.last.isoformat()}
    if run.changed is not None:
        tags[CHANGED_DAYS_TAG] = ",".join(d.isoformat() for d in run.changed)
    return tags


def follows_changes(platforms: Sequence[Platform]) -> list[str]:
    """Names of the raw tables that follow changed orders, and of the reference tables they need."""
    return [
        t.name for p in platforms for t in p.tables if t.refresh is Refresh.CHANGED or p.kind == "reference"
    ]
