"""What tables there are, asked of DuckLake's own catalogue.

The stock server asks DuckDB's table functions, which load every table of every project anew after each
change: a tenth of a second for a question that is asked several times a statement.
"""

from __future__ import annotations

import duckdb
from local_bigquery.catalog import datasets, names, tables
from local_bigquery.engine import database, types
from local_bigquery.errors import not_found
from local_bigquery.models import TableFieldSchema
from local_bigquery.sql.rules import partitions
from sqlglot import exp

_stock_objects = database.objects
Named = tuple[str, str, int]


def apply() -> None:
    database.objects = objects
    datasets.exists = exists
    partitions._hidden = _hidden
    tables.columns = columns


def objects(project_id: str, dataset_id: str, table_id: str | None = None) -> list[Named]:
    """`database.objects`: tables and views of a dataset, by name, with their kind and rows."""
    if project_id not in database._attached:
        found: list[Named] = _stock_objects(project_id, dataset_id, table_id)
        return found
    at = _catalogue(project_id)
    return _rows(
        f"""SELECT t.table_name, 'TABLE', coalesce(n.record_count, 0)
            FROM {at}.ducklake_table t JOIN {at}.ducklake_schema s USING (schema_id)
            LEFT JOIN {at}.ducklake_table_stats n USING (table_id)
            WHERE t.end_snapshot IS NULL AND s.end_snapshot IS NULL
              AND s.schema_name = $1 AND t.table_name = coalesce($2, t.table_name)
            UNION ALL
            SELECT v.view_name, 'VIEW', 0
            FROM {at}.ducklake_view v JOIN {at}.ducklake_schema s USING (schema_id)
            WHERE v.end_snapshot IS NULL AND s.end_snapshot IS NULL
              AND s.schema_name = $1 AND v.view_name = coalesce($2, v.view_name)
            ORDER BY 1""",
        dataset_id,
        table_id,
    )


def exists(project_id: str, dataset_id: str) -> bool:
    """`datasets.exists`."""
    if project_id not in database._attached:
        return False
    at = _catalogue(project_id)
    return bool(
        _rows(
            f"SELECT 1, '', 0 FROM {at}.ducklake_schema WHERE end_snapshot IS NULL AND schema_name = $1",
            dataset_id,
        )
    )


def _hidden(table: exp.Table) -> bool:
    """`partitions._hidden`: whether a table is partitioned by ingestion time, which ours never are."""
    return False


def columns(project_id: str, dataset_id: str, table_id: str) -> list[TableFieldSchema]:
    """`tables.columns`: the columns of a table with their types and modes. Raises not-found."""
    required = _required(*tables.physical(project_id, dataset_id, table_id))
    with database.cursor() as cur:
        try:
            found = cur.sql(f"SELECT * FROM {tables.name(project_id, dataset_id, table_id)} LIMIT 0")
        except duckdb.CatalogException:
            raise not_found("Table", names.label(project_id, dataset_id, table_id)) from None
        return [
            types.field(column, type_, column in required)
            for column, type_ in zip(found.columns, found.types, strict=True)
        ]


def _required(project_id: str, dataset_id: str, table_id: str) -> set[str]:
    if project_id not in database._attached:
        return set()  # a job's result, whose columns may all be null
    at = _catalogue(project_id)
    rows = _rows(
        f"""SELECT c.column_name, '', 0
            FROM {at}.ducklake_column c JOIN {at}.ducklake_table t USING (table_id)
            JOIN {at}.ducklake_schema s USING (schema_id)
            WHERE c.end_snapshot IS NULL AND t.end_snapshot IS NULL AND s.end_snapshot IS NULL
              AND c.parent_column IS NULL AND NOT c.nulls_allowed
              AND s.schema_name = $1 AND t.table_name = $2""",
        dataset_id,
        table_id,
    )
    return {name for name, _, _ in rows}


def _catalogue(project_id: str) -> str:
    quoted: str = database.quote(f"__ducklake_metadata_{project_id}")
    return quoted


def _rows(sql: str, *given: str | None) -> list[Named]:
    found: list[Named] = database.fetch(sql, list(given))
    return found
