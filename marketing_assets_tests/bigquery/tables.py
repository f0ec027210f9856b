"""A dataset and a table with one column of every type that the product uses, and files of rows for it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery

FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)
SCHEMA = [
    bigquery.SchemaField("day", "DATE", "REQUIRED"),
    bigquery.SchemaField("id", "STRING", "REQUIRED", description="Key of the row."),
    bigquery.SchemaField("amount", "NUMERIC"),
    bigquery.SchemaField("count", "INTEGER"),
    bigquery.SchemaField("good", "BOOLEAN"),
    bigquery.SchemaField("at", "TIMESTAMP"),
    bigquery.SchemaField(
        "items",
        "RECORD",
        "REPEATED",
        fields=(bigquery.SchemaField("sku", "STRING"), bigquery.SchemaField("price", "NUMERIC")),
    ),
]
_MONEY = pa.decimal128(38, 9)
ARROW = pa.schema(
    [
        pa.field("day", pa.date32(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        ("amount", _MONEY),
        ("count", pa.int64()),
        ("good", pa.bool_()),
        ("at", pa.timestamp("us", "UTC")),
        ("items", pa.list_(pa.struct([("sku", pa.string()), ("price", _MONEY)]))),
    ]
)


def row(day: date, key: str, amount: str = "1.5") -> dict[str, Any]:
    return {
        "day": day,
        "id": key,
        "amount": Decimal(amount),
        "count": 7,
        "good": True,
        "at": datetime(2026, 1, 1, 23, 59, 59, 123456, UTC),
        "items": [{"sku": "a", "price": Decimal("0.000000001")}, {"sku": None, "price": None}],
    }


def parquet(rows: Sequence[dict[str, Any]], schema: pa.Schema = ARROW) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema), file)
    file.seek(0)
    return file


def job_config(disposition: str = "WRITE_TRUNCATE", **more: Any) -> bigquery.LoadJobConfig:
    """A load of Parquet with the schema above."""
    lists = bigquery.ParquetOptions()
    lists.enable_list_inference = True
    given = {
        "source_format": "PARQUET",
        "schema": SCHEMA,
        "write_disposition": disposition,
        "create_disposition": "CREATE_NEVER",
        "parquet_options": lists,
    }
    return bigquery.LoadJobConfig(**(given | more))


def load(client: bigquery.Client, destination: str, *rows: dict[str, Any], **more: Any) -> bigquery.LoadJob:
    """Load rows to the end; `more` goes into the job's configuration."""
    job = client.load_table_from_file(parquet(rows), destination, job_config=job_config(**more))
    job.result()
    return job


def make_table(client: bigquery.Client, name: str = "orders") -> str:
    """An empty table divided by day in a dataset `sales`; its full name."""
    client.create_dataset("sales", exists_ok=True)
    table = bigquery.Table(f"{client.project}.sales.{name}", SCHEMA)
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    table.clustering_fields = ["id"]
    client.create_table(table)
    return f"{client.project}.sales.{name}"


def keys(client: bigquery.Client, table: str) -> list[tuple[date, str]]:
    """Day and key of every row, in order."""
    return [tuple(r.values()) for r in client.query(f"select day, id from `{table}` order by 1, 2").result()]
