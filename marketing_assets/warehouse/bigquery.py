"""The warehouse on BigQuery: a dataset for each layer of a tenant.

What a write guarantees: one partition is one load job, which BigQuery does whole or not at all. A range of
partitions is loaded beside the table first and put in its place by one transaction. Either way a reader
sees the old days or the new ones, a crash leaves the old ones, and a job whose answer was lost is found
again by its id instead of being sent twice.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import sqlglot
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from marketing_assets.partitions import DayRange
from marketing_assets.schema import DAY
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse import bigquery_sql as sql
from marketing_assets.warehouse.bigquery_client import client
from marketing_assets.warehouse.bigquery_errors import asking
from marketing_assets.warehouse.bigquery_jobs import patience, query
from marketing_assets.warehouse.bigquery_names import Place, dataset_id
from marketing_assets.warehouse.bigquery_params import parameters
from marketing_assets.warehouse.bigquery_schema import drop_dataset, found_table, info_of, no_such_table
from marketing_assets.warehouse.bigquery_write import INCOMING, Write, writing
from marketing_assets.warehouse.errors import NoSuchTable
from marketing_assets.warehouse.frames import checked_batches, conform
from marketing_assets.warehouse.warehouse import BATCH_ROWS, Replaced, TableInfo, Warehouse, check_layer

_UNFINISHED = re.compile(rf"^{INCOMING}|__dbt_tmp\d*$")
"""Tables of incoming rows, ours and dbt's, that a killed run has left until they expire."""

_MOST_VALUES = 5_000
"""Values that one statement replaces."""


@dataclass(frozen=True)
class BigQueryWarehouse(Warehouse):
    """The warehouse of one tenant in the project of the settings."""

    settings: Settings
    tenant_id: str

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

        with ThreadPoolExecutor(1) as aside:
            # BigQuery counts while the rows are made ready here.
            counted = aside.submit(self.count_by_day, layer, table.name, days, day_column)
            with self._writing(place, table, checked) as write:
                before = counted.result()
                if not write.counts and not any(before.values()):
                    return Replaced(before, before, write.table_rows())  # none there, none to come: no job
                if len(days) == 1 and not only:
                    write.load_partition(days.first)
                else:
                    with write.incoming() as incoming:
                        names = [c.name for c in table.columns]
                        script = sql.replace_days(place, incoming, names, day_column, days, only or {})
                        write.query(script, "replace")
                now = dict.fromkeys(days, 0) | {d: n for d, n in write.counts.items() if d is not None}
                return Replaced(now, before, write.table_rows())

    def replace_table(self, layer: str, table: TableSpec, batches: Iterable[pl.DataFrame]) -> int:
        place = self._place(layer, table.name)
        checked = (conform(batch, table, str(place)) for batch in batches)
        with self._writing(place, table, checked) as write:
            write.load_table()
            return write.counts.total()

    def append_keyed(self, layer: str, table: TableSpec, frame: pl.DataFrame) -> int:
        if not table.key:
            raise ValueError(f"table {table.name} has no key to append by")
        place = self._place(layer, table.name)
        checked = conform(frame, table, str(place))
        checked = checked.unique(subset=list(table.key), keep="last", maintain_order=True)
        with self._writing(place, table, [checked]) as write, write.incoming() as incoming:
            if incoming:
                names = [c.name for c in table.columns]
                write.query(sql.replace_keys(place, incoming, names, table.key), "append")
        return checked.height

    def replace_values(self, layer: str, table: str, column: str, changed: Mapping[str, str | None]) -> int:
        place, rows, pairs = self._place(layer, table), 0, list(changed.items())
        with self._client() as at:
            # A statement takes so many parameters; each is whole or not at all, and can be sent again.
            for some in (pairs[i : i + _MOST_VALUES] for i in range(0, len(pairs), _MOST_VALUES)):
                given = [
                    bigquery.ArrayQueryParameter("old", "STRING", [old for old, _ in some]),
                    bigquery.ArrayQueryParameter("new", "STRING", [new or "" for _, new in some]),
                ]
                text = sql.replace_values(place, column)
                job = query(at, self.settings, place, text, _job_id(place), given)
                rows += int(job.num_dml_affected_rows or 0)
        return rows

    def delete_before(self, layer: str, table: str, day: date, only: Mapping[str, str] | None = None) -> int:
        place = self._place(layer, table)
        with self._client() as at:
            text = sql.delete_before(place, DAY, day, only or {})
            job = query(at, self.settings, place, text, _job_id(place))
            return int(job.num_dml_affected_rows or 0)

    def drop_layer(self, layer: str) -> None:
        with self._client() as at:
            drop_dataset(at, self.settings, self._place(layer, ""))

    def read(
        self,
        layer: str,
        table: str,
        days: DayRange | None = None,
        columns: Sequence[str] | None = None,
        day_column: str = DAY,
    ) -> pl.DataFrame:
        place = self._place(layer, table)
        with self._client() as at:
            return self._rows(place, self._selected(at, place, days, columns, day_column))

    def scan_batches(
        self,
        layer: str,
        table: str,
        days: DayRange | None = None,
        columns: Sequence[str] | None = None,
        day_column: str = DAY,
    ) -> Iterator[pl.DataFrame]:
        place = self._place(layer, table)
        with self._client() as at:
            text = self._selected(at, place, days, columns, day_column)
            job = query(at, self.settings, place, text, _job_id(place))
            for batch in job.result(page_size=BATCH_ROWS).to_arrow_iterable():
                yield from _frame(batch).iter_slices(BATCH_ROWS)

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        text, given = parameters(sql, params or {})
        statements = [s for s in sqlglot.parse(text, read="bigquery") if s]
        if len(statements) != 1 or not isinstance(statements[0], sqlglot.exp.Query):
            raise ValueError("a query is one SELECT; write through the other methods")
        return self._rows(self._place("ops", "query"), text, given)

    def count_by_day(self, layer: str, table: str, days: DayRange, day_column: str = DAY) -> dict[date, int]:
        place = self._place(layer, table)
        with self._client() as at:
            try:
                return self._count_by_day(at, place, day_column, days)
            except NoSuchTable:
                return dict.fromkeys(days, 0)

    def tables(self, layer: str) -> list[str]:
        place = self._place(layer, "")
        with self._client() as at, asking(place):
            try:
                found = at.list_tables(f"{place.project}.{place.dataset}", retry=patience(self.settings))
                names = [t.table_id for t in found]
            except NotFound:
                return []
        return sorted(name for name in names if not _UNFINISHED.search(name))

    def describe(self, layer: str, table: str) -> TableInfo:
        place = self._place(layer, table)
        with self._client() as at, asking(place):
            found = found_table(at, self.settings, place)
        if found is None:
            raise no_such_table(place)
        return info_of(found)

    def relation(self, layer: str, table: str) -> str:
        return self._place(layer, table).sql

    def _place(self, layer: str, table: str) -> Place:
        dataset = dataset_id(self.settings, self.tenant_id, check_layer(layer))
        return Place(self.tenant_id, layer, self.settings.bigquery_project, dataset, table)

    @contextmanager
    def _writing(self, place: Place, table: TableSpec, frames: Iterable[pl.DataFrame]) -> Iterator[Write]:
        with self._client() as at, writing(at, self.settings, place, table, frames) as write:
            yield write

    def _client(self) -> closing[bigquery.Client]:
        return closing(client(self.settings))

    def _selected(
        self,
        at: bigquery.Client,
        place: Place,
        days: DayRange | None,
        columns: Sequence[str] | None,
        day_column: str,
    ) -> str:
        """The statement that reads rows; of all days, for a table that has to be asked for them by name."""
        if days is None and place.layer == "raw":
            with asking(place):
                found = found_table(at, self.settings, place)
            if found is not None and found.require_partition_filter:
                days = DayRange(date.min, date.max)
        return sql.select(place, days, columns, day_column)

    def _rows(
        self, place: Place, text: str, given: Sequence[bigquery.ScalarQueryParameter] = ()
    ) -> pl.DataFrame:
        with self._client() as at:
            job = query(at, self.settings, place, text, _job_id(place), given)
            # The faster storage API is another server, which a server of one's own does not have.
            found = job.to_arrow(create_bqstorage_client=not self.settings.bigquery_endpoint)
            return _frame(found)

    def _count_by_day(
        self, at: bigquery.Client, place: Place, day_column: str, days: DayRange
    ) -> dict[date, int]:
        job = query(at, self.settings, place, sql.count_by_day(place, day_column, days), _job_id(place))
        return dict.fromkeys(days, 0) | {row["day"]: row["n"] for row in job.result()}


def _job_id(place: Place) -> str:
    return f"marketing_{place.tenant_id}_query_{secrets.token_hex(8)}"


def _frame(found: Any) -> pl.DataFrame:
    frame = pl.from_arrow(found)
    assert isinstance(frame, pl.DataFrame)
    return frame
