"""Slow drifts: the last two weeks lie as far from the weeks before as they hardly did in a year. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RECENT, _GAP, _BEFORE = 14, 28, 56
_FEWEST_PAST = 120
_YEAR = 364
_SHARE = 0.99


def drifts(z: Floats, least: Floats) -> Floats:
    """Per day how far the mean of the last 14 days lies from that of the 56 days that ended 28 days ago, in
    limits, with sign; NaN where too little is known.

    `z` is on a scale where changes add up, cleaned of single events; `least` is the least difference on it
    that counts, per day. The limit is what a day in a hundred reached in the year before the last two weeks,
    so that a series that is always on the move does not alarm every week.
    """
    n = len(z)
    moved, out = np.full(n, np.nan), np.full(n, np.nan)
    for i in range(_GAP + _BEFORE, n):
        recent = z[i - _RECENT + 1 : i + 1]
        before = z[i - _GAP - _BEFORE + 1 : i - _GAP + 1]
        if np.isfinite(recent).sum() >= _RECENT - 3 and np.isfinite(before).sum() >= _BEFORE // 2:
            moved[i] = float(np.nanmean(recent) - np.nanmean(before))
        past = np.abs(moved[max(0, i - _YEAR) : i - _RECENT])
        past = past[np.isfinite(past)]
        if len(past) >= _FEWEST_PAST:
            out[i] = moved[i] / max(float(np.quantile(past, _SHARE)), float(least[i]))
    return out
