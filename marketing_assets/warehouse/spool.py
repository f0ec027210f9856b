"""Rows on their way into a warehouse, kept as Parquet files until all of them are there.

A range of days does not fit in memory, and whoever produces it may take its time or fail half-way. So the
batches are written to files first; only then is the engine locked, and it loads the files in one go. Loading
frame by frame inside one transaction instead made DuckDB hold several times its memory limit.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from marketing_assets.warehouse.errors import WarehouseFull, says_no_room
from marketing_assets.warehouse.frames import gather

_ROW_GROUP = 10_000
"""Rows an engine reads at once; small, for raw rows carry whole documents."""

_LEFT_OVER_SECONDS = 24 * 3600
"""Age at which a folder is taken for the rest of a run that was killed."""


@contextmanager
def spooled(frames: Iterable[pl.DataFrame], folder: Path) -> Iterator[list[Path]]:
    """The rows as Parquet files in a folder of their own below `folder`; none where there are no rows.

    The files are gone afterwards. Frames of one call have the same schema. Raises `WarehouseFull` where the
    disk has no room, and whatever the frames raise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    own = Path(tempfile.mkdtemp(dir=folder))
    try:
        yield [_write(frame, own / f"{n:06}.parquet") for n, frame in enumerate(gather(frames))]
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _write(frame: pl.DataFrame, file: Path) -> Path:
    try:
        frame.write_parquet(file, compression="lz4", statistics=False, row_group_size=_ROW_GROUP)
    except (OSError, pl.exceptions.PolarsError) as error:
        if says_no_room(error):
            raise WarehouseFull.at(file, error) from error
        raise
    return file


def _sweep(folder: Path) -> None:
    for left in folder.iterdir():
        try:
            old = time.time() - left.stat().st_mtime > _LEFT_OVER_SECONDS
        except FileNotFoundError:
            continue  # another run has just finished with it
        if old:
            shutil.rmtree(left, ignore_errors=True)
