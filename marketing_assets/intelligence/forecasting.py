"""Forecasts with intervals: several simple models on two scales, combined by how well each did on this
series.

Every forecast back-tests itself: from each of a number of past days it forecasts what is known by now. The
errors weigh the members, and their spread gives the intervals. What known events did on past days is taken
out first and put on the same events to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from marketing_assets.intelligence.backtests import FEWEST_VALUES, Record, back_tests, record
from marketing_assets.intelligence.combining import (
    Interval,
    combination,
    intervals_by_changes,
    intervals_by_errors,
)
from marketing_assets.intelligence.events import Kinds, Uplift, learned
from marketing_assets.intelligence.members import Key, member_forecasts
from marketing_assets.intelligence.series import Floats, prepared

LEVELS = (50, 80, 95)
_LONGEST_SILENCE = 4
"""Cycles without anything after which a series is taken to have ended."""


class NotEnough(ValueError):
    """There is too little to say anything; the message says what is missing."""


@dataclass(frozen=True)
class Forecast:
    """Means and intervals (level in per cent → low and high) of the next steps.

    `errors` are those of the back-tests, [origins, steps], as shares of the forecast; `weights` of the
    members; `record` how the back-tests did; None where there were too few. `uplifts` are those of known
    events."""

    mean: Floats
    intervals: Mapping[int, Interval]
    weights: Mapping[Key, float]
    errors: Floats | None
    record: Record | None
    uplifts: Mapping[str, Uplift]

    @property
    def model(self) -> str:
        """The members with their weights in per cent, or the fallback's name."""
        if self.errors is None:
            return "fallback: equal weights, intervals by the changes from cycle to cycle"
        total = sum(self.weights.values())
        shares = sorted(
            ((weight / total, "/".join(key)) for key, weight in self.weights.items()), reverse=True
        )
        return ", ".join(f"{name} {share:.0%}" for share, name in shares)


def forecast(
    y: Floats, period: int, steps: int, levels: Sequence[int] = LEVELS, kinds: Kinds | None = None
) -> Forecast:
    """Forecast `steps` values after the history `y`, oldest first, NaN where unknown.

    `kinds` names the events of all those days, past and to come. Raises `NotEnough`.
    """
    ended_or_empty(y, period)
    if kinds is None:
        return _bounded(_ordinary(y, period, steps, levels), y)
    events = learned(y, period, kinds[: len(y)], kinds[len(y) : len(y) + steps])
    ordinary = _ordinary(events.ordinary, period, steps, levels)
    mean = events.put_on(ordinary.mean)
    bounds = {
        level: (events.widened(events.put_on(low), mean), events.widened(events.put_on(high), mean))
        for level, (low, high) in ordinary.intervals.items()
    }
    return _bounded(replace(ordinary, mean=mean, intervals=bounds, uplifts=events.uplifts), y)


def _bounded(found: Forecast, y: Floats) -> Forecast:
    """Nothing below zero of what never was."""
    if np.nanmin(y) < 0:
        return found
    of_levels = found.intervals.items()
    return replace(
        found, intervals={k: (np.maximum(low, 0), np.maximum(high, 0)) for k, (low, high) in of_levels}
    )


def ended_or_empty(y: Floats, period: int) -> None:
    """Raises `NotEnough` where the history has too few values, only zeros, or none but zeros of late."""
    finite = y[np.isfinite(y)]
    if len(finite) < FEWEST_VALUES:
        raise NotEnough(f"{len(finite)} values are known, {FEWEST_VALUES} are needed")
    if not np.abs(finite).max() > 0:
        raise NotEnough("all known values are zero")
    silence = _LONGEST_SILENCE * max(period, 7)
    recent = y[-silence:]
    if len(y) >= silence and not np.isfinite(recent).any():
        raise NotEnough(f"none of the last {silence} values is known")
    if len(y) >= silence and not np.nanmax(np.abs(recent)) > 0:
        raise NotEnough(f"the last {silence} values are all zero")


def _ordinary(y: Floats, period: int, steps: int, levels: Sequence[int]) -> Forecast:
    """The forecast of days without events."""
    said, past = member_forecasts(prepared(y, period), steps), back_tests(y, period, steps)
    how = combination(list(said), past, period, bool(np.nanmin(y) < 0))
    mean = how.mean(said)
    if how.errors is None:
        bounds = intervals_by_changes(y, mean, period, levels)
    else:
        bounds = intervals_by_errors(mean, how.errors, levels)
    return Forecast(mean, bounds, how.weights, how.errors, record(y, period, past, levels), {})
