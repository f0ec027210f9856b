"""Unusual values of series finer than days (hours, minutes), each judged by what was known before it. Pure.

A value is compared with those of the same phase of the last cycles, in their usual spread; how far off is
unusual is learned from the series itself. After an alert there is none for a day: what goes on is one event.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DAY_SECONDS = 86_400
_NO_ALERT = 0.49


@dataclass(frozen=True)
class Habit:
    """When a value is unusual. Distances are in usual spreads."""

    distance: float = 4.0
    cycles: int = 14
    """Past cycles of which the same phase is compared."""
    share: float = 0.002
    """Share of past values that may lie as far off and still be usual."""
    learned: int = 5_000
    """Past values that the limit is learned from."""
    fewest: int = 200
    pause_days: float = 1.0
    """After an alert."""
    least_spread: float = 0.35
    """The same phase's spread counts as at least this share of the last cycle's."""


def scores(t: Floats, y: Floats, period: int, habit: Habit = Habit()) -> Floats:
    """As `anomalies.scores`: `t` epoch seconds, increasing; `y` may hold NaN; `period` in steps."""
    out = np.zeros(len(y))
    far = np.full(len(y), np.nan)
    limit, quiet_until = habit.distance, -np.inf
    learn_every = max(period // 8, 1)
    for i in range(2 * period, len(y)):
        if np.isnan(y[i]):
            continue
        far[i] = _distance(y, i, period, habit)
        if i % learn_every == 0:
            limit = _limit(far[max(2 * period, i - habit.learned) : i], habit)
        out[i] = 1 - 0.5 ** ((far[i] / limit) ** 2) if np.isfinite(far[i]) else 0.0
        if out[i] >= 0.5:
            if t[i] < quiet_until:
                out[i] = _NO_ALERT
            else:
                quiet_until = t[i] + habit.pause_days * _DAY_SECONDS
    return out


def _distance(y: Floats, now: int, period: int, habit: Habit) -> float:
    """How far a value lies from the same phase of the last cycles; NaN where too little is known of it."""
    same = y[np.arange(now - period, max(-1, now - habit.cycles * period - 1), -period)]
    last = y[now - period : now]
    same, last = same[np.isfinite(same)], last[np.isfinite(last)]
    if len(same) < 2 or len(last) < 2:
        return float("nan")
    centre = float(np.median(same))
    spread = 1.4826 * float(np.median(np.abs(same - centre)))
    of_cycle = 1.4826 * float(np.median(np.abs(last - np.median(last))))
    return abs(float(y[now]) - centre) / max(spread, habit.least_spread * of_cycle, 1e-9)


def _limit(past: Floats, habit: Habit) -> float:
    past = past[np.isfinite(past)]
    if len(past) <= habit.fewest:
        return habit.distance
    return max(habit.distance, float(np.quantile(past, 1 - habit.share)))
