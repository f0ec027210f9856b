"""What tables there are, asked of DuckLake's own catalogue.

The stock server asks DuckDB's table functions, which load every table of every project anew after each
change: a tenth of a second for a question that is asked several times a statement.
"""

from __future__ import annotations

from local_bigquery.catalog import datasets
from local_bigquery.engine import database
from local_bigquery.sql.rules import partitions
from sqlglot import exp

_stock_objects = database.objects
Named = tuple[str, str, int]


def apply() -> None:
    database.objects = objects
    datasets.exists = exists
    partitions._hidden = _hidden


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


def _catalogue(project_id: str) -> str:
    quoted: str = database.quote(f"__ducklake_metadata_{project_id}")
    return quoted


def _rows(sql: str, *given: str | None) -> list[Named]:
    found: list[Named] = database.fetch(sql, list(given))
    return found
