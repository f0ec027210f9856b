"""What a platform's own claims tell: how the effect moves with spend, and what was only credited to ads.

Pure. A claim is partly sales that would have come anyway. That part moves with the shop's sales; the other
moves with spend, be it by itself or with the shop's sales as well, because ads sell more on a day that sells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketing_assets.intelligence.curves import Floats, carried, shapes

_CARRY_OVERS = (0.0, 0.2, 0.35)
"""Platforms attribute to the last days: what they claim carries over less than what is true."""
_POWERS = (0.7, 0.85, 1.0, 1.2)
_DAYS_ALIKE = 3
"""Days in a row that say one thing, because a claim's errors last."""
_MOST_SILENT = 0.2
"""Share of days without a claim from which claims say nothing."""
_LEAST_OF_A_DAY = 0.1
"""Share of the median below which a day (closed, tracking down) is left out."""
_LEAST_SHARE = 0.15


@dataclass(frozen=True)
class Told:
    """Log-likelihood of each curve, and the share of the claim that moves with spend (0 to 1)."""

    shape: Floats
    share: float


def claim_evidence(relative: Floats, claimed: Floats, revenue: Floats, used: int) -> Told:
    """What claims tell of each curve, from days after the first `used`; `relative` is spend in its means."""
    days = np.arange(len(claimed)) >= used
    if (claimed[days] <= 0).mean() > _MOST_SILENT:
        return Told(np.zeros(shapes().size), 1.0)
    days &= claimed > _LEAST_OF_A_DAY * np.median(claimed)
    days &= revenue > _LEAST_OF_A_DAY * np.median(revenue)
    if days.sum() < used + 1:
        return Told(np.zeros(shapes().size), 1.0)
    base, told = revenue[days] / revenue[days].mean(), claimed[days]
    best, share = np.full(shapes().size, np.inf), np.ones(shapes().size)
    for part in _parts(relative, days, base):
        of_spend, of_base = _two_parts(part, base, told)
        fitted = of_spend[:, None] * part + of_base[:, None] * base
        left = _without_drift(np.log(told) - np.log(np.maximum(fitted, 1e-9)))
        missed = (left**2).sum(axis=1) + 1e-12
        better = missed < best
        best = np.where(better, missed, best)
        share = np.where(better, of_spend / (of_spend + of_base), share)
    shape: Floats = -0.5 * float(days.sum()) / _DAYS_ALIKE * np.log(best / best.min())
    weights = np.exp(shape)
    return Told(shape, max(float(weights @ share / weights.sum()), _LEAST_SHARE))


def _parts(relative: Floats, days: NDArray[np.bool_], base: Floats) -> Iterator[Floats]:
    """What spend may add to a claim, by curve and day, of mean 1: powers of curves, with sales or without."""
    for carry in _CARRY_OVERS:
        curves = shapes().response(np.maximum(carried(relative, carry), 1e-6))[:, days]
        for power in _POWERS:
            alone = curves**power
            for part in (alone, alone * base):
                yield part / part.mean(axis=1, keepdims=True)


def _two_parts(parts: Floats, base: Floats, told: Floats) -> tuple[Floats, Floats]:
    """Least squares, relative to `told`, of `told` on each part and the base, neither below zero."""
    x, b = parts / told, base / told
    xx, xb, bb = (x * x).sum(1), x @ b, b @ b
    xy, by = x.sum(1), b.sum()
    determinant = np.maximum(xx * bb - xb**2, 1e-12)
    a, s = (xy * bb - xb * by) / determinant, (by * xx - xb * xy) / determinant
    alone = xy / xx
    return np.maximum(np.where(s < 0, alone, a), 0.05 * alone), np.maximum(s, 0.0)


def _without_drift(rows: Floats, days: int = 29) -> Floats:
    """Rows less their moving average."""
    pad = days // 2
    padded = np.pad(rows, ((0, 0), (pad + 1, pad)), mode="reflect")
    sums = np.cumsum(padded, axis=1)
    smooth: Floats = (sums[:, days:] - sums[:, :-days]) / days
    return rows - smooth
