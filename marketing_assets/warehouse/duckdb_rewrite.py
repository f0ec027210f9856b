"""Writing a DuckDB file anew, so that nothing of what was deleted stays in it.

DuckDB leaves deleted values in the blocks they stood in until these are used again. A fresh file gets the
tables as they are and takes the old one's place in one step, while nobody else can open either.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

import duckdb

from marketing_assets.warehouse.duckdb_connection import connect, using
from marketing_assets.warehouse.duckdb_schema import literal
from marketing_assets.warehouse.errors import WarehouseBusy

_FRESH = ".fresh"
_HELD_ON_SECONDS = 0.5
"""How long the replaced file stays locked: whoever had opened it just before is refused, and opens anew."""
_PAUSE_SECONDS = 0.2


def rewrite(path: Path, memory_limit: str, lock_timeout_seconds: float) -> None:
    """Put a fresh copy of the file in its place. After a crash the file is the old one or the new one.

    Takes as much room again as the file, for a while. Raises `WarehouseBusy`.
    """
    give_up = time.monotonic() + lock_timeout_seconds
    fresh = path.with_name(f".{path.name}{_FRESH}")
    while True:
        # What an older crash left in the log goes into the file first: the fresh file must not meet it.
        with using(connect(path, memory_limit, max(0.0, give_up - time.monotonic()))) as connection:
            connection.execute("checkpoint")
        _remove(fresh)
        try:
            if _copied(path, fresh, memory_limit):
                return
        finally:
            _remove(fresh)
        if time.monotonic() > give_up:
            raise WarehouseBusy(f"{path} was written by others all the time; end those runs and try again")


def _copied(path: Path, fresh: Path, memory_limit: str) -> bool:
    """Copy and put in place; False where another process came between and has to be waited for."""
    with using(duckdb.connect()) as connection:
        connection.execute("set memory_limit = ?", [memory_limit])
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set temp_directory = {literal(str(fresh) + '.spill')}")
        try:
            # Read-only still keeps every writer out, and leaves the log's file alone when it is closed.
            connection.execute(f"attach {literal(str(path))} as old (read_only)")
        except (duckdb.IOException, duckdb.BinderException):
            time.sleep(_PAUSE_SECONDS)
            return False
        if any(path.parent.glob(f"{path.name}.wal*")):
            return False
        connection.execute(f"attach {literal(str(fresh))} as fresh")
        connection.execute("copy from database old to fresh")
        connection.execute("checkpoint fresh")
        connection.execute("detach fresh")
        _on_disk(fresh)
        fresh.replace(path)
        _on_disk(path.parent)
        time.sleep(_HELD_ON_SECONDS)
    return True


def _on_disk(path: Path) -> None:
    at = os.open(path, os.O_RDONLY)
    try:
        os.fsync(at)
    finally:
        os.close(at)


def _remove(fresh: Path) -> None:
    for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        with suppress(FileNotFoundError):
            left.unlink()
    shutil.rmtree(f"{fresh}.spill", ignore_errors=True)
