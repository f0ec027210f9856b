"""The warehouse on DuckDB: one file a tenant, a schema a layer.

Every method opens the file and closes it again, because dbt and other processes need it too; `held` keeps
it open over a few of them.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import polars as pl

from marketing_assets.partitions import DayRange
from marketing_assets.schema import DAY
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse import duckdb_rewrite, duckdb_schema
from marketing_assets.warehouse.duckdb_connection import (
    connect,
    full_disk_named,
    loading,
    loading_limits,
    transaction,
    using,
    writer_lock,
)
from marketing_assets.warehouse.duckdb_schema import Place, catalog, literal, quote
from marketing_assets.warehouse.errors import NoSuchTable, says_no_memory
from marketing_assets.warehouse.frames import checked_batches, conform
from marketing_assets.warehouse.spool import spooled
from marketing_assets.warehouse.warehouse import BATCH_ROWS, Replaced, TableInfo, Warehouse, check_layer

_LOG = logging.getLogger("marketing_assets.warehouse")

Connection = duckdb.DuckDBPyConnection
T = TypeVar("T")

_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


class DuckDBWarehouse(Warehouse):
    """The warehouse of the tenant after whom the file is named.

    `memory_limit` is what DuckDB may use before it spills beside the file, in its own notation (`1GB`);
    `lock_timeout_seconds` is how long to wait for another writer.
    """

    def __init__(self, path: Path, memory_limit: str = "1GB", lock_timeout_seconds: float = 600):
        self.path = path
        self.memory_limit = memory_limit
        self.lock_timeout_seconds = lock_timeout_seconds
        self.tenant_id = path.stem
        self._holding = False
        self._held: Connection | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, the file stays open from its first use on: opening it costs more than a small statement."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
            self._let_go()

    def replace_days(
        self,
        layer: str,
        table: TableSpec,
        days: DayRange,
        batches: Iterable[pl.DataFrame],
        only: Mapping[str, str] | None = None,
    ) -> Replaced:
        day_column = table.day_column
        if day_column is None:
            raise ValueError(f"table {table.name} is not divided by days; use replace_table")
        place = self._place(layer, table.name)
        checked = checked_batches(batches, table, day_column, days, only, f"{place}, {days}")

        def replace(connection: Connection, rows: str) -> Replaced:
            before = _count_by_day(connection, place.sql, days, day_column)
            narrowed = "".join(f" and {quote(name)} = ${name}" for name in only or {})
            doomed = f"delete from {place.sql} where {_between(day_column)}{narrowed}"
            connection.execute(doomed, {**_bounds(days), **(only or {})})
            _insert(connection, place.sql, rows)
            now = _count_by_day(connection, place.sql, days, day_column)
            return Replaced(now, before, _count(connection, place.sql))

        return self._write(place, table, checked, replace)

    def replace_table(self, layer: str, table: TableSpec, batches: Iterable[pl.DataFrame]) -> int:
        place = self._place(layer, table.name)
        checked = (conform(batch, table, str(place)) for batch in batches)

        def replace(connection: Connection, rows: str) -> int:
            connection.execute(f"delete from {place.sql}")
            _insert(connection, place.sql, rows)
            return _count(connection, place.sql)

        return self._write(place, table, checked, replace)

    def append_keyed(self, layer: str, table: TableSpec, frame: pl.DataFrame) -> int:
        if not table.key:
            raise ValueError(f"table {table.name} has no key to append by")
        place = self._place(layer, table.name)
        checked = conform(frame, table, str(place))
        checked = checked.unique(subset=list(table.key), keep="last", maintain_order=True)
        same = " and ".join(f"kept.{quote(k)} = fresh.{quote(k)}" for k in table.key)

        def append(connection: Connection, rows: str) -> int:
            if rows:
                connection.execute(f"delete from {place.sql} as kept using {rows} as fresh where {same}")
            _insert(connection, place.sql, rows)
            return checked.height

        return self._write(place, table, [checked], append)

    def replace_values(self, layer: str, table: str, column: str, changed: Mapping[str, str | None]) -> int:
        place = self._place(layer, table)
        named = {"old": list(changed), "new": list(changed.values())}
        fresh = pl.DataFrame(named, schema={"old": pl.String, "new": pl.String})
        sql = (
            f"update {place.sql} as kept set {quote(column)} = fresh.new from fresh "
            f"where kept.{quote(column)} = fresh.old"
        )
        with (
            writer_lock(self.path, self.lock_timeout_seconds),
            full_disk_named(self.path),
            self._reading(place) as connection,
            transaction(connection),
        ):
            connection.register("fresh", fresh)
            return int(connection.execute(sql).fetchall()[0][0])

    def delete_before(self, layer: str, table: str, day: date, only: Mapping[str, str] | None = None) -> int:
        place = self._place(layer, table)
        narrowed = "".join(f" and {quote(name)} = ${name}" for name in only or {})
        sql = f"delete from {place.sql} where {quote(DAY)} < $day{narrowed}"
        with (
            writer_lock(self.path, self.lock_timeout_seconds),
            full_disk_named(self.path),
            self._reading(place) as connection,
            transaction(connection),
        ):
            return int(connection.execute(sql, {"day": day, **(only or {})}).fetchall()[0][0])

    def drop_layer(self, layer: str) -> None:
        check_layer(layer)
        if not self.path.exists():
            return
        with writer_lock(self.path, self.lock_timeout_seconds), using(self._connect()) as connection:
            connection.execute(
                f"drop schema if exists {quote(catalog(self.tenant_id))}.{quote(layer)} cascade"
            )

    def forget(self) -> None:
        if self.path.exists():
            with writer_lock(self.path, self.lock_timeout_seconds), full_disk_named(self.path):
                duckdb_rewrite.rewrite(self.path, self.memory_limit, self.lock_timeout_seconds)

    def read(
        self,
        layer: str,
        table: str,
        days: DayRange | None = None,
        columns: Sequence[str] | None = None,
        day_column: str = DAY,
    ) -> pl.DataFrame:
        place = self._place(layer, table)
        with self._reading(place) as connection:
            return connection.execute(*_select(place, days, columns, day_column)).pl()

    def scan_batches(
        self,
        layer: str,
        table: str,
        days: DayRange | None = None,
        columns: Sequence[str] | None = None,
        day_column: str = DAY,
    ) -> Iterator[pl.DataFrame]:
        place = self._place(layer, table)
        with self._reading(place) as connection:
            found = connection.execute(*_select(place, days, columns, day_column))
            for batch in found.to_arrow_reader(BATCH_ROWS):
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)
                yield frame

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        with using(self._connect()) as connection:
            statements = connection.extract_statements(sql)
            if [s.type for s in statements] != [duckdb.StatementType.SELECT]:
                raise ValueError("a query is one SELECT; write through the other methods")
            connection.execute("begin transaction read only")
            return connection.execute(statements[0], dict(params or {})).pl()

    def count_by_day(self, layer: str, table: str, days: DayRange, day_column: str = DAY) -> dict[date, int]:
        place = self._place(layer, table)
        try:
            with self._reading(place) as connection:
                return _count_by_day(connection, place.sql, days, day_column)
        except NoSuchTable:
            return dict.fromkeys(days, 0)

    def tables(self, layer: str) -> list[str]:
        check_layer(layer)
        if not self.path.exists():
            return []
        with using(self._connect()) as connection:
            return duckdb_schema.table_names(connection, layer)

    def describe(self, layer: str, table: str) -> TableInfo:
        place = self._place(layer, table)
        with self._reading(place) as connection:
            return duckdb_schema.describe(connection, place)

    def relation(self, layer: str, table: str) -> str:
        return self._place(layer, table).sql

    def read_copy(self, target: Path) -> Path:
        """Put a copy of the whole file, for people and tools to read while runs go on, at `target`.

        The copy replaces an older one at once and is read-only, so nobody mistakes it for the warehouse.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        with writer_lock(self.path, self.lock_timeout_seconds), using(self._connect()) as connection:
            connection.execute("checkpoint")
            try:
                # In another process, because closing a file drops every lock this process has on it, and
                # DuckDB's lock with them.
                copy = [sys.executable, "-I", "-S", "-c", _COPY, str(self.path), str(fresh)]
                subprocess.run(copy, check=True)
                fresh.chmod(0o444)
                fresh.replace(target)
            finally:
                fresh.unlink(missing_ok=True)
        return target

    def _connect(self) -> Connection:
        if self._holding and self._held is None:
            self._held = connect(self.path, self.memory_limit, self.lock_timeout_seconds)
        return connect(self.path, self.memory_limit, self.lock_timeout_seconds)

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _write(
        self,
        place: Place,
        table: TableSpec,
        frames: Iterable[pl.DataFrame],
        action: Callable[[Connection, str], T],
    ) -> T:
        """Do `action` in a transaction in which the table stands as declared; what it returns.

        It is given the rows as a relation for its SQL, empty text where there are none. The frames are all
        pulled before the file is opened. Where the memory does not suffice, nothing is changed and all is
        done again under the next of `loading_limits`.
        """
        with (
            spooled(frames, self.path.with_suffix(".incoming")) as files,
            writer_lock(self.path, self.lock_timeout_seconds),
            full_disk_named(self.path),
        ):
            limits = loading_limits(self.memory_limit, files)
            for limit in limits:
                try:
                    return self._write_under(limit, place, table, lambda at: action(at, _parquet(files)))
                except duckdb.Error as error:
                    if limit == limits[-1] or not says_no_memory(error):
                        raise
                    self._let_go()  # a failed commit may have closed the database for good
                    _LOG.info("%s: does not fit into %s, trying with more: %s", place, limit, error)
        raise AssertionError("unreachable")

    def _write_under(
        self, limit: str | None, place: Place, table: TableSpec, action: Callable[[Connection], T]
    ) -> T:
        with using(self._connect()) as connection, loading(connection, limit, self.memory_limit):
            duckdb_schema.ensure_layers(connection, self.tenant_id)
            with transaction(connection):
                duckdb_schema.ensure_table(connection, place, table)
                return action(connection)

    @contextmanager
    def _reading(self, place: Place) -> Iterator[Connection]:
        """A connection to a file that has the table. Raises `NoSuchTable`."""
        if not self.path.exists():
            raise duckdb_schema.no_such_table(place)
        with using(self._connect()) as connection:
            if place.table not in duckdb_schema.table_names(connection, place.layer):
                raise duckdb_schema.no_such_table(place)
            yield connection

    def _place(self, layer: str, table: str) -> Place:
        return Place(self.tenant_id, check_layer(layer), table)


def _parquet(files: list[Path]) -> str:
    if not files:
        return ""
    names = ", ".join(literal(str(file)) for file in files)
    # Without the option a folder named `key=value` on the way would become a column.
    return f"read_parquet([{names}], hive_partitioning = false)"


def _insert(connection: Connection, name: str, rows: str) -> None:
    if rows:
        connection.execute(f"insert into {name} by name select * from {rows}")


def _between(day_column: str) -> str:
    return f"{quote(day_column)} between $first and $last"


def _bounds(days: DayRange) -> dict[str, date]:
    return {"first": days.first, "last": days.last}


def _select(
    place: Place, days: DayRange | None, columns: Sequence[str] | None, day_column: str
) -> tuple[str, dict[str, date]]:
    wanted = "*" if columns is None else ", ".join(map(quote, columns))
    sql = f"select {wanted} from {place.sql}"
    return (sql, {}) if days is None else (f"{sql} where {_between(day_column)}", _bounds(days))


def _count(connection: Connection, name: str) -> int:
    return int(_rows(connection, f"select count(*) from {name}", {})[0][0])


def _count_by_day(connection: Connection, name: str, days: DayRange, day_column: str) -> dict[date, int]:
    sql = f"select {quote(day_column)}, count(*) from {name} where {_between(day_column)} group by all"
    return dict.fromkeys(days, 0) | dict(_rows(connection, sql, _bounds(days)))


def _rows(connection: Connection, sql: str, params: dict[str, date]) -> list[tuple[Any, ...]]:
    return connection.execute(sql, params).fetchall()
