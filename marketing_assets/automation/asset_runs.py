"""The runs over a tenant's assets, in records that all tenants share: others push none out of sight."""

from __future__ import annotations

from typing import Any

import dagster as dg

IMPLICIT_JOB = "__ASSET_JOB"
"""Dagster's own job, in which it runs assets that somebody chose in the UI, or that follow their inputs."""


def asset_runs(
    instance: dg.DagsterInstance, job_name: str, limit: int, *, ascending: bool = False, **wanted: Any
) -> list[dg.RunRecord]:
    """At most `limit` runs of the tenant's job and as many of Dagster's own, by age, the newest first.

    `wanted` are further fields of `RunsFilter`. Runs of Dagster's own job may be other tenants'.
    """
    found = [
        record
        for name in (job_name, IMPLICIT_JOB)
        for record in instance.get_run_records(
            dg.RunsFilter(job_name=name, **wanted), limit=limit, ascending=ascending
        )
    ]
    return sorted(found, key=lambda record: record.storage_id, reverse=not ascending)
