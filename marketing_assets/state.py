"""The installation's own state beside warehouse and landing: inbox, outbox, incidents, acts.

One SQLite file a subject in `MARKETING_HOME/state`, so that one subject's writers do not wait for another's;
or, where several machines share it, one database that `MARKETING_STATE_URL` names.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import sqlalchemy as sa

from marketing_assets.settings import Settings

BUSY_SECONDS = 30
"""How long a writer of a SQLite file waits for another."""

_BUSY_PAUSE = 0.01

_TABLES = 0x6D61726B
"""Number of the lock on Postgres under which tables are made."""


def state_engine(settings: Settings, subject: str) -> sa.Engine:
    """An engine on the state of `subject`; a committed transaction survives `kill -9` and power loss.

    The caller creates its tables (`create_tables`) and disposes of the engine. Raises what SQLAlchemy does.
    """
    if settings.state_url:
        return sa.create_engine(settings.state_url, pool_pre_ping=True)
    folder = settings.home / "state"
    folder.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{folder / subject}.sqlite", connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _durable)
    return engine


def create_tables(engine: sa.Engine, metadata: sa.MetaData) -> None:
    """Create what is missing, also while other processes do the same.

    `create_all` looks first and creates then; of two processes at once one would fail.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_TABLES)))
        else:
            connection.exec_driver_sql("begin immediate")
        metadata.create_all(connection)


def _durable(connection: Any, _record: Any) -> None:
    """Readers beside a writer (WAL), and every commit on disk before it returns (FULL)."""
    cursor = connection.cursor()
    _write_ahead(cursor)
    cursor.execute("pragma synchronous = full")
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Turn the write-ahead log on.

    SQLite refuses it at once, without its usual waiting, while another connection begins to write: as of
    several that open a new file.
    """
    last = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(_BUSY_PAUSE)
        else:
            return
