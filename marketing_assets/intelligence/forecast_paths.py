"""Lines fitted once a week, and what they are expected to become as of each day. Pure.

A week begins on Monday. Weights and the width of intervals stay as they were fitted on it; the members see
every day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from marketing_assets.intelligence.combining import Interval
from marketing_assets.intelligence.events import Uplift
from marketing_assets.intelligence.forecast_lines import Line
from marketing_assets.intelligence.forecasting import LEVELS, Fit, ahead, fit
from marketing_assets.intelligence.series import Floats, NotEnough

DAYS = 90
"""Days that are forecast; the nearest 28 of them are the short horizon."""
WEEK = 7


@dataclass(frozen=True)
class Fitted:
    """A line as of a Monday, its fit or the reason why there is none, and the kinds of events of its days and
    of those that are forecast within the week."""

    line: Line
    kinds: Sequence[str | None]
    found: Fit | None
    reason: str | None = None


@dataclass(frozen=True)
class Path:
    """Means and intervals of the next days, with the model's name and what known events do."""

    mean: Floats
    intervals: Mapping[int, Interval]
    model: str
    uplifts: Mapping[str, Uplift]

    def moved_to(self, mean: Floats) -> Path:
        """The same around other means, as wide in proportion; around a mean near zero as wide as before."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.clip(np.abs(mean / self.mean), 0.2, 5.0)
        ratio = np.where(np.isfinite(ratio), ratio, 1.0)
        floor = -np.inf if self.can_be_negative else 0.0
        bounds = {
            level: (
                np.maximum(mean + (low - self.mean) * ratio, floor),
                np.maximum(mean + (high - self.mean) * ratio, floor),
            )
            for level, (low, high) in self.intervals.items()
        }
        return Path(mean, bounds, self.model, self.uplifts)

    @property
    def can_be_negative(self) -> bool:
        return any(bool((low < 0).any()) for low, _ in self.intervals.values())


def monday(day: date) -> date:
    """As of which day a forecast as of `day` is fitted."""
    return day - timedelta(days=day.weekday())


def last_forecast(day: date) -> date:
    """The last day that is forecast within the week of `day`."""
    return monday(day) + timedelta(days=WEEK - 1 + DAYS - 1)


def fit_line(line: Line, kinds: Sequence[str | None]) -> Fitted:
    """The fit of a line; `kinds` are the events of its days up to `last_forecast`."""
    try:
        found = fit(line.values, WEEK, DAYS, LEVELS, kinds)
    except NotEnough as reason:
        return Fitted(line, kinds, None, str(reason))
    return Fitted(line, kinds, found)


def path_of(fitted: Fitted, line: Line) -> Path | str:
    """The next `DAYS` days of a line as it is known now, by its fit; the reason where there is not enough."""
    if fitted.found is None:
        return fitted.reason or ""
    try:
        found = ahead(fitted.found, line.values, DAYS, fitted.kinds)
    except NotEnough as reason:
        return str(reason)
    return Path(found.mean, found.intervals, fitted.found.model, found.uplifts)
