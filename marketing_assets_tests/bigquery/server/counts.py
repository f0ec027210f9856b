"""How many rows a table has.

The stock server answers with DuckDB's estimate, which still counts rows that were deleted. BigQuery's
number is exact.
"""

from __future__ import annotations

from local_bigquery.catalog import tables
from local_bigquery.engine import database
from local_bigquery.models import Table

_stock_load = tables.load


def apply() -> None:
    tables.load = _load


def _load(project_id: str, dataset_id: str, table_id: str) -> Table:
    table = _stock_load(project_id, dataset_id, table_id)
    if table.type != "TABLE" or not tables.fields(table):
        return table
    ((rows,),) = database.fetch(f"SELECT count(*) FROM {tables.name(project_id, dataset_id, table_id)}")
    size = str(tables.logical_bytes(rows, len(tables.fields(table))))
    return table.replace(
        numRows=str(rows), numBytes=size, numTotalLogicalBytes=size, numActiveLogicalBytes=size
    )
