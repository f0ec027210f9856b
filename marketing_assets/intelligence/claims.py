"""What a platform's own claims tell of a curve's shape: how the effect moves with spend, not its size.
Pure."""

from __future__ import annotations

import numpy as np

from marketing_assets.intelligence.curves import Floats, carried, shapes

_CARRY_OVERS = (0.0, 0.2, 0.35)
"""Platforms attribute to the last days: what they claim carries over less than what is true."""
_POWERS = (0.7, 0.85, 1.0, 1.2)
_DAYS_ALIKE = 3
"""Days in a row that say one thing, because a claim's errors last."""


def claim_evidence(relative: Floats, claimed: Floats, revenue: Floats, used: int) -> Floats:
    """How well each curve explains how the platform's claim moves with spend: log-likelihood by curve.

    The claim follows the curve up to a power and a slow drift of its level; a part of it may be sales of
    the baseline, which follow revenue.
    """
    days = np.arange(len(claimed)) >= used
    if (claimed[days] <= 0).mean() > 0.2:
        return np.zeros(shapes().size)
    base = revenue / max(revenue.mean(), 1e-9)
    told = np.maximum(claimed, 1e-9 + 0.02 * np.median(claimed))
    best = np.full(shapes().size, np.inf)
    weights = 1 / told[days]
    for carry in _CARRY_OVERS:
        curves = shapes().response(np.maximum(carried(relative, carry), 1e-6))[:, days]
        for power in _POWERS:
            powered = curves**power
            powered /= powered.mean(axis=1, keepdims=True)
            fit = _two_parts(powered, base[days], told[days], weights)
            ratio = np.log(told[days]) - np.log(np.maximum(fit, 1e-9))
            best = np.minimum(best, (_without_drift(ratio) ** 2).sum(axis=1))
    effective = float(days.sum()) / _DAYS_ALIKE
    found: Floats = -0.5 * effective * np.log(best / best.min())
    return found


def _two_parts(curves: Floats, base: Floats, told: Floats, weights: Floats) -> Floats:
    """Weighted least squares of `told` on each curve and the baseline, neither below zero."""
    x, b, y = curves * weights, base * weights, told * weights
    xx, xb, bb = (x * x).sum(1), x @ b, b @ b
    xy, by = x @ y, b @ y
    det = np.maximum(xx * bb - xb**2, 1e-12)
    a, s = (xy * bb - xb * by) / det, (by * xx - xb * xy) / det
    alone = xy / xx
    a, s = np.where(s < 0, alone, a), np.maximum(s, 0)
    a = np.maximum(a, 0.05 * alone)
    fitted: Floats = a[:, None] * curves + s[:, None] * base
    return fitted


def _without_drift(rows: Floats, days: int = 29) -> Floats:
    """Rows less their moving average."""
    pad = days // 2
    padded = np.pad(rows, ((0, 0), (pad + 1, pad)), mode="reflect")
    sums = np.cumsum(padded, axis=1)
    return rows - (sums[:, days:] - sums[:, :-days]) / days
