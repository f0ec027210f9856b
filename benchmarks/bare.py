"""The bare limit: Polars reads the records as NDJSON, one DuckDB transaction takes the frame.

No landing, no masking, no judging of records, no duplicates, no bounded memory: what any pipeline over these
two libraries has to do at the very least to fill the same table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchmarks.tables import ADS, Measured, tenant
from marketing_assets.schema import Column, Type, Wire, duckdb_type, polars_schema

_TIMES = "2026-11-20T00:00:00"


def lines_of(measured: Measured, bodies: list[bytes]) -> bytes:
    """The records as NDJSON. Not part of what is timed."""
    pages: Any = measured.of_bodies(bodies).fetch(None, None)  # type: ignore[arg-type]
    return b"".join(bytes(record) + b"\n" for page in pages for record in page.records)


def ingest(measured: Measured, lines: bytes, folder: Path) -> int:
    """Decode and insert; the rows that are there at the end."""
    return insert(measured, decode(measured, lines), folder)


def decode(measured: Measured, lines: bytes) -> pl.DataFrame:
    """The records as a frame of the table's columns and types."""
    columns = measured.table.contract.columns
    text = pl.read_csv(
        lines, separator="\x01", quote_char=None, has_header=False, schema={"raw_json": pl.String}
    )
    wire = pl.read_ndjson(lines, schema=_wire_schema(measured, columns))
    frame = pl.concat([wire.select(_column(c) for c in columns), text], how="horizontal")
    # Converting here is several times faster than leaving it to the insertion.
    wanted = polars_schema(measured.table.contract.all_columns)
    return frame.with_columns(_common(measured)).cast(dict(wanted))  # type: ignore[arg-type]


def insert(measured: Measured, frame: pl.DataFrame, folder: Path) -> int:
    """One transaction: a fresh table of the declared types, filled from the frame."""
    columns = measured.table.contract.all_columns
    declared = ", ".join(f'"{c.name}" {duckdb_type(c)}' for c in columns)
    with duckdb.connect(str(folder / "bare.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        connection.register("rows_to_write", frame)
        connection.execute("begin transaction")
        connection.execute(f"create table target ({declared})")
        connection.execute("insert into target by name select * from rows_to_write")
        connection.execute("commit")
        ((count,),) = connection.execute("select count(*) from target").fetchall()
    return int(count)


def _common(measured: Measured) -> list[pl.Expr]:
    day = pl.col("date_start")
    if measured is not ADS:
        day = pl.col("create_time").dt.convert_time_zone(tenant().time_zone).dt.date()
    return [
        pl.lit(tenant().id).alias("tenant_id"),
        day.alias("day"),
        pl.lit(_TIMES).str.to_datetime().dt.replace_time_zone("UTC").alias("_ingested_at"),
        pl.lit("bare").alias("_source_file"),
    ]


def _wire_schema(measured: Measured, columns: tuple[Column, ...]) -> dict[str, pl.DataType]:
    tree: dict[str, Any] = {}
    for column in columns:
        *parents, leaf = column.path
        level = tree
        for parent in parents:
            level = level.setdefault(parent, {})
        level[leaf] = _wire_type(measured, column)
    return {name: _struct(found) for name, found in tree.items()}


def _struct(found: Any) -> pl.DataType:
    if not isinstance(found, dict):
        dtype: pl.DataType = found
        return dtype
    return pl.Struct({name: _struct(inner) for name, inner in found.items()})


def _wire_type(measured: Measured, column: Column) -> pl.DataType:
    """What the reader takes without conversion: numbers as numbers, what is quoted as text."""
    if column.type is Type.RECORD:
        inner: pl.DataType = pl.Struct(_wire_schema(measured, column.fields))
    elif column.type is Type.BOOL:
        inner = pl.Boolean()
    elif column.wire is Wire.UNIX_SECONDS:
        inner = pl.Int64()
    elif column.type is Type.DATE or (measured is ADS and column.type in {Type.INT64, Type.NUMERIC}):
        inner = pl.String()
    else:
        inner = {Type.INT64: pl.Int64(), Type.NUMERIC: pl.Float64()}.get(column.type, pl.String())
    return pl.List(inner) if column.repeated else inner


def _column(column: Column) -> pl.Expr:
    head, *rest = column.path
    found = pl.col(head)
    for part in rest:
        found = found.struct.field(part)
    if column.wire is Wire.UNIX_SECONDS:
        found = pl.from_epoch(found, time_unit="s").dt.replace_time_zone("UTC")
    elif column.type is Type.DATE:
        found = found.str.to_date("%Y-%m-%d")
    return found.alias(column.name)
