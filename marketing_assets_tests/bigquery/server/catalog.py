"""What tables there are, asked of DuckLake's own catalogue.

The stock server asks DuckDB's table functions, which load every table of every project anew after each
change: a tenth of a second for a question that is asked several times a statement. Columns are asked for
with every mention of a table, so they are kept until a snapshot changes that table.
"""

from __future__ import annotations

import threading

import duckdb
from local_bigquery.catalog import datasets, names, tables
from local_bigquery.engine import database, types
from local_bigquery.errors import not_found
from local_bigquery.models import TableFieldSchema
from local_bigquery.sql.rules import partitions
from sqlglot import exp

_stock_objects = database.objects
Named = tuple[str, str, int]
Columns = dict[tuple[str, str], list[TableFieldSchema]]

_kept: dict[str, tuple[int, Columns]] = {}
"""By project: the snapshot up to which changes were read, and the columns by dataset and table."""

_keeping = threading.Lock()


def apply() -> None:
    database.objects = objects
    datasets.exists = exists
    partitions._hidden = _hidden


def objects(project_id: str, dataset_id: str, table_id: str | None = None) -> list[Named]:
    """`database.objects`: tables and views of a dataset, by name, with their kind and rows."""
    if dataset_id == tables.RESULTS and table_id is not None:
        return _result(project_id, table_id)
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


def _result(project_id: str, table_id: str) -> list[Named]:
    """The result of a job, a table in DuckDB itself."""
    table = database.quote(project_id, tables.RESULTS, table_id)
    try:
        ((rows,),) = database.fetch(f"SELECT count(*) FROM {table}")
    except duckdb.CatalogException:
        return []
    return [(table_id, "TABLE", rows)]


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
    """The columns of a table with their types and modes. Raises not-found."""
    if project_id not in database._attached:
        return _columns(project_id, dataset_id, table_id)
    # A change after this question puts another dict in place, so what is asked too early is not kept.
    kept = _unchanged(project_id)
    place = (dataset_id.casefold(), table_id.casefold())
    if place not in kept:
        kept[place] = _columns(project_id, dataset_id, table_id)
    return list(kept[place])


def _unchanged(project_id: str) -> Columns:
    """The kept columns that are still right."""
    at = _catalogue(project_id)
    with _keeping:
        ((_, _, last),) = _rows(f"SELECT '', '', max(snapshot_id) FROM {at}.ducklake_snapshot")
        seen, kept = _kept.get(project_id, (last, {}))
        if last != seen:
            changed = _changed(at, seen)
            kept = {place: columns for place, columns in kept.items() if place not in changed}
        _kept[project_id] = last, kept
        return kept


def _changed(at: str, seen: int) -> set[tuple[str, str]]:
    """Tables made, altered or dropped after a snapshot; views, which follow their tables, always."""
    rows = _rows(
        f"""SELECT s.schema_name, t.table_name, 0
            FROM {at}.ducklake_table t JOIN {at}.ducklake_schema s USING (schema_id)
            JOIN {at}.ducklake_column c USING (table_id)
            WHERE greatest(t.begin_snapshot, t.end_snapshot, c.begin_snapshot, c.end_snapshot) > {seen}
            UNION
            SELECT s.schema_name, v.view_name, 0
            FROM {at}.ducklake_view v JOIN {at}.ducklake_schema s USING (schema_id)"""
    )
    return {(schema.casefold(), table.casefold()) for schema, table, _ in rows}


def _columns(project_id: str, dataset_id: str, table_id: str) -> list[TableFieldSchema]:
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
