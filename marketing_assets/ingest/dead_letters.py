"""Dead letters: records that broke their table's contract, kept with the reason and the way back."""

from __future__ import annotations

import hashlib

import polars as pl

from marketing_assets.ingest.landing import Manifest
from marketing_assets.ingest.validation import record_key
from marketing_assets.schema import DAY, Column, Table, Type, polars_schema
from marketing_assets.table_spec import TableSpec

DEAD_LETTERS = TableSpec(
    name="dead_letters",
    description="Records that broke the contract of their raw table; the payload stays in landing.",
    columns=(
        Column("id", Type.STRING, "Id of the dead letter: of its file and line.", required=True),
        Column("tenant_id", Type.STRING, "The tenant.", required=True),
        Column("platform", Type.STRING, "The platform that sent the record.", required=True),
        Column("table_name", Type.STRING, "The raw table it was meant for.", required=True),
        Column("account_id", Type.STRING, "The connection's account.", required=True),
        Column(
            DAY, Type.DATE, "Its partition; the first day asked where its own cannot be told.", required=True
        ),
        Column("reason", Type.STRING, "Every breach, each beginning with the field's name.", required=True),
        Column("record_key", Type.STRING, "The record's key as far as it can be read.", required=True),
        Column("source_file", Type.STRING, "Landed file with the payload.", required=True),
        Column("line", Type.INT64, "Its line in that file, from 0.", required=True),
        Column("raw_json", Type.JSON, "The record, personal values masked.", required=True),
        Column("fetched_at", Type.TIMESTAMP, "When it was fetched.", required=True),
    ),
    key=("id",),
    day_column=DAY,
)


def dead_letter_rows(table: Table, manifest: Manifest, path: str, dead: pl.DataFrame) -> pl.DataFrame:
    """Rows of `ops.dead_letters` for the dead records (`line`, `day`, `reason`, `raw_json`) of one part."""
    ids = [hashlib.sha256(f"{path}:{line}".encode()).hexdigest()[:16] for line in dead["line"]]
    keys = [record_key(table, text) for text in dead["raw_json"]]
    return dead.select(
        pl.Series("id", ids, pl.String),
        pl.lit(manifest.tenant).alias("tenant_id"),
        pl.lit(manifest.platform).alias("platform"),
        pl.lit(table.name).alias("table_name"),
        pl.lit(manifest.account).alias("account_id"),
        DAY,
        "reason",
        pl.Series("record_key", keys, pl.String),
        pl.lit(path).alias("source_file"),
        "line",
        "raw_json",
        pl.lit(manifest.started_at).dt.convert_time_zone("UTC").alias("fetched_at"),
    ).cast(dict(polars_schema(DEAD_LETTERS.columns)))  # type: ignore[arg-type]
