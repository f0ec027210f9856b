"""Opening a tenant's DuckDB file: who may, with which settings, and what to say when it cannot be done.

A DuckDB file has one process at a time. Inside a process all connections to a file share one database
instance, which must have been opened with the same configuration; therefore files are opened without any
and the settings follow as SET statements.
"""

from __future__ import annotations

import gc
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import duckdb

from marketing_assets.interrupts import uninterrupted
from marketing_assets.warehouse.errors import WarehouseBusy, WarehouseFull, says_no_room

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
"""Seconds between two tries to open a file that somebody else holds."""

_LOADING_MIB = 80
_FEW_BYTES = 32 * 1024 * 1024

_ATTACHED = "Unique file handle conflict"
"""What DuckDB says where another database of this process has the file attached, as dbt's does."""

_HOLDER = re.compile(r"held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")

_writers: dict[Path, threading.Lock] = {}
_writers_guard = threading.Lock()


def connect(
    path: Path, memory_limit: str = "1GB", lock_timeout_seconds: float = 600
) -> duckdb.DuckDBPyConnection:
    """An open connection to a tenant's file, which is created if it is missing; the caller closes it.

    Waits for another process, or for a connection of this process with other settings (dbt's), to let go.
    Raises `WarehouseBusy` after `lock_timeout_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    give_up = time.monotonic() + lock_timeout_seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            with uninterrupted():
                return _open(path, memory_limit)
        except (duckdb.IOException, duckdb.ConnectionException, duckdb.BinderException) as error:
            if not _is_taken(error):
                raise
            left = give_up - time.monotonic()
            if left <= 0:
                raise WarehouseBusy(_busy(path, lock_timeout_seconds, str(error))) from error
            if _ATTACHED in str(error):
                # An attempt of dbt's that found the file taken keeps its claim until Python collects it.
                gc.collect()
            time.sleep(min(left, pause * random.uniform(0.5, 1.5)))  # noqa: S311  (no secret, a pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def _open(path: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path))
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set memory_limit = ?", [memory_limit])
        # Keeping the order of rows costs memory, and no table promises one.
        connection.execute("set preserve_insertion_order = false")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_taken(error: duckdb.Error) -> bool:
    text = str(error)
    return any(sign in text for sign in ("Could not set lock on file", "different configuration", _ATTACHED))


def _busy(path: Path, timeout: float, text: str) -> str:
    if found := _HOLDER.search(text):
        holder = f"process {found['pid']} ({found['program']})"
    elif "different configuration" in text or _ATTACHED in text:
        holder = "a connection of this process with other settings"
    else:
        holder = "another writer"
    return (
        f"{path} is held by {holder}, still after {timeout:g} s. Wait for that run or end it, close tools "
        "that have the file open (they can read a copy instead), or raise MARKETING_LOCK_TIMEOUT_SECONDS"
    )


@contextmanager
def using(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection, for statements that no signal interrupts; closed at the end."""
    with uninterrupted(), closing(connection):
        yield connection


@contextmanager
def writer_lock(path: Path, timeout: float) -> Iterator[None]:
    """One writer of a file at a time among the threads of this process.

    DuckDB lets two of its transactions delete nothing and insert the same day side by side, which would
    leave the day twice.
    """
    with _writers_guard:
        lock = _writers.setdefault(path.resolve(), threading.Lock())
    if not lock.acquire(timeout=timeout):
        raise WarehouseBusy(_busy(path, timeout, "another thread"))
    try:
        yield
    finally:
        lock.release()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of the statements inside, or none."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        _roll_back(connection)
        raise


def loading_limits(memory_limit: str, files: list[Path]) -> tuple[str | None, ...]:
    """The memory limits to load Parquet files under, one after the other while the rows do not fit.

    A few rows go in at once under the connection's own limit. For many,
    DuckDB takes about as much again as its limit counts, and under a low limit it writes blocks out early:
    1,000,000 rows then take little more memory than 100,000. What it cannot write out before the commit is
    a begun row group (122,880 rows, however wide), so rows that carry documents of megabytes need more: the
    connection's own limit, and at last DuckDB's own (None), which is 80 % of the machine.
    """
    few = sum(file.stat().st_size for file in files) <= _FEW_BYTES
    return (memory_limit, None) if few else (f"{_LOADING_MIB}MiB", memory_limit, None)


@contextmanager
def loading(connection: duckdb.DuckDBPyConnection, limit: str | None, usual: str) -> Iterator[None]:
    """Settings for loading Parquet files: one thread, because each would hold a row group, and `limit`.

    The `usual` limit comes back after.
    """
    connection.execute("set threads = 1")
    if limit is None:
        connection.execute("reset memory_limit")
    else:
        connection.execute("set memory_limit = ?", [limit])
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # a failed commit may have closed the database for good
            connection.execute("reset threads")
            connection.execute("set memory_limit = ?", [usual])


@contextmanager
def full_disk_named(path: Path) -> Iterator[None]:
    """Turn DuckDB's many ways to say that a disk is full into `WarehouseFull`."""
    try:
        yield
    except duckdb.Error as error:
        if says_no_room(error):
            raise WarehouseFull.at(path, error) from error
        raise


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    # A failed commit has ended the transaction already, or has closed the database for good; the next
    # opening reads the file as it was.
    with suppress(duckdb.Error):
        connection.execute("rollback")
