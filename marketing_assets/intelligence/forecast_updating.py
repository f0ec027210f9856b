"""Forecasts fitted once a week and brought up to date by the days since. Pure.

A week begins on Monday. What the days since then were above or below the forecast moves the days to come, the
nearest most; members, weights, events and the width of intervals stay as they were fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from marketing_assets.intelligence.combining import Interval
from marketing_assets.intelligence.forecast_lines import Line
from marketing_assets.intelligence.forecasting import LEVELS, Forecast, NotEnough, forecast
from marketing_assets.intelligence.series import Floats

DAYS = 90
"""Days that are forecast; the nearest 28 of them are the short horizon."""
WEEK = 7
FITTED = DAYS + WEEK - 1
_TRUSTED_DAYS = 14
"""Days since the fit that say as much of the level as the fit itself."""
_HALF_LIFE = 14.0
"""Days ahead after which a surprise counts half."""
_FEWEST_SINCE = 2


@dataclass(frozen=True)
class Fitted:
    """A line's forecast as of a Monday, or the reason why there is none."""

    line: Line
    as_of: date
    found: Forecast | None
    reason: str | None = None


@dataclass(frozen=True)
class Path:
    """Means and intervals of the next days, with the model's name."""

    mean: Floats
    intervals: Mapping[int, Interval]
    model: str

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
        return Path(mean, bounds, self.model)

    @property
    def can_be_negative(self) -> bool:
        return any(bool((low < 0).any()) for low, _ in self.intervals.values())


def monday(day: date) -> date:
    """As of which day a forecast as of `day` is fitted."""
    return day - timedelta(days=day.weekday())


def fit(line: Line, kinds: Sequence[str | None]) -> Fitted:
    """The forecast of a line; `kinds` are the events of its days and of those to come."""
    try:
        found = forecast(line.values, WEEK, FITTED, LEVELS, kinds[: len(line.values) + FITTED])
    except NotEnough as reason:
        return Fitted(line, line.next_day, None, str(reason))
    return Fitted(line, line.next_day, found)


def fitted_until(day: date) -> date:
    """The last day that a fit as of `day` reaches."""
    return day + timedelta(days=FITTED - 1)


def updated(fitted: Fitted, day: date, since: Floats) -> Path:
    """The next `DAYS` days from `day` on, by a fit and the days `since` it, NaN where nothing is known."""
    found = fitted.found
    assert found is not None
    age = (day - fitted.as_of).days
    part = slice(age, age + DAYS)
    bounds = {level: (low[part], high[part]) for level, (low, high) in found.intervals.items()}
    path = Path(found.mean[part], bounds, found.model)
    known = np.isfinite(since)
    if known.sum() < _FEWEST_SINCE:
        return path
    surprise = float((since - found.mean[:age])[known].mean()) * known.sum() / (known.sum() + _TRUSTED_DAYS)
    usual = float(np.abs(found.mean[:age])[known].mean())
    fading = 0.5 ** (np.arange(DAYS) / _HALF_LIFE)
    if path.can_be_negative or usual <= 0:
        return path.moved_to(path.mean + surprise * fading)
    return path.moved_to(path.mean * np.maximum(1 + surprise / usual * fading, 0.0))
