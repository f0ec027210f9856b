"""What the scheduler of a test loads: one schedule, as a tenant has it."""

from __future__ import annotations

import dagster as dg


@dg.op
def fetch() -> None: ...


@dg.job
def siam_refresh() -> None:
    fetch()


@dg.schedule(
    job=siam_refresh,
    cron_schedule="0 */6 * * *",
    execution_timezone="Asia/Bangkok",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def siam_refresh_every_6_hours(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y%m%dT%H%M}")


defs = dg.Definitions(jobs=[siam_refresh], schedules=[siam_refresh_every_6_hours])
