"""A full disk, and memory that does not grow with the range."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import polars as pl
import pytest

from marketing_assets.warehouse import frames
from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.errors import WarehouseFull

from .rows import FIRST, ORDERS, SPAWN, days, frame, order, versions

MIB = 1024 * 1024


def _noise(rows: int, seed: int) -> pl.Expr:
    """600 bytes of text that does not compress."""
    numbers = pl.int_range(rows)
    return pl.concat_str(
        *[numbers.hash(seed * 100 + k).cast(pl.String).str.pad_start(20, "0") for k in range(30)]
    )


def _large(day_column: pl.Expr, rows: int, seed: int) -> pl.DataFrame:
    one = frame([order(0, version=9)])
    return pl.concat([one] * rows).with_columns(day=day_column, raw_json=_noise(rows, seed))


def _write_with_file_limit(path: Path, limit: int, tell: Connection) -> None:
    frames.BATCH_BYTES = MIB  # so that the whole is larger than each file on the way
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    batches = (_large(pl.lit(FIRST), 2_000, seed) for seed in range(20))
    try:
        DuckDBWarehouse(path).replace_days("raw", ORDERS, days(0, 1), batches)
    except WarehouseFull as error:
        tell.send(str(error))
    else:
        tell.send("written")


@pytest.mark.parametrize(
    ("limit", "file"),
    [
        (MIB // 2, "000000.parquet"),
        (6 * MIB, "siam.duckdb"),
        (12 * MIB, "siam.duckdb"),
        (15 * MIB, "siam.duckdb"),
    ],
)
def test_a_full_disk_leaves_the_old_rows(tmp_path: Path, limit: int, file: str) -> None:
    path = tmp_path / "siam.duckdb"
    warehouse = DuckDBWarehouse(path)
    warehouse.replace_days("raw", ORDERS, days(0, 1), [frame([order(0), order(1)])])
    old = versions(warehouse, 0, 1)

    heard, tell = SPAWN.Pipe(duplex=False)
    child = SPAWN.Process(target=_write_with_file_limit, args=(path, limit, tell))
    child.start()
    said = heard.recv()
    child.join()
    assert "no room left" in said and file in said and "free space" in said, said
    assert versions(warehouse, 0, 1) == old
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0, version=1)])])
    assert versions(warehouse, 0, 1) == old | {FIRST: [(1, 1)]}


BATCH, BATCHES, DAYS = 50_000, 20, 20


def _many_rows() -> Iterator[pl.DataFrame]:
    batch = _large(pl.lit(FIRST), BATCH, 0)
    for n in range(BATCHES):
        yield batch.with_columns(day=pl.lit(FIRST + timedelta(days=n * DAYS // BATCHES)))


def _measure(path: Path, tell: Connection) -> None:
    for _ in _many_rows():
        pass  # what making the rows takes is not the warehouse's
    before = _peak()
    warehouse = DuckDBWarehouse(path, memory_limit="256MB")
    replaced = warehouse.replace_days("raw", ORDERS, days(0, DAYS - 1), _many_rows())
    written = _peak()
    scanned = sum(f.height for f in warehouse.scan_batches("raw", "orders"))
    tell.send((replaced.rows, scanned, written - before, _peak() - before))


def _peak() -> float:
    """The most memory this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_memory_stays_bounded_over_a_million_rows(tmp_path: Path) -> None:
    heard, tell = SPAWN.Pipe(duplex=False)
    child = SPAWN.Process(target=_measure, args=(tmp_path / "siam.duckdb", tell))
    child.start()
    rows, scanned, write, read = heard.recv()
    child.join()
    assert rows == scanned == BATCH * BATCHES
    # All rows would take 900 MiB. Reading keeps up to the limit's 256 MiB of the file's blocks besides.
    assert write < 450
    assert read < 650
