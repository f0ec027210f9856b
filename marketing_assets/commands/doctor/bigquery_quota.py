"""BigQuery: how much of the day's load jobs the busiest table has used."""

from __future__ import annotations

from collections.abc import Mapping

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

from marketing_assets.commands.doctor.finding import Finding, broken, ok, warning
from marketing_assets.settings import Settings

LOADS_A_DAY = 1_500
"""Load jobs that BigQuery takes a table and 24 hours, failed ones included; it cannot be raised."""
_MUCH = 0.8
_NAME = "quota of load jobs"
_FEWER = "write ranges instead of single days, and run fewer backfills at once; it refills within 24 hours"


def quota(at: bigquery.Client, settings: Settings) -> Finding:
    try:
        rows = at.query(statement(settings), job_retry=None).result()
        return judged({row["table_name"]: row["jobs"] for row in rows})
    except GoogleAPICallError as error:
        said = (error.message or str(error)).splitlines()[0]
        return warning(
            _NAME,
            f"could not be asked: {said}",
            "grant this account roles/bigquery.resourceViewer on the project, or look at its quotas",
        )


def statement(settings: Settings) -> str:
    """Load jobs of the last 24 hours by table, of this environment's datasets."""
    view = (
        f"`{settings.bigquery_project}`.`region-{settings.bigquery_location.lower()}`"
        ".INFORMATION_SCHEMA.JOBS_BY_PROJECT"
    )
    # A load into one partition names it behind a dollar sign.
    return (
        "select concat(destination_table.dataset_id, '.', split(destination_table.table_id, '$')[offset(0)]) "
        f"as table_name, count(*) as jobs from {view} "
        "where creation_time > timestamp_sub(current_timestamp(), interval 24 hour) and job_type = 'LOAD' "
        f"and starts_with(destination_table.dataset_id, '{settings.environment}_marketing_') "
        "group by table_name order by jobs desc limit 5"
    )


def judged(jobs: Mapping[str, int]) -> Finding:
    """The finding for load jobs by table."""
    if not jobs:
        return ok(_NAME, "no load in the last 24 hours")
    table = max(jobs, key=lambda name: jobs[name])
    text = f"{table}: {jobs[table]} of {LOADS_A_DAY} in the last 24 hours"
    if jobs[table] >= LOADS_A_DAY:
        return broken(_NAME, text, _FEWER)
    return warning(_NAME, text, _FEWER) if jobs[table] >= _MUCH * LOADS_A_DAY else ok(_NAME, text)
