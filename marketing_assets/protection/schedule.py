"""The daily job that removes what has outlived its time."""

import dagster as dg

from marketing_assets.ingest.fetch import now_utc
from marketing_assets.protection.retention import expire
from marketing_assets.protection.state import expire_state
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant

CRON = "40 3 * * *"
"""Between the refreshes of midnight and of six o'clock."""
BY = "schedule"


def retention_job(tenant: Tenant) -> dg.JobDefinition:
    """`{tenant}_expire`: one step, which shows what it removed."""

    @dg.op(name=f"{tenant.id}_expire_old_data", out=dg.Out(dg.Nothing))
    def expire_old_data(context: dg.OpExecutionContext) -> None:
        settings, now = load_settings(), now_utc()
        done = expire(settings, tenant, now, BY)
        removed = done.told() | {"state": expire_state(settings, tenant, now)}
        context.add_output_metadata({"removed": dg.MetadataValue.json(removed)})

    @dg.job(
        name=f"{tenant.id}_expire",
        description=f"Removes what {tenant.display_name} keeps no longer.",
        tags={"tenant": tenant.id},
        executor_def=dg.in_process_executor,
    )
    def retention() -> None:
        expire_old_data()

    return retention


def retention_schedule(tenant: Tenant, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """`{tenant}_retention`: every night in the tenant's time zone."""
    return dg.ScheduleDefinition(
        name=f"{tenant.id}_retention",
        job=job,
        cron_schedule=CRON,
        execution_timezone=tenant.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
