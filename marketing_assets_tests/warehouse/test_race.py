"""Two writers of the same days: both succeed, and each day is there once."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from pathlib import Path

from marketing_assets.warehouse.duckdb import DuckDBWarehouse

from .rows import ORDERS, SPAWN, days, frame, order, versions

ROUNDS = 6


def _write_often(path: Path, writer: int, first: int, last: int, ready: Connection | None = None) -> None:
    warehouse = DuckDBWarehouse(path, lock_timeout_seconds=60)
    if ready:
        ready.send("ready")
        ready.recv()
    for version in range(ROUNDS):
        rows = [order(n, version=writer * 100 + version) for n in range(first, last + 1)]
        warehouse.replace_days("raw", ORDERS, days(first, last), [frame(rows)])


def _assert_each_day_once(path: Path) -> None:
    found = versions(DuckDBWarehouse(path), 0, 8)
    last = {100 + ROUNDS - 1, 200 + ROUNDS - 1}
    assert all(len(rows) == 1 and rows[0][1] == 1 and rows[0][0] in last for rows in found.values()), found
    assert len({found[day][0][0] for day in days(3, 5)}) == 1, "the days both write come from one write"


def test_two_processes(tmp_path: Path) -> None:
    path = tmp_path / "siam.duckdb"
    children = []
    for writer, ends in ((1, (0, 5)), (2, (3, 8))):
        ours, theirs = SPAWN.Pipe()
        child = SPAWN.Process(target=_write_often, args=(path, writer, *ends, theirs))
        child.start()
        children.append((child, ours))
    for _, pipe in children:
        assert pipe.recv() == "ready"
    for _, pipe in children:
        pipe.send("go")
    for child, _ in children:
        child.join()
        assert child.exitcode == 0
    _assert_each_day_once(path)


def test_two_threads(tmp_path: Path) -> None:
    path = tmp_path / "siam.duckdb"
    threads = [
        threading.Thread(target=_write_often, args=(path, writer, *ends))
        for writer, ends in ((1, (0, 5)), (2, (3, 8)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _assert_each_day_once(path)
