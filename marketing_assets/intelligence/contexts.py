"""What is known of each day of a series beside its value. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from marketing_assets.intelligence.calendars import Day, days_of

Floats = NDArray[np.float64]

_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Context:
    """What is known of each day beside its value; every array has a number a day.

    `up` and `down` are factors of the limit, 1 on ordinary days; `times_up` and `times_down` say how many
    times as much, or what part of it, is usual whatever the limit, 1 on ordinary days. `effects` name the
    kind of special day (0 none): what earlier days of its kind did to the values is expected of it. `noise`
    is the variance, on the scale, that counting alone explains.
    """

    up: Floats
    down: Floats
    times_up: Floats
    times_down: Floats
    effects: NDArray[np.int64]
    noise: Floats

    @staticmethod
    def plain(t: Floats, on_holidays: float) -> Context:
        """Of a series of which nothing more is known: a holiday of any market may be anything."""
        factor = np.where(_kinds(t) == Day.HOLIDAY, on_holidays, 1.0)
        one, nothing = np.ones(len(t)), np.zeros(len(t))
        return Context(factor, factor, one, one, nothing.astype(np.int64), nothing)


def _kinds(t: Floats) -> NDArray[np.int64]:
    if len(t) < 3 or abs(float(np.median(np.diff(t))) - _DAY_SECONDS) > 1:
        return np.zeros(len(t), dtype=np.int64)
    return days_of([datetime.fromtimestamp(float(s), UTC).date() for s in t])
