"""How the month of a day stands and how it will end, with intervals, against its target. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from marketing_assets.intelligence.combining import Interval
from marketing_assets.intelligence.forecast_lines import COUNTS, Line
from marketing_assets.intelligence.forecast_paths import Path
from marketing_assets.intelligence.series import Floats

_USUAL_LIKENESS = 0.3
"""How alike the errors of two days of a forecast are, where nothing better is known."""
_WEEK = 7
_KNOWN_BY = 10
"""Back-tests that say as much of it as the usual does."""


@dataclass(frozen=True)
class Outlook:
    """A metric's month: up to the last known day, and at its end with intervals by level; `reason` where
    there is not enough to say, `missing_days` of the days so far that are not known."""

    to_date: float
    value: float | None
    bounds: Mapping[int, tuple[float, float]]


def outlook(line: Line, path: Path | None, errors: Floats | None, day: date) -> Outlook:
    """The month of `day`, of which the days before `day` are known, one that is missing as a usual one.

    `errors` are those of the back-tests, [origins, steps]. Without a path there is only the month so far.
    """
    past = line.between(day.replace(day=1), day)
    to_date, missing = float(np.nansum(past)), int(np.isnan(past).sum())
    if path is None:
        return Outlook(to_date, None, {})
    left = calendar.monthrange(day.year, day.month)[1] - day.day + 1
    value = to_date + missing * float(path.mean[:_WEEK].mean()) + float(path.mean[:left].sum())
    likeness = _likeness(errors, left)
    floor = to_date if line.metric in COUNTS else -np.inf
    bounds = {
        level: _of_sum(value, path.mean[:left], (low[:left], high[:left]), likeness, floor)
        for level, (low, high) in path.intervals.items()
    }
    return Outlook(to_date, value, bounds)


def _of_sum(
    value: float, mean: Floats, interval: Interval, likeness: float, floor: float
) -> tuple[float, float]:
    """The interval of a sum of days whose errors are alike by `likeness`, 0 not at all to 1 wholly."""
    low, high = (_wide(np.abs(bound - mean), likeness) for bound in interval)
    return max(value - low, floor), max(value + high, floor)


def _wide(halves: Floats, likeness: float) -> float:
    apart, together = float((halves**2).sum()), float(halves.sum()) ** 2
    return float(np.sqrt((1 - likeness) * apart + likeness * together))


def _likeness(errors: Floats | None, steps: int) -> float:
    """How alike the errors of the days of a forecast are: what their means vary beyond chance."""
    if errors is None or steps < 2:
        return _USUAL_LIKENESS
    known = errors[:, :steps]
    known = known[np.isfinite(known).all(axis=1)]
    spread = float((known**2).mean()) if len(known) else 0.0
    if len(known) < 3 or spread <= 0:
        return _USUAL_LIKENESS
    of_means = float((known.mean(axis=1) ** 2).mean()) / spread
    seen = float(np.clip((of_means * steps - 1) / (steps - 1), 0.0, 1.0))
    weight = len(known) / (len(known) + _KNOWN_BY)
    return weight * seen + (1 - weight) * _USUAL_LIKENESS
