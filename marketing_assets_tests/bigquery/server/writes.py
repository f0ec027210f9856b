"""How jobs write their rows into tables.

What the stock server does otherwise than BigQuery: it makes a new table for every WRITE_TRUNCATE, which loses
the REQUIRED columns; it converts rows to the table's types where BigQuery refuses another type; and it knows
no partitions (see `partitions`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from local_bigquery.catalog import names, tables
from local_bigquery.engine import database, results, types
from local_bigquery.errors import BigQueryError, already_exists, not_found
from local_bigquery.models import JobConfigurationLoad, Table, TableFieldSchema

from marketing_assets_tests.bigquery.server import faults
from marketing_assets_tests.bigquery.server.partitions import (
    Partition,
    Reference,
    partition,
    undecorated,
)

_stock_write = tables.write


def apply() -> None:
    tables.write = write


def write(
    cur: Any,
    query: str,
    params: dict[str, Any] | None,
    reference: Reference,
    config: Any,
    default: str = "WRITE_EMPTY",
    prefix: str = "Invalid schema update. ",
    isolated: bool = False,
) -> bool:
    """`tables.write`: put a query's rows into a table or partition; whether the table is new.

    `isolated`: `cur` has a transaction of its own open that this write is no part of.
    """
    table, partition_id = undecorated(reference)
    fields = _declared(config)
    if partition_id is None and not fields:
        return bool(_stock_write(cur, query, params, reference, config, default, prefix, isolated))
    disposition = config.writeDisposition or default
    with database.writing(*table), database.cursor() if isolated else nullcontext(cur) as writer:
        found = tables.exists(*table)
        if not found:
            _make(table, fields, config)
        meant = partition(table, partition_id) if partition_id else None
        if found and (meant or disposition in {"WRITE_APPEND", "WRITE_TRUNCATE_DATA"}):
            _check_types(table, fields, prefix)
        _check_rows(cur, query, params, table, meant, disposition)
        with _transaction(writer):
            _clear(cur, writer, query, params, table, fields, meant, disposition, config, prefix)
            name = tables.name(*table)
            results.materialise(cur, query, name, params, append=True, writer=writer if isolated else None)
            faults.pass_point("load")
    if fields and not meant and disposition == "WRITE_TRUNCATE":
        tables.annotate(table, Table(schema={"fields": [f.dump() for f in fields]}))
    return not found


def _declared(config: Any) -> list[TableFieldSchema]:
    """The schema that a load job brings."""
    if not isinstance(config, JobConfigurationLoad) or not config.schema_:
        return []
    return list(config.schema_.fields or [])


def _make(table: Reference, fields: list[TableFieldSchema], config: Any) -> None:
    if config.createDisposition == "CREATE_NEVER" or not fields:
        raise not_found("Table", names.label(*table))
    layout = {k: getattr(config, k) for k in tables.LAYOUT if getattr(config, k, None)}
    body = {
        "tableReference": dict(zip(("projectId", "datasetId", "tableId"), table, strict=True)),
        "schema": {"fields": [f.dump() for f in fields]},
    }
    body |= {key: value.dump() for key, value in layout.items()}
    tables.create(*table[:2], Table.model_validate(body), None)


def _check_types(table: Reference, fields: list[TableFieldSchema], prefix: str) -> None:
    have = {f.name.casefold(): f for f in tables.fields(tables.load(*table))}
    for field in fields:
        old = have.get(field.name.casefold())
        if old and types.duckdb_type(old) != types.duckdb_type(field):
            raise BigQueryError(
                "invalid",
                f"{prefix}Field {field.name} has changed type from {old.type} to {field.type}",
            )


def _check_rows(
    cur: Any,
    query: str,
    params: dict[str, Any] | None,
    table: Reference,
    meant: Partition | None,
    disposition: str,
) -> None:
    condition = meant.condition if meant else "true"
    if disposition == "WRITE_EMPTY":
        sql = f"SELECT 1 FROM {tables.name(*table)} WHERE {condition} LIMIT 1"
        if cur.sql(sql).fetchone():
            raise already_exists("Table", meant.label if meant else names.label(*table))
    if meant:
        sql = f"SELECT 1 FROM ({query}) WHERE ({condition}) IS DISTINCT FROM true LIMIT 1"
        if cur.sql(sql, params=params).fetchone():
            raise BigQueryError(
                "invalid",
                f"Some rows belong to different partitions rather than destination partition {meant.label}",
            )


def _clear(
    cur: Any,
    writer: Any,
    query: str,
    params: dict[str, Any] | None,
    table: Reference,
    fields: list[TableFieldSchema],
    meant: Partition | None,
    disposition: str,
    config: Any,
    prefix: str,
) -> None:
    """Make room for the rows: drop those that they replace, add the columns that they bring."""
    name = tables.name(*table)
    if meant is None and disposition == "WRITE_TRUNCATE":
        columns = ", ".join(types.column(f) for f in fields)
        writer.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
        return
    options = getattr(config, "schemaUpdateOptions", None)
    tables.evolve(writer, table, cur.sql(query, params=params), options, prefix)
    if disposition in {"WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA"}:
        writer.execute(f"DELETE FROM {name} WHERE {meant.condition if meant else 'true'}")


@contextmanager
def _transaction(writer: Any) -> Iterator[None]:
    writer.execute("BEGIN")
    try:
        yield
    except BaseException:
        writer.execute("ROLLBACK")
        raise
    writer.execute("COMMIT")
