"""Dagster's event log in SQLite, with connections that are kept.

Dagster's own storage makes an engine, compiles its statements and opens a file anew for every event, and
waits for the disk after each. A refresh of one day writes over a thousand: that was a quarter of its
processor time and half of its duration.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from dagster import EventLogEntry, Field, StringSource
from dagster._core.events import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    EVENT_TYPE_TO_PIPELINE_RUN_STATUS,
    DagsterEventType,
)
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.sql import get_alembic_config
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._serdes import ConfigurableClassData

_KEPT_FILES = 8
_BEFORE_ALL = -1

_INDEXED: frozenset[DagsterEventType] = frozenset(
    {*ASSET_EVENTS, *ASSET_CHECK_EVENTS, *EVENT_TYPE_TO_PIPELINE_RUN_STATUS}
)
"""What Dagster keeps in its file over all runs too."""


class _Batch(threading.local):
    """The open transactions of the batch that this thread writes."""

    def __init__(self) -> None:
        self.connections: dict[str, sa.Connection] = {}


class KeptSqliteEventLogStorage(SqliteEventLogStorage):
    """The files of Dagster's default, in the same place and form: either storage reads what the other wrote.

    `base_dir` is `$DAGSTER_HOME/history/runs` where the configuration names none, as Dagster's default is.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        self._kept: OrderedDict[str, sa.Engine] = OrderedDict()
        self._batch = _Batch()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(  # type: ignore[override]
        cls, inst_data: ConfigurableClassData | None, config_value: dict[str, str]
    ) -> Self:
        default = Path(os.environ.get("DAGSTER_HOME", ""), "history", "runs")
        return cls(config_value.get("base_dir") or str(default), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        if shard in self._batch.connections:
            yield self._batch.connections[shard]
            return
        # One thread at a time, as in Dagster's own; so one connection a file is enough.
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Events of one run as one transaction of its file and one of the index.

        A run over ninety days plans thousands of materialisations at its start, and ends with as many.
        """
        (run_id,) = {event.run_id for event in events}
        rows = {id(event): self._event_to_row(event) for event in events}
        indexed = [event for event in events if event.dagster_event_type in _INDEXED]
        with (
            self._connect(run_id) as of_run,
            self._engine(INDEX_SHARD_NAME).connect() as of_index,
            of_index.begin(),
        ):
            of_run.execute(SqlEventLogStorageTable.insert(), list(rows.values()))
            if indexed:
                of_index.execute(SqlEventLogStorageTable.insert(), [rows[id(event)] for event in indexed])
                # Numbers rise by one within a transaction, which is alone.
                last: int = of_index.execute(
                    sa.select(sa.func.max(SqlEventLogStorageTable.c.id))
                ).scalar_one()
                self._store_of_assets(of_index, indexed, range(last - len(indexed) + 1, last + 1))

    def _store_of_assets(
        self, of_index: sa.Connection, events: Sequence[EventLogEntry], numbers: Sequence[int]
    ) -> None:
        """What Dagster keeps of assets and checks besides the events themselves."""
        of_assets = [
            (event, n)
            for event, n in zip(events, numbers, strict=True)
            if event.dagster_event_type in ASSET_EVENTS
        ]
        self._store_asset_event_tags(of_index, [event for event, _ in of_assets], [n for _, n in of_assets])
        # A later event of an asset and kind replaces what an earlier one said.
        newest = {(e.get_dagster_event().asset_key, e.dagster_event_type): (e, n) for e, n in of_assets}
        for event, n in sorted(newest.values(), key=lambda pair: pair[1]):
            self._store_asset_event(of_index, event, n)
        self._batch.connections = {INDEX_SHARD_NAME: of_index}
        try:
            for event, n in zip(events, numbers, strict=True):
                if event.dagster_event_type in ASSET_CHECK_EVENTS:
                    self.store_asset_check_event(event, n)
        finally:
            self._batch.connections = {}

    def get_maximum_record_id(self) -> int:
        """The newest event's number; below every number where there is none.

        Dagster's condition over run tags takes none for "never evaluated", and would see no tags on the first
        events of an installation.
        """
        newest = super().get_maximum_record_id()
        return _BEFORE_ALL if newest is None else newest

    def has_table(self, table_name: str) -> bool:
        # Asked for at every event of an asset and result of a check, of a form that only ever grows.
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        name = f"asset_keys.{column_name}"
        if name not in self._tables and super()._has_asset_key_col_on_connection(conn, column_name):
            self._tables.add(name)
        return name in self._tables

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._kept:
            self._kept[shard] = _open(create_db_conn_string(self._base_dir, shard))
            self._forget_oldest()
        self._kept.move_to_end(shard)
        if shard not in self._initialized_dbs:
            self._initdb(self._kept[shard])
            self._initialized_dbs.add(shard)
        return self._kept[shard]

    def _initdb(self, engine: sa.Engine, for_index_shard: bool = False) -> None:
        # Dagster compares each file with its list of migrations, which takes longer than all that is read.
        if not _is_current(engine):
            super()._initdb(engine, for_index_shard)

    def _forget_oldest(self) -> None:
        """Every run has a file of its own, and a daemon reads from many."""
        runs = [shard for shard in self._kept if shard != INDEX_SHARD_NAME]
        for shard in runs[:-_KEPT_FILES]:
            self._kept.pop(shard).dispose()

    def _close(self) -> None:
        with self._db_lock:
            while self._kept:
                self._kept.popitem()[1].dispose()

    def wipe(self) -> None:
        self._close()
        self._tables.clear()
        super().wipe()

    def dispose(self) -> None:
        self._close()
        super().dispose()


def _is_current(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        found = (
            sa.inspect(connection).has_table("alembic_version")
            and connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        )
    return bool(found == _newest_form())


@cache
def _newest_form() -> str:
    scripts = ScriptDirectory.from_config(get_alembic_config(sqlite_event_log.__file__))
    return str(scripts.get_current_head())


def _open(address: str) -> sa.Engine:
    engine = sa.create_engine(
        address,
        poolclass=sa.StaticPool,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    # With the write-ahead log a killed process loses nothing; only a machine that loses power loses the last
    # events, and so leaves runs that never ended, which are found and done again.
    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine
