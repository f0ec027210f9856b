"""A regular series made fit for models: gaps filled, closed days known, on a scale where effects add up.
Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_CLOSED_SHARE = 0.8
_CLOSED_CYCLES = 16
LONGEST_CYCLE = 31
"""Cycles up to this length have days that are closed as a rule, such as Sundays."""

_LONGER = {24: 168}
"""Hours have a day and, beside it, a week."""


def seasons(period: int, size: int) -> tuple[int, ...]:
    """The lengths of the seasons that `size` values tell of, the shortest first."""
    lengths = (period, *((_LONGER[period],) if period in _LONGER else ()))
    return tuple(length for length in lengths if length > 1 and size > 2 * length)


class NotEnough(ValueError):
    """There is too little to say anything; the message says what is missing."""


@dataclass(frozen=True)
class Series:
    """`values` have neither gaps nor zeros where the series is positive; `closed` are phases without
    business."""

    values: Floats
    period: int
    closed: Bools
    is_positive: bool

    @property
    def size(self) -> int:
        return len(self.values)

    def closed_after(self, steps: int) -> Bools:
        """Which of the next steps are closed."""
        return self.closed[(self.size + np.arange(steps)) % self.period]


@dataclass(frozen=True)
class Scale:
    """A scale to model on, and the way back."""

    name: str
    to: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]


LOGARITHM = Scale("logarithm", np.log, np.exp)
ROOT = Scale("root", np.sqrt, lambda v: np.maximum(v, 0.0) ** 2)
PLAIN = Scale("plain", lambda v: v, lambda v: v)


def scales_of(series: Series) -> tuple[Scale, ...]:
    """Shops grow in per cent, counts in roots; what can be negative is taken as it is."""
    return (LOGARITHM, ROOT) if series.is_positive else (PLAIN,)


def prepared(y: Floats, period: int) -> Series:
    """The series without gaps. Raises `ValueError` where there is nothing to go by."""
    if not np.isfinite(y).any():
        raise ValueError("no value is known")
    filled = _interpolated(y)
    period = period if len(filled) >= 2 * period else 1
    closed = _closed_phases(filled, period)
    positive = bool((filled >= 0).all() and (filled > 0).mean() > 0.4)
    values = _without_zeros(filled, period) if positive else filled
    return Series(values, period, closed, positive)


def _interpolated(y: Floats) -> Floats:
    known = np.isfinite(y)
    at = np.arange(len(y))
    return np.interp(at, at[known], y[known])


def _closed_phases(y: Floats, period: int) -> Bools:
    closed = np.zeros(period, bool)
    if not 1 < period <= LONGEST_CYCLE:
        return closed
    recent = np.arange(len(y)) >= len(y) - _CLOSED_CYCLES * period
    phase = np.arange(len(y)) % period
    for i in range(period):
        values = y[recent & (phase == i)]
        closed[i] = len(values) > 3 and (values == 0).mean() > _CLOSED_SHARE
    return closed


def _without_zeros(y: Floats, period: int, cycles: int = 6) -> Floats:
    """Closed days and outages as what the same phase usually is around them."""
    out, low = y.copy(), y <= 0
    usual = np.median(y[~low])
    for i in map(int, np.flatnonzero(low)):
        near = np.arange(max(i % period, i - cycles * period), min(len(y), i + cycles * period + 1), period)
        near = near[y[near] > 0]
        out[i] = np.median(y[near]) if len(near) else usual
    return out
