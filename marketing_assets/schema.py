"""The table contract: one declaration of a table from which every engine's schema derives.

A `Table` names the columns that land from a platform, where each stands in the platform's record, what
it means, whether it may be missing and whether it is personal data. Polars dtypes, DuckDB types,
validation, masking, column docs in the Dagster UI and dbt source YAML are all derived from it, so they
cannot drift apart.

Units: money is `NUMERIC` (38 digits, 9 decimals) in the major unit of the currency that stands in the
same row. `TIMESTAMP` is an instant in UTC. `DATE` is a calendar day in the zone that its description
names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

NUMERIC_PRECISION = 38
NUMERIC_SCALE = 9

DAY = "day"
"""The partition column of every raw table: the local day a row belongs to."""


class Type(StrEnum):
    """The scalar types a column can have, named as BigQuery names them."""

    STRING = "STRING"
    INT64 = "INT64"
    NUMERIC = "NUMERIC"
    BOOL = "BOOL"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    JSON = "JSON"
    RECORD = "RECORD"


class Wire(StrEnum):
    """How a value is written in the platform's record, where that is not plain text or a number."""

    PLAIN = "plain"
    UNIX_SECONDS = "unix seconds"
    MICROS = "millionths of the unit, as a whole number"
    ISO_TIMESTAMP = "ISO 8601 timestamp"
    ISO_DATE = "ISO 8601 date"


class Pii(StrEnum):
    """What is done to a personal value before it touches a disk.

    `HASH` replaces a scalar by a keyed hash, which still joins; `DROP` replaces any value, nested or not,
    by null.
    """

    HASH = "hash"
    DROP = "drop"


@dataclass(frozen=True)
class Column:
    """One column of a table, or one field of a nested record.

    `source` is the dotted path in the platform's record (the column's name where it is left out).
    `fields` makes a nested record, `repeated` a list of it.
    """

    name: str
    type: Type
    description: str
    required: bool = False
    pii: Pii | None = None
    source: str | None = None
    wire: Wire = Wire.PLAIN
    fields: tuple[Column, ...] = ()
    repeated: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        return tuple((self.source or self.name).split("."))


@dataclass(frozen=True)
class Masked:
    """A personal field of the platform's record that has no column: it is masked, never kept."""

    source: str
    pii: Pii

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.source.split("."))


@dataclass(frozen=True)
class Table:
    """The contract of one raw table.

    `day_from` is the column that gives a row its partition day: a DATE as it stands, a TIMESTAMP in the
    tenant's time zone, or None where the row is a snapshot and belongs to the day it was fetched.
    `version` is the column whose largest value wins when a key comes twice in one fetch.
    `control` maps a figure that the platform reports on its own (see `ingest`) to the column it sums;
    `rows` counts rows and needs no column.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    day_from: str | None
    version: str | None = None
    control: dict[str, str] = field(default_factory=dict)
    masked: tuple[Masked, ...] = ()
    ignored: tuple[str, ...] = ()
    """Fields that the platform is known to send and that have no column: they stay in `raw_json`, and
    whatever comes in them is no drift."""

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The contract's columns, then those that every raw table carries."""
        return self.columns + COMMON_COLUMNS

    def personal(self) -> Iterator[tuple[tuple[str, ...], Pii]]:
        """Paths in the platform's record that hold personal data, with what is done to them."""
        for column in self.columns:
            yield from _personal(column, ())
        for masked in self.masked:
            yield masked.path, masked.pii


def _personal(column: Column, prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Pii]]:
    path = prefix + column.path
    if column.pii is not None:
        yield path, column.pii
    for inner in column.fields:
        yield from _personal(inner, path)


COMMON_COLUMNS: tuple[Column, ...] = (
    Column("tenant_id", Type.STRING, "The tenant the row belongs to.", required=True),
    Column(DAY, Type.DATE, "Partition day: the local day the row belongs to.", required=True),
    Column("_ingested_at", Type.TIMESTAMP, "When the row's payload was fetched.", required=True),
    Column("_source_file", Type.STRING, "The landed file that holds the row's payload.", required=True),
    Column("raw_json", Type.JSON, "The platform's record as it came, personal values masked.", required=True),
)

_POLARS: dict[Type, pl.DataType] = {
    Type.STRING: pl.String(),
    Type.INT64: pl.Int64(),
    Type.NUMERIC: pl.Decimal(NUMERIC_PRECISION, NUMERIC_SCALE),
    Type.BOOL: pl.Boolean(),
    Type.DATE: pl.Date(),
    Type.TIMESTAMP: pl.Datetime("us", "UTC"),
    Type.JSON: pl.String(),
}

_DUCKDB: dict[Type, str] = {
    Type.STRING: "VARCHAR",
    Type.INT64: "BIGINT",
    Type.NUMERIC: f"DECIMAL({NUMERIC_PRECISION},{NUMERIC_SCALE})",
    Type.BOOL: "BOOLEAN",
    Type.DATE: "DATE",
    Type.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    Type.JSON: "VARCHAR",
}


def polars_dtype(column: Column) -> pl.DataType:
    """The Polars dtype of a column's typed values."""
    if column.type is Type.RECORD:
        inner: pl.DataType = pl.Struct([pl.Field(f.name, polars_dtype(f)) for f in column.fields])
    else:
        inner = _POLARS[column.type]
    return pl.List(inner) if column.repeated else inner


def polars_schema(columns: tuple[Column, ...]) -> pl.Schema:
    return pl.Schema({c.name: polars_dtype(c) for c in columns})


def duckdb_type(column: Column) -> str:
    """The DuckDB type of a column, nested records included."""
    if column.type is Type.RECORD:
        inner = "STRUCT(" + ", ".join(f'"{f.name}" {duckdb_type(f)}' for f in column.fields) + ")"
    else:
        inner = _DUCKDB[column.type]
    return inner + "[]" if column.repeated else inner
