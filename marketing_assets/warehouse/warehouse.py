"""The interface of a warehouse: the tables of one tenant, in layers, written by whole days.

Every write is atomic: a reader, or a run after a crash, sees all of it or nothing. Every engine declares
its tables explicitly from a `TableSpec`; nothing is inferred from the rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from marketing_assets.partitions import DayRange
from marketing_assets.schema import DAY
from marketing_assets.table_spec import TableSpec

LAYERS = ("raw", "staging", "mart", "ml", "ops")
"""The layers of a tenant: a schema each on DuckDB, a dataset each on BigQuery."""

BATCH_ROWS = 50_000
"""Rows of a frame that is read, and rows gathered before they are written."""


@dataclass(frozen=True)
class Replaced:
    """What a write did. Both maps hold every day of the range, days without rows as 0."""

    rows_by_day: dict[date, int]
    before_by_day: dict[date, int]
    table_rows: int
    """Rows in the whole table afterwards."""

    @property
    def rows(self) -> int:
        """Rows in the range now."""
        return sum(self.rows_by_day.values())

    @property
    def rows_before(self) -> int:
        """Rows in the range before."""
        return sum(self.before_by_day.values())


@dataclass(frozen=True)
class ColumnInfo:
    """A column as it stands in the engine: `type` in the engine's own words."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class TableInfo:
    """A table as it stands in the engine."""

    name: str
    description: str
    columns: tuple[ColumnInfo, ...]


class Warehouse(ABC):
    """The tables of one tenant. `layer` is one of `LAYERS`; another one is a ValueError.

    Every method raises `WarehouseBusy` where the engine stays locked, and reads of one table raise
    `NoSuchTable` where it was never written.
    """

    tenant_id: str

    @contextmanager
    def held(self) -> Iterator[None]:
        """What is done inside may share what opening the warehouse costs. Nothing else changes."""
        yield

    @abstractmethod
    def replace_days(
        self,
        layer: str,
        table: TableSpec,
        days: DayRange,
        batches: Iterable[pl.DataFrame],
        only: Mapping[str, str] | None = None,
    ) -> Replaced:
        """Replace exactly these days by the rows of the batches, all at once or not at all.

        `only` narrows it to the rows of these days that have the given values; the batches must have them
        too. It is for tables that several writers share, such as the dead letters of all raw tables.

        Batches stream through, so memory stays bounded whatever the range; no batch at all empties the
        days. All of them are pulled before the table is touched, so they may take their time.
        Raises `WrongRows` (rows outside the range, wrong columns or types, a null in a required column),
        `SchemaConflict`, `WarehouseFull`, and whatever the batches raise.
        """

    @abstractmethod
    def replace_table(self, layer: str, table: TableSpec, batches: Iterable[pl.DataFrame]) -> int:
        """Replace the whole content of a table that is not divided by days; returns the rows it has now."""

    @abstractmethod
    def append_keyed(self, layer: str, table: TableSpec, frame: pl.DataFrame) -> int:
        """Add rows, each replacing the rows that have its key; returns the rows written.

        Of rows with the same key in one frame the last one counts, so writing a frame twice changes nothing.
        """

    @abstractmethod
    def replace_values(self, layer: str, table: str, column: str, changed: Mapping[str, str | None]) -> int:
        """Replace values of a text column, all at once or not at all; returns the rows changed."""

    @abstractmethod
    def delete_before(self, layer: str, table: str, day: date, only: Mapping[str, str] | None = None) -> int:
        """Delete the rows of all days before `day`, narrowed by `only`; returns how many there were."""

    @abstractmethod
    def drop_layer(self, layer: str) -> None:
        """Remove a layer with all its tables for good; nothing where it does not exist."""

    def forget(self) -> None:
        """Leave nothing on disk of what was deleted or replaced, where the engine is one's own."""
        return

    @abstractmethod
    def read(
        self,
        layer: str,
        table: str,
        days: DayRange | None = None,
        columns: Sequence[str] | None = None,
        day_column: str = DAY,
    ) -> pl.DataFrame:
        """The rows of the days (all rows where `days` is None), in no particular order."""

    @abstractmethod
    def scan_batches(
        self,
        layer: str,
        table: str,
        days: DayRange | None = None,
        columns: Sequence[str] | None = None,
        day_column: str = DAY,
    ) -> Iterator[pl.DataFrame]:
        """As `read`, in frames of at most `BATCH_ROWS` rows.

        The warehouse stays open until the iterator is exhausted or closed.
        """

    @abstractmethod
    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """The result of one SELECT, which cannot write. Parameters are named and stand as `$name`."""

    @abstractmethod
    def count_by_day(self, layer: str, table: str, days: DayRange, day_column: str = DAY) -> dict[date, int]:
        """Rows of every day of the range; 0 for days without rows and for a table never written."""

    @abstractmethod
    def tables(self, layer: str) -> list[str]:
        """Names of the tables and views of a layer, sorted."""

    @abstractmethod
    def describe(self, layer: str, table: str) -> TableInfo:
        """The table with its columns and descriptions as they stand in the engine."""

    @abstractmethod
    def relation(self, layer: str, table: str) -> str:
        """The table's full name, quoted for SQL."""


def check_layer(layer: str) -> str:
    """The layer, if it is one."""
    if layer not in LAYERS:
        raise ValueError(f"'{layer}' is no layer; use one of {', '.join(LAYERS)}")
    return layer
