"""The data that the models are scored on; `benchmarks/data/README.md` says where they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Detect = Callable[[Floats, Floats, int], Floats]
Forecast = Callable[[Floats, str | None, int, int, tuple[int, ...]], Any]
Allocate = Callable[..., Any]

FOLDER = Path(__file__).parents[1] / "data"
NEWS = "wiki_"
"""Page views, which jump with the news: nobody labelled that, and no shop is like it."""


@dataclass(frozen=True)
class Daily:
    """One series a day, the first on `start`; `seconds` since 1970 of each day in UTC."""

    name: str
    start: date
    seconds: Floats
    values: Floats

    @property
    def is_core(self) -> bool:
        return not self.name.startswith(NEWS)


@dataclass(frozen=True)
class Labelled:
    """A series of the Numenta Anomaly Benchmark and its labelled windows, first and last row of each."""

    name: str
    seconds: Floats
    values: Floats
    windows: list[tuple[int, int]]

    @property
    def period(self) -> int:
        """Steps of a day; of a week for daily series."""
        step = float(np.median(np.diff(self.seconds)))
        return max(2, round(86_400 / step)) if step < 86_400 else 7


def daily_series() -> list[Daily]:
    rows = pl.read_csv(FOLDER / "daily_business.csv", schema_overrides={"date": pl.Date, "y": pl.Float64})
    return [
        Daily(
            str(name),
            of["date"][0],
            of["date"].dt.epoch("s").cast(pl.Float64).to_numpy(),
            of["y"].to_numpy().astype(float),
        )
        for (name,), of in rows.group_by("series", maintain_order=True)
    ]


def labelled_series() -> list[Labelled]:
    windows = json.loads((FOLDER / "nab_windows.json").read_text())
    rows = pl.read_parquet(FOLDER / "nab.parquet")
    found = []
    for (name,), of in rows.group_by("series", maintain_order=True):
        seconds = of["at"].dt.epoch("s").cast(pl.Float64).to_numpy()
        row_of = {second: row for row, second in enumerate(seconds)}
        ends = [(row_of[_seconds(a)], row_of[_seconds(b)]) for a, b in windows[str(name)]]
        found.append(Labelled(str(name), seconds, of["value"].to_numpy(), ends))
    return found


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.partition(".")[0]).replace(tzinfo=UTC).timestamp()
