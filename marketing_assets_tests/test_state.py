"""The installation's own state: durable, and open to several writers."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import sqlalchemy as sa

from marketing_assets.settings import Settings
from marketing_assets.state import state_engine

METADATA = sa.MetaData()
NOTES = sa.Table(
    "notes", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("writer", sa.Text)
)


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    METADATA.create_all(state_engine(settings, "notes"))

    def write(writer: int) -> None:
        engine = state_engine(settings, "notes")
        for _ in range(20):
            with engine.begin() as connection:
                connection.execute(NOTES.insert().values(writer=str(writer)))
        engine.dispose()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with state_engine(settings, "notes").connect() as connection:
        counted = connection.execute(sa.select(NOTES.c.writer, sa.func.count()).group_by(NOTES.c.writer))
        assert dict(counted.all()) == {str(n): 20 for n in range(4)}
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2


def test_subjects_have_files_of_their_own_and_a_url_replaces_them(tmp_path: Path) -> None:
    assert state_engine(Settings(home=tmp_path), "a").url != state_engine(Settings(home=tmp_path), "b").url
    shared = Settings(home=tmp_path, state_url=f"sqlite:///{tmp_path}/shared.sqlite")
    assert state_engine(shared, "a").url == state_engine(shared, "b").url


def test_opening_waits_for_another_that_writes_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    path = tmp_path / "state" / "notes.sqlite"
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.executescript("create table notes (id integer); begin immediate")
    threading.Timer(0.3, writer.execute, ["commit"]).start()
    with state_engine(Settings(home=tmp_path), "notes").connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
