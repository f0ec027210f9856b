"""What is known of each day of a series beside its value. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from marketing_assets.intelligence.holiday_markets import HolidayMarkets

Floats = NDArray[np.float64]

_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Context:
    """What is known of each day beside its value; every array has a number a day.

    `up` and `down` are factors of the limit, 1 on ordinary days; `times_up` and `times_down` say how many
    times as much, or what part of it, is usual whatever the limit, 1 on ordinary days. `effects` name the
    kind of special day (0 none): what earlier days of its kind did to the values is expected of it. `noise`
    is the variance, on the scale, that counting alone explains. `markets` are the holidays of a series of
    which nobody knows whose it is.
    """

    up: Floats
    down: Floats
    times_up: Floats
    times_down: Floats
    effects: NDArray[np.int64]
    noise: Floats
    markets: HolidayMarkets | None = None

    @staticmethod
    def plain(t: Floats) -> Context:
        """Of a series of which nothing more is known than the epoch seconds of its values."""
        one, nothing = np.ones(len(t)), np.zeros(len(t))
        return Context(one, one, one, one, nothing.astype(np.int64), nothing, _markets(t))


def _markets(t: Floats) -> HolidayMarkets | None:
    if len(t) < 3 or abs(float(np.median(np.diff(t))) - _DAY_SECONDS) > 1:
        return None
    return HolidayMarkets.of([datetime.fromtimestamp(float(s), UTC).date() for s in t])
