"""Forecasts of several members made one, and the intervals around it, by how each did from earlier days.
Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketing_assets.intelligence.members import Key
from marketing_assets.intelligence.series import Floats, NotEnough

FEWEST_BACK_TESTS = 3

_TRUST = {7: (0.5, 2)}
"""How far weights follow the back-tests, and by which power of the error; the rest is shared equally, which
is hard to beat. Days resemble each other; with other rhythms it is seen before which member fits."""
_USUAL_TRUST = (1.0, 4)
_WIDEN = {80: 1.2, 95: 1.4}
"""Back-tests know the members' weights already, and are few, which makes their errors a little too small."""
_FLOOR = 0.15
"""Share of the mean level that errors are at least measured by, so that small days do not count as huge ones.
"""
_NORMAL = {50: 0.6745, 80: 1.2816, 95: 1.96}

Interval = tuple[Floats, Floats]


@dataclass(frozen=True)
class BackTest:
    """What the members said from an earlier day, and what came: [steps], NaN where that is not known yet.

    `naive` is the last cycle repeated.
    """

    said: Mapping[Key, Floats]
    came: Floats
    naive: Floats


@dataclass(frozen=True)
class Combination:
    """Weights of the members, and the errors that they had together: [origins, steps], as shares of the
    forecast; None where there were too few back-tests."""

    weights: Mapping[Key, float]
    errors: Floats | None
    can_be_negative: bool

    def mean(self, said: Mapping[Key, Floats]) -> Floats:
        """What the members say together. Raises `NotEnough` where none says anything."""
        return _combined(said, self.weights, self.can_be_negative)


def combination(
    keys: Sequence[Key], past: Sequence[BackTest], period: int, can_be_negative: bool
) -> Combination:
    """How the members `keys` are combined, by how they did in the past."""
    if len(past) < FEWEST_BACK_TESTS:
        return Combination(dict.fromkeys(keys, 1.0), None, can_be_negative)
    weights = _weights(keys, past, *_TRUST.get(period, _USUAL_TRUST))
    return Combination(weights, _errors(past, weights, can_be_negative), can_be_negative)


def _weights(keys: Sequence[Key], past: Sequence[BackTest], trust: float, power: int) -> dict[Key, float]:
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
    # A series that has had its first negative value since the fit has other members than then.
    used = {key: weights[key] for key in said if key in weights} or dict.fromkeys(said, 1.0)
    if not used:
        raise NotEnough("no model gives a forecast of this history")
    total = sum(used.values())
    mean: Floats = np.sum([said[key] * (weight / total) for key, weight in used.items()], axis=0)
    return mean if negative else np.maximum(mean, 0.0)


def _errors(past: Sequence[BackTest], weights: Mapping[Key, float], negative: bool) -> Floats:
    rows = []
    for test in past:
        mean = _combined(test.said, weights, negative)
        rows.append((test.came - mean) / _size(mean))
    return np.array(rows)


def _size(mean: Floats) -> Floats:
    return np.abs(mean) + _FLOOR * max(float(np.abs(mean).mean()), 1e-9)


def intervals_by_errors(mean: Floats, errors: Floats, levels: Sequence[int]) -> dict[int, Interval]:
    """Intervals as wide as the errors of the back-tests, all steps pooled, growing with the distance as they
    do."""
    steps = len(mean)
    near, far = (_mean_size(part) for part in np.array_split(errors, 2, axis=1)[:2])
    growth = np.clip(np.log(far / near) / np.log(3), 0.0, 0.5) if steps > 1 and far > 0 else 0.0
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


def _mean_size(errors: Floats) -> float:
    """0 where none is known."""
    known = errors[np.isfinite(errors)]
    return float(np.abs(known).mean()) + 1e-9 if len(known) else 0.0


def intervals_by_changes(y: Floats, mean: Floats, period: int, levels: Sequence[int]) -> dict[int, Interval]:
    """Without back-tests: as wide as the series changes from cycle to cycle."""
    lag = period if len(y) >= 2 * period + 2 else 1
    changes = y[lag:] - y[:-lag]
    known = changes[np.isfinite(changes)]
    spread = float(known.std()) if len(known) else float(np.nanstd(y))
    wide = spread * np.sqrt(np.arange(len(mean)) // lag + 1)
    return {level: (mean - _NORMAL[level] * wide, mean + _NORMAL[level] * wide) for level in levels}
