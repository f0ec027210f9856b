"""The platform's own state on Postgres: several machines share it, so several processes write at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from marketing_assets.settings import load_settings
from marketing_assets.state import create_tables, state_engine
from marketing_assets_tests.deploy.postgres import STATE, Postgres

pytestmark = pytest.mark.xdist_group("postgres")

FORK = multiprocessing.get_context("fork")
METADATA = sa.MetaData()
INBOX = sa.Table(
    "test_inbox", METADATA, sa.Column("id", sa.Text, primary_key=True), sa.Column("body", sa.JSON)
)
MORE = [
    sa.Table(f"test_table_{n}", METADATA, sa.Column("id", sa.Integer, primary_key=True)) for n in range(20)
]
WRITERS, WRITES = 6, 25


def write(name: str, writes: int, begin: Any, told: Any) -> None:
    """In a process of its own: make the tables, then commit one row after the other."""
    engine = state_engine(load_settings(), "inbox")
    begin.wait()
    create_tables(engine, METADATA)
    for n in range(writes):
        with engine.begin() as connection:
            connection.execute(INBOX.insert().values(id=f"{name}-{n}", body={"n": n}))
        told.value = n + 1
    engine.dispose()


@pytest.fixture
def engine(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    return state_engine(load_settings(), "inbox")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_processes_make_the_tables_and_write_at_once(
    kind: str, server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"postgres": server.env, "sqlite": {"MARKETING_HOME": str(tmp_path)}}[kind].items():
        monkeypatch.setenv(name, value)
    begin, told = FORK.Barrier(WRITERS), FORK.Value("i")
    writers = [FORK.Process(target=write, args=(f"w{n}", WRITES, begin, told)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [w.exitcode for w in writers] == [0] * WRITERS
    with state_engine(load_settings(), "inbox").connect() as connection:
        found = connection.execute(sa.select(INBOX.c.id).where(INBOX.c.id.like("w%"))).scalars()
        assert Counter(i.split("-")[0] for i in found) == {f"w{n}": WRITES for n in range(WRITERS)}
        assert {t.name for t in MORE} <= set(sa.inspect(connection).get_table_names())


def test_what_was_committed_outlives_a_writer_that_is_killed(engine: sa.Engine) -> None:
    begin, told = FORK.Barrier(2), FORK.Value("i")
    writer = FORK.Process(target=write, args=("killed", 100_000, begin, told))
    writer.start()
    begin.wait(30)
    while told.value < 20:
        assert writer.is_alive()
        time.sleep(0.01)
    assert writer.pid
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    with engine.connect() as connection:
        kept = connection.execute(
            sa.select(sa.func.count()).select_from(INBOX).where(INBOX.c.id.like("killed-%"))
        ).scalar_one()
    assert kept in {told.value, told.value + 1}


def test_long_texts_and_any_character_come_back(engine: sa.Engine) -> None:
    create_tables(engine, METADATA)
    body = {"text": "สวัสดี 🛍️ \\ ' \" % :x " * 100_000, "list": [None, 1, "0.10", {"deep": [True]}]}
    with engine.begin() as connection:
        connection.execute(INBOX.insert().values(id="x" * 1000, body=body))
    with engine.connect() as connection:
        found = connection.execute(sa.select(INBOX.c.body).where(INBOX.c.id == "x" * 1000))
        assert found.scalar_one() == body


def test_the_password_is_in_no_error(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    password = os.environ["PGPASSWORD"]
    monkeypatch.setenv("PGPASSWORD", "wrong-" + password)
    with pytest.raises(sa.exc.OperationalError, match="password authentication failed") as error:
        engine.connect()
    assert password not in f"{error.value} {engine.url} {os.environ['MARKETING_STATE_URL']}"
    assert engine.url.database == STATE
