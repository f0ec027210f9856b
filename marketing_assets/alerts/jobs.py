"""The jobs of a tenant's alerts: the daily digest, and `ops.alerts`."""

from collections.abc import Iterable

import dagster as dg

from marketing_assets.alerts.digest import post_digest
from marketing_assets.alerts.history import publish
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.watched import IN_PROCESS

DIGEST_CRON = "15 7 * * *"
_LAYERS = {"raw", "mart"}


def history_job(tenant: Tenant) -> dg.JobDefinition:
    """`{tenant}_alert_history`: brings `ops.alerts` up to date."""

    @dg.op(name=f"{tenant.id}_publish_alerts", description="Adds what changed to ops.alerts.")
    def publish_alerts(context: dg.OpExecutionContext) -> None:
        context.log.info(f"{publish(load_settings(), tenant, now_utc())} rows written to ops.alerts")

    @dg.job(
        name=f"{tenant.id}_alert_history",
        executor_def=IN_PROCESS,
        description=f"Incidents of {tenant.display_name} to ops.alerts.",
        tags={"tenant": tenant.id},
    )
    def job() -> None:
        publish_alerts()

    return job


def digest_job(tenant: Tenant, assets: Iterable[dg.AssetsDefinition]) -> dg.JobDefinition:
    """`{tenant}_digest`: puts the day's digest into the outbox and brings `ops.alerts` up to date."""
    tables = [k for a in assets for k in a.keys if k.path[0] == tenant.id and k.path[1] in _LAYERS]

    @dg.op(name=f"{tenant.id}_post_digest", description="Yesterday's numbers, open incidents, stale tables.")
    def post(context: dg.OpExecutionContext) -> None:
        settings, now = load_settings(), now_utc()
        posted = post_digest(settings, tenant, context.instance, tables, now)
        written = publish(settings, tenant, now)
        context.log.info(f"digest to {posted} channels, {written} rows written to ops.alerts")

    @dg.job(
        name=f"{tenant.id}_digest",
        executor_def=IN_PROCESS,
        description=f"The daily digest of {tenant.display_name}.",
        tags={"tenant": tenant.id},
    )
    def job() -> None:
        post()

    return job


def digest_schedule(tenant: Tenant, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """`{tenant}_digest` at 07:15 in the tenant's zone."""
    return dg.ScheduleDefinition(
        name=f"{tenant.id}_digest",
        job=job,
        cron_schedule=DIGEST_CRON,
        execution_timezone=tenant.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Yesterday's numbers against the same weekday, open incidents, stale tables.",
    )
