"""What dbt's jobs on BigQuery cost, as rows of `ops.warehouse_costs`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from marketing_assets.schema import DAY, Column, Type, polars_schema
from marketing_assets.table_spec import TableSpec

if TYPE_CHECKING:
    from marketing_assets.transform.runner import DbtRun

WAREHOUSE_COSTS = TableSpec(
    name="warehouse_costs",
    description="Jobs of models and checks on BigQuery and what they cost: a row a node and run.",
    columns=(
        Column("job_id", Type.STRING, "BigQuery's id of the node's last job.", required=True),
        Column("tenant_id", Type.STRING, "The tenant.", required=True),
        Column(DAY, Type.DATE, "UTC day on which the run ended.", required=True),
        Column("ended_at", Type.TIMESTAMP, "When the run ended.", required=True),
        Column("run_id", Type.STRING, "Dagster's run.", required=True),
        Column("node", Type.STRING, "The model, seed or check.", required=True),
        Column("status", Type.STRING, "dbt's word for how it ended.", required=True),
        Column("project", Type.STRING, "Google Cloud project that is billed."),
        Column("location", Type.STRING, "Where the job ran."),
        Column("bytes_processed", Type.INT64, "Bytes read.", required=True),
        Column("bytes_billed", Type.INT64, "Bytes billed.", required=True),
        Column("slot_ms", Type.INT64, "Milliseconds of slots used.", required=True),
    ),
    key=("job_id",),
)


def cost_rows(run: DbtRun, tenant_id: str, run_id: str, ended_at: datetime) -> pl.DataFrame:
    """A row for each node that had a job; `ended_at` in UTC."""
    rows: list[Mapping[str, Any]] = [
        {
            "job_id": outcome.job.id,
            "tenant_id": tenant_id,
            DAY: ended_at.date(),
            "ended_at": ended_at,
            "run_id": run_id,
            "node": outcome.unique_id,
            "status": outcome.status,
            "project": outcome.job.project,
            "location": outcome.job.location,
            "bytes_processed": outcome.job.bytes_processed,
            "bytes_billed": outcome.job.bytes_billed,
            "slot_ms": outcome.job.slot_ms,
        }
        for outcome in run.nodes.values()
        if outcome.job
    ]
    return pl.DataFrame(rows, schema=polars_schema(WAREHOUSE_COSTS.columns))
