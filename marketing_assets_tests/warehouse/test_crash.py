"""A writer that is killed: each day is all old or all new, and running again heals it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

import duckdb
import polars as pl

from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.duckdb_connection import transaction

from .rows import ORDERS, SPAWN, days, frame, order, versions

DAYS, ROWS_A_DAY, PAGES = 6, 4_000, 3


def _page(version: int) -> pl.DataFrame:
    base = frame(order(n, version=version) for n in range(DAYS))
    text = pl.concat_str(pl.int_range(pl.len()).hash(version).cast(pl.String), pl.lit("x" * 200))
    return pl.concat([base] * (ROWS_A_DAY // PAGES)).with_columns(raw_json=text)


def _write(path: Path, version: int, tell: Connection | None = None) -> None:
    """Write the range, telling at each stage that it begins."""

    def told(stage: str) -> None:
        if tell:
            tell.send(stage)

    def pages() -> Iterator[pl.DataFrame]:
        page = _page(version)
        for n in range(PAGES):
            yield page
            told(f"page {n}")

    @contextmanager
    def telling(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        with transaction(connection):
            told("deleting and inserting")
            yield
            told("committing")
        told("committed")

    with mock.patch("marketing_assets.warehouse.duckdb.transaction", telling):
        DuckDBWarehouse(path).replace_days("raw", ORDERS, days(0, DAYS - 1), pages())
    told("closed")


def _kill_at(path: Path, version: int, stage: str, wait: float) -> str:
    """Kill a writer `wait` seconds after it began a stage; returns the stage it had reached."""
    heard, tell = SPAWN.Pipe(duplex=False)
    child = SPAWN.Process(target=_write, args=(path, version, tell))
    child.start()
    tell.close()
    while heard.recv() != stage:
        pass
    time.sleep(wait)
    child.kill()
    child.join()
    with suppress(EOFError):
        while True:
            stage = heard.recv()
    return stage


def _duration(path: Path) -> tuple[float, float]:
    """Seconds from the start of the transaction to the commit, and from there to the end."""
    heard, tell = SPAWN.Pipe(duplex=False)
    child = SPAWN.Process(target=_write, args=(path, 0, tell))
    child.start()
    times: dict[str, float] = {}
    while "closed" not in times:
        times[heard.recv()] = time.monotonic()
    child.join()
    return times["committing"] - times["deleting and inserting"], times["closed"] - times["committing"]


def test_a_killed_writer_leaves_old_or_new_days(tmp_path: Path) -> None:
    path = tmp_path / "siam.duckdb"
    _duration(path)
    insert, commit = _duration(path)
    points = [("page 0", 0.0), ("page 2", 0.0)]
    points += [("deleting and inserting", insert * share) for share in (0.0, 0.2, 0.4, 0.6, 0.8, 0.95)]
    points += [("committing", commit * share) for share in (0.0, 0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)]
    points += [("committed", 0.0)]
    rows = ROWS_A_DAY // PAGES * PAGES
    warehouse = DuckDBWarehouse(path)
    reached, outcomes = set(), []
    for version, (stage, wait) in enumerate(points, start=1):
        old = versions(warehouse, 0, DAYS - 1)
        reached.add(_kill_at(path, version, stage, wait))
        now = versions(warehouse, 0, DAYS - 1)
        new = {day: [(version, rows)] for day in old}
        assert now in (old, new), f"killed {wait:.3f} s after '{stage}'"
        outcomes.append(now == new)
        if version % 4 == 0:
            _write(path, version)
            assert versions(warehouse, 0, DAYS - 1) == new
    # The points lie in the write and on both sides of it, or they would prove nothing.
    assert {"deleting and inserting", "committing", "committed"} <= reached
    assert not outcomes[0] and outcomes[-1], outcomes


def test_the_files_of_a_killed_writer_are_swept(tmp_path: Path) -> None:
    path = tmp_path / "siam.duckdb"
    _kill_at(path, 1, "page 2", 0.0)
    (left,) = (tmp_path / "siam.incoming").iterdir()
    _write(path, 2)
    assert left.exists(), "it may belong to a run that still goes on"
    two_days_ago = time.time() - 48 * 3600
    os.utime(left, (two_days_ago, two_days_ago))
    _write(path, 2)
    assert not left.exists()
