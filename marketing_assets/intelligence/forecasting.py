"""Forecasts with intervals: several simple models on two scales, combined by how well each did on this
series.

Every forecast back-tests itself: from each of a number of past days it forecasts what is known by now. The
errors weigh the members, and their spread gives the intervals. What known events did on past days is taken
out first and put on the same events to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketing_assets.intelligence.backtests import FEWEST_VALUES, Record, back_tests, record
from marketing_assets.intelligence.combining import (
    Combination,
    Interval,
    combination,
    intervals_by_changes,
    intervals_by_errors,
)
from marketing_assets.intelligence.events import Kinds, Uplift, learned
from marketing_assets.intelligence.members import member_forecasts
from marketing_assets.intelligence.series import Floats, NotEnough, prepared

LEVELS = (50, 80, 95)
_LONGEST_SILENCE = 4
"""Cycles without anything after which a series is taken to have ended."""


@dataclass(frozen=True)
class Fit:
    """What the back-tests of a series found: how its members are combined, and how that did.

    `record` is None where there were too few back-tests.
    """

    how: Combination
    record: Record | None
    period: int
    levels: Sequence[int]

    @property
    def model(self) -> str:
        """The members with their weights in per cent, or the fallback's name."""
        if self.how.errors is None:
            return "fallback: members weigh the same, intervals by the changes from cycle to cycle"
        total = sum(self.how.weights.values())
        shares = sorted(((w / total, "/".join(key)) for key, w in self.how.weights.items()), reverse=True)
        return ", ".join(f"{name} {share:.0%}" for share, name in shares)


@dataclass(frozen=True)
class Forecast:
    """Means and intervals (level in per cent → low and high) of the next steps; `uplifts` of known events."""

    mean: Floats
    intervals: Mapping[int, Interval]
    uplifts: Mapping[str, Uplift]


def forecast(
    y: Floats, period: int, steps: int, levels: Sequence[int] = LEVELS, kinds: Kinds | None = None
) -> Forecast:
    """Forecast `steps` values after the history `y`, oldest first, NaN where unknown.

    `kinds` names the events of all those days, past and to come. Raises `NotEnough`.
    """
    return ahead(fit(y, period, steps, levels, kinds), y, steps, kinds)


def fit(
    y: Floats, period: int, steps: int, levels: Sequence[int] = LEVELS, kinds: Kinds | None = None
) -> Fit:
    """What back-tests of `steps` find on the history `y`. Raises `NotEnough`."""
    enough(y, period)
    ordinary = y if kinds is None else learned(y, period, kinds[: len(y)], ()).ordinary
    past = back_tests(ordinary, period, steps)
    keys = list(member_forecasts(prepared(ordinary, period), steps))
    how = combination(keys, past, period, bool(np.nanmin(y) < 0))
    return Fit(how, record(ordinary, period, past, levels), period, levels)


def ahead(found: Fit, y: Floats, steps: int, kinds: Kinds | None = None) -> Forecast:
    """The next `steps` of the history `y` by a fit of it, or of its beginning. Raises `NotEnough`."""
    enough(y, found.period)
    if kinds is None:
        mean, bounds = _ordinary(found, y, steps)
        return Forecast(mean, _bounded(bounds, found.how), {})
    events = learned(y, found.period, kinds[: len(y)], kinds[len(y) : len(y) + steps])
    usual, around = _ordinary(found, events.ordinary, steps)
    mean = events.put_on(usual)
    bounds = {
        level: (events.widened(events.put_on(low), mean), events.widened(events.put_on(high), mean))
        for level, (low, high) in around.items()
    }
    return Forecast(mean, _bounded(bounds, found.how), events.uplifts)


def _ordinary(found: Fit, y: Floats, steps: int) -> tuple[Floats, dict[int, Interval]]:
    """Means and intervals of days without events."""
    mean = found.how.mean(member_forecasts(prepared(y, found.period), steps))
    if found.how.errors is None:
        return mean, intervals_by_changes(y, mean, found.period, found.levels)
    return mean, intervals_by_errors(mean, found.how.errors, found.levels)


def _bounded(bounds: Mapping[int, Interval], how: Combination) -> Mapping[int, Interval]:
    """Nothing below zero of what never was."""
    if how.can_be_negative:
        return bounds
    return {level: (np.maximum(low, 0), np.maximum(high, 0)) for level, (low, high) in bounds.items()}


def enough(y: Floats, period: int) -> None:
    """Raises `NotEnough` where the history has too few values, only zeros, or nothing of late."""
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
