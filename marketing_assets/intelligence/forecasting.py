"""Forecasts with intervals: several simple models on two scales, combined by how well each did on this series.

Every forecast back-tests itself: from each of a number of past days it forecasts what is known by now. The
errors weigh the members, and their spread gives the intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketing_assets.intelligence.members import MEMBERS
from marketing_assets.intelligence.series import LONGEST_CYCLE, Floats, Series, prepared, scales_of

_BACK_TESTS = 10
_FEWEST_BACK_TESTS = 3
_SHOWN = 48
"""Steps of the newest back-test that have come already."""
_TRUST = {7: (0.5, 2)}
"""How far weights follow the back-tests, and by which power of the error; the rest is shared equally, which
is hard to beat. Days resemble each other; with other rhythms it is seen before which member fits."""
_USUAL_TRUST = (1.0, 4)
_WIDEN = {80: 1.2, 95: 1.4}
"""Back-tests know the members' weights already, which makes their errors a little too small."""
_FLOOR = 0.15
"""Share of the mean level that errors are at least measured by, so that small days do not count as huge ones."""
_FEWEST_VALUES = 10

Key = tuple[str, str]


class NotEnough(ValueError):
    """There is too little to say anything; the message says what is missing."""


@dataclass(frozen=True)
class Forecast:
    """Means and intervals (level in per cent → low and high) of the next steps.

    `errors` are those of the back-tests, [origins, steps], as shares of the forecast; `weights` of the members.
    """

    mean: Floats
    intervals: Mapping[int, tuple[Floats, Floats]]
    weights: Mapping[Key, float]
    errors: Floats | None


def forecast(y: Floats, period: int, steps: int, levels: Sequence[int] = (50, 80, 95)) -> Forecast:
    """Forecast `steps` values after the history `y`, oldest first, NaN where unknown. Raises `NotEnough`."""
    known = int(np.isfinite(y).sum())
    if known < _FEWEST_VALUES:
        raise NotEnough(f"{known} values are known, {_FEWEST_VALUES} are needed")
    if not np.nanmax(np.abs(y)) > 0:
        raise NotEnough("all known values are zero")
    now = member_forecasts(prepared(y, period), steps)
    past = _back_tests(y, period, steps)
    weights = _weights(list(now), past, *_TRUST.get(period, _USUAL_TRUST))
    negative = bool(np.nanmin(y) < 0)
    mean = _combined(now, weights, negative)
    errors = _errors(past, weights, negative)
    bounds = (
        _from_errors(mean, errors, levels) if errors is not None else _from_changes(y, mean, period, levels)
    )
    if not negative:
        bounds = {level: (np.maximum(low, 0), np.maximum(high, 0)) for level, (low, high) in bounds.items()}
    return Forecast(mean, bounds, weights, errors)


def member_forecasts(series: Series, steps: int) -> dict[Key, Floats]:
    """What each member says on each scale, brought back to the series' own."""
    found, closed = {}, series.closed_after(steps)
    for scale in scales_of(series):
        z = scale.to(series.values)
        highest = z.max() + 2 * (z.max() - z.min()) + 1e-9
        said = [each for member in MEMBERS for each in member(z, series.period, steps).items()]
        for name, ahead in said:
            if np.isfinite(ahead).all():
                # No model may run away: what was never near is not forecast.
                bounded = np.clip(ahead, 2 * z.min() - highest, highest)
                found[scale.name, name] = np.where(closed, 0.0, scale.back(bounded))
    return found


@dataclass(frozen=True)
class _BackTest:
    said: Mapping[Key, Floats]
    came: Floats


def _back_tests(y: Floats, period: int, steps: int) -> list[_BackTest]:
    """Forecasts from earlier days; of those of the last weeks only the beginning is known yet, the rest is NaN."""
    n, first = len(y), min(max(4 * period, 60), max(len(y) // 2, 2 * period + 1, 60))
    shown = min(steps, _SHOWN)
    apart = max(period if period <= LONGEST_CYCLE else 1, steps // 3)
    origins = [n - shown - apart * i for i in range(_BACK_TESTS)]
    came = np.concatenate([y, np.full(steps, np.nan)])
    return [
        _BackTest(member_forecasts(prepared(y[:o], period), steps), came[o : o + steps])
        for o in origins
        if o >= first and np.isfinite(y[:o]).sum() >= _FEWEST_VALUES
    ]


def _weights(keys: Sequence[Key], past: Sequence[_BackTest], trust: float, power: int) -> dict[Key, float]:
    if len(past) < _FEWEST_BACK_TESTS:
        return dict.fromkeys(keys, 1.0)
    errors = {
        key: float(np.mean([np.nanmean(np.abs(t.came - t.said[key])) for t in past]))
        for key in keys
        if all(key in t.said for t in past)
    }
    usual = float(np.median(list(errors.values()))) if errors else 0.0
    return {
        key: 1 - trust + trust * ((usual / max(errors[key], 1e-12)) ** power if key in errors else 1.0)
        for key in keys
    }


def _combined(said: Mapping[Key, Floats], weights: Mapping[Key, float], negative: bool) -> Floats:
    used = {key: weights[key] for key in said if key in weights}
    total = sum(used.values())
    mean = np.sum([said[key] * (weight / total) for key, weight in used.items()], axis=0)
    return mean if negative else np.maximum(mean, 0.0)


def _errors(past: Sequence[_BackTest], weights: Mapping[Key, float], negative: bool) -> Floats | None:
    if len(past) < _FEWEST_BACK_TESTS:
        return None
    rows = []
    for test in past:
        mean = _combined(test.said, weights, negative)
        rows.append((test.came - mean) / _size(mean))
    return np.array(rows)


def _size(mean: Floats) -> Floats:
    return np.abs(mean) + _FLOOR * max(float(np.abs(mean).mean()), 1e-9)


def _from_errors(mean: Floats, errors: Floats, levels: Sequence[int]) -> dict[int, tuple[Floats, Floats]]:
    steps = len(mean)
    near, far = (np.nanmean(np.abs(part)) + 1e-9 for part in np.array_split(errors, 2, axis=1)[:2])
    growth = np.clip(np.log(far / near) / np.log(3), 0.0, 0.5) if steps > 1 else 0.0
    reach = (np.arange(1, steps + 1) / steps) ** growth
    pooled = (errors / reach).ravel()
    pooled = pooled[np.isfinite(pooled)]
    found = {}
    for level in levels:
        low, high = np.quantile(pooled, [0.5 - level / 200, 0.5 + level / 200])
        both = np.quantile(np.abs(pooled), level / 100)
        wide = _WIDEN.get(level, 1.1) * reach * _size(mean)
        found[level] = (mean + 0.5 * (low - both) * wide, mean + 0.5 * (high + both) * wide)
    return found


def _from_changes(
    y: Floats, mean: Floats, period: int, levels: Sequence[int]
) -> dict[int, tuple[Floats, Floats]]:
    """Without back-tests: as wide as the series changes from cycle to cycle."""
    lag = period if len(y) >= 2 * period + 2 else 1
    spread = float(np.nanstd(y[lag:] - y[:-lag]))
    wide = spread * np.sqrt(np.arange(len(mean)) // lag + 1)
    quantiles = {50: 0.6745, 80: 1.2816, 95: 1.96}
    return {level: (mean - quantiles[level] * wide, mean + quantiles[level] * wide) for level in levels}
