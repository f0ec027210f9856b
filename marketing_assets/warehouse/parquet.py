"""Rows as one Parquet file whose schema says what the table's declaration says, nested items and all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from marketing_assets.schema import NUMERIC_PRECISION, NUMERIC_SCALE, Column, Type
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.errors import WarehouseFull, says_no_room
from marketing_assets.warehouse.frames import gather

_ARROW: dict[Type, pa.DataType] = {
    Type.STRING: pa.large_string(),
    Type.JSON: pa.large_string(),
    Type.INT64: pa.int64(),
    Type.NUMERIC: pa.decimal128(NUMERIC_PRECISION, NUMERIC_SCALE),
    Type.BOOL: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: pa.timestamp("us", "UTC"),
}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The Arrow schema of columns; what is required cannot be null, as BigQuery's loader wants it."""
    return pa.schema([_field(c) for c in columns])


def _field(column: Column) -> pa.Field:
    inner = pa.struct([_field(f) for f in column.fields]) if column.fields else _ARROW[column.type]
    if column.repeated:
        return pa.field(column.name, pa.large_list(inner))
    return pa.field(column.name, inner, nullable=not column.required)


def write(frames: Iterable[pl.DataFrame], table: TableSpec, file: Path) -> Counter[date | None]:
    """Write frames of the table's columns to one file; rows by day (under None where it has no days).

    Frames are written as they come, so memory stays bounded. Raises `WarehouseFull`.
    """
    schema, counts = arrow_schema(table.columns), Counter[date | None]()
    try:
        # Statistics serve who reads parts of a file; a load reads it whole.
        with pq.ParquetWriter(file, schema, compression="zstd", write_statistics=False) as writer:
            for frame in gather(frames):
                writer.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema))
                counts.update(
                    frame[table.day_column].to_list() if table.day_column else [None] * frame.height
                )
    except OSError as error:
        if says_no_room(error):
            raise WarehouseFull.at(file, error) from error
        raise
    return counts
