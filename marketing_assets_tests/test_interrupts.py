"""Stops wait for DuckDB, and are never lost in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketing_assets.interrupts import uninterrupted

STOPPED_AT_WORK = """
import os, random, signal, sys, threading
from pathlib import Path
import polars as pl
from marketing_assets.schema import Column, Type
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.duckdb import DuckDBWarehouse

signal.signal(signal.SIGINT, signal.default_int_handler)
at = DuckDBWarehouse(Path(sys.argv[1]))
table = TableSpec("t", "Numbers.", (Column("n", Type.INT64, "A number."),), day_column=None)
frame = pl.DataFrame({"n": range(20_000)})
at.replace_table("raw", table, [frame])
stopped = 0
for _ in range(60):
    try:
        threading.Timer(random.uniform(0.001, 0.1), os.kill, (os.getpid(), signal.SIGINT)).start()
        while True:
            at.replace_table("raw", table, [frame])
            at.query("select * from raw.t order by n desc")
    except KeyboardInterrupt:
        stopped += 1
    assert at.read("raw", "t").height in (0, 20_000)
print(stopped)
"""


def test_every_stop_ends_the_work_on_a_file_and_the_file_opens_again(tmp_path: Path) -> None:
    script = [sys.executable, "-c", STOPPED_AT_WORK, str(tmp_path / "siam.duckdb")]
    ended = subprocess.run(script, check=False, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "60\n"), ended.stderr


class Stopped(Exception):
    pass


@pytest.fixture
def raising() -> Iterator[None]:
    """A handler that raises, as Dagster sets one while a step runs."""

    def stop(*_: object) -> None:
        raise Stopped

    before = signal.signal(signal.SIGINT, stop)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("raising")
def test_a_stop_takes_effect_after_the_block() -> None:
    done = []
    with pytest.raises(Stopped), uninterrupted():
        interrupt()
        done.append(1)
    assert done == [1]
    with pytest.raises(Stopped):
        interrupt()


@pytest.mark.usefixtures("raising")
def test_one_signal_does_not_leave_the_other_held() -> None:
    before = signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        with pytest.raises(Stopped), uninterrupted():
            interrupt()
        with pytest.raises(Stopped):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("raising")
def test_a_stop_inside_an_inner_block_waits_for_the_outer_one() -> None:
    done = []
    with pytest.raises(Stopped), uninterrupted():
        with uninterrupted():
            interrupt()
        done.append(1)
    assert done == [1]


@pytest.mark.usefixtures("raising")
def test_a_handler_set_meanwhile_stays_and_a_hold_put_back_later_holds_nothing() -> None:
    heard = []
    with uninterrupted():
        hold = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    interrupt()
    assert heard == [1]
    signal.signal(signal.SIGINT, hold)
    with pytest.raises(Stopped):
        interrupt()


@pytest.mark.usefixtures("raising")
def test_another_thread_holds_nothing_back() -> None:
    inside, over = threading.Event(), threading.Event()

    def work() -> None:
        with uninterrupted():
            inside.set()
            over.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        inside.wait(10)
        with pytest.raises(Stopped):
            interrupt()
    finally:
        over.set()
        thread.join()
