"""Forecasts from earlier days held against what came. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketing_assets.intelligence.combining import (
    FEWEST_BACK_TESTS,
    BackTest,
    combination,
    intervals_by_errors,
)
from marketing_assets.intelligence.members import member_forecasts
from marketing_assets.intelligence.series import LONGEST_CYCLE, Bools, Floats, prepared

FEWEST_VALUES = 10
_BACK_TESTS = {24: 7, 52: 14}
"""By period: a day of hours tells much by itself, a week of a year little."""
_USUAL_BACK_TESTS = 10
_SHOWN = 48
"""Steps of the newest back-test that have come already."""
_NEAR = 28
_CLOSE = 1e-9


@dataclass(frozen=True)
class Record:
    """How forecasts from earlier days did: mean absolute errors of the forecast and of the seasonal naive
    one, both in those of the season repeated within the history (MASE), and the share of days inside each
    interval."""

    origins: int
    mase: float
    naive_mase: float
    coverage: Mapping[int, float]


def back_tests(y: Floats, period: int, steps: int) -> list[BackTest]:
    """Forecasts from earlier days; of those of the last weeks only the beginning has come yet."""
    n, first = len(y), min(max(4 * period, 60), max(len(y) // 2, 2 * period + 1, 60))
    apart = max(period if period <= LONGEST_CYCLE else 1, min(steps, _NEAR) // 3)
    origins = [n - min(steps, _SHOWN) - apart * i for i in range(_BACK_TESTS.get(period, _USUAL_BACK_TESTS))]
    return [
        _back_test(y, o, period, steps)
        for o in origins
        if o >= first and np.isfinite(y[:o]).sum() >= FEWEST_VALUES and np.isfinite(y[o : o + steps]).any()
    ]


def _back_test(y: Floats, origin: int, period: int, steps: int) -> BackTest:
    known, came = prepared(y[:origin], period), np.full(steps, np.nan)
    came[: len(y) - origin] = y[origin : origin + steps]
    naive = np.resize(known.values[-known.period :], steps)
    return BackTest(member_forecasts(known, steps), came, np.where(known.closed_after(steps), 0.0, naive))


def record(y: Floats, period: int, past: Sequence[BackTest], levels: Sequence[int]) -> Record | None:
    """How each back-test did by weights and intervals of the others; None where there are too few of them."""
    changes = np.abs(y[period:] - y[:-period])
    scale = float(np.nanmean(changes)) if np.isfinite(changes).any() else 0.0
    if len(past) <= FEWEST_BACK_TESTS or not scale > 0:
        return None
    misses, naive = [], []
    inside: dict[int, list[Bools]] = {level: [] for level in levels}
    for i, test in enumerate(past):
        others = [other for j, other in enumerate(past) if j != i]
        how = combination(list(test.said), others, period, bool(np.nanmin(y) < 0))
        mean, known = how.mean(test.said), np.isfinite(test.came)
        misses.append(np.abs(test.came - mean)[known])
        naive.append(np.abs(test.came - test.naive)[known])
        assert how.errors is not None
        for level, (low, high) in intervals_by_errors(mean, how.errors, levels).items():
            inside[level].append(((test.came >= low - _CLOSE) & (test.came <= high + _CLOSE))[known])
    return Record(
        len(past),
        float(np.concatenate(misses).mean()) / scale,
        float(np.concatenate(naive).mean()) / scale,
        {level: float(np.concatenate(found).mean()) for level, found in inside.items()},
    )
