"""Forecasts by exponential smoothing, with and without a trend: statsmodels' smoothing of what is left of a
series without its seasons. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from marketing_assets.intelligence.series import Floats, seasons

_RECENT = 400
"""Values that tell of level and trend."""
_SEASON_HALF_LIFE = 12
"""Cycles after which a cycle counts half in the shape of the season."""
_START = 14
_SLOWEST = 0.02


def smoothed(z: Floats, period: int, steps: int) -> Mapping[str, Floats]:
    """`level` goes on as the series is now; `theta` with half of the straight line's slope besides."""
    season, plain = _without_seasons(z, period, steps)
    recent = plain[-_RECENT:]
    alpha, last = _smoothing(recent)
    n = len(recent)
    slope = np.polyfit(np.arange(n), recent, 1)[0] if n > 2 else 0.0
    ahead = np.arange(steps) + (1 - (1 - alpha) ** n) / alpha
    return {"level": last + season, "theta": last + 0.5 * slope * ahead + season}


def _smoothing(x: Floats) -> tuple[float, float]:
    """The smoothing of least squared error one step ahead, and the level it ends with."""
    # On one scale for all series, where its optimiser knows when it has arrived.
    centre, spread = float(np.median(x[:_START])), float(x.std())
    if spread < 1e-9 * max(1.0, abs(centre)):
        return 1.0, float(x[-1])
    model = SimpleExpSmoothing((x - centre) / spread, initialization_method="known", initial_level=0.0)
    found = model.fit(method="SLSQP")
    alpha = float(np.clip(found.params["smoothing_level"], _SLOWEST, 1.0))
    return alpha, float(found.level[-1]) * spread + centre


def _without_seasons(z: Floats, period: int, steps: int) -> tuple[Floats, Floats]:
    """The seasons of the next steps, and the series without them; the longer season is of what is left."""
    n, plain, ahead = len(z), z, np.zeros(steps)
    for length in seasons(period, n):
        season = _season(plain, length)
        plain = plain - season[np.arange(n) % length]
        ahead = ahead + season[(n + np.arange(steps)) % length]
    return ahead, plain


def _season(z: Floats, period: int) -> Floats:
    """Additive season by phase; recent cycles count more, and what may be chance is taken back."""
    n = len(z)
    window = np.ones(period) if period % 2 else np.concatenate([[0.5], np.ones(period - 1), [0.5]])
    middle = np.convolve(np.pad(z, len(window) // 2, mode="reflect"), window / period, "valid")
    weights = 0.5 ** ((n - 1 - np.arange(n)) / (_SEASON_HALF_LIFE * period))
    phase = np.arange(n) % period
    totals = np.bincount(phase, weights, period)
    away = z - middle
    season = np.bincount(phase, weights * away, period) / totals
    season -= season.mean()
    # A phase's mean of k cycles moves by chance with the spread within phases ÷ √k.
    chance = np.mean((away - season[phase]) ** 2) * np.mean(
        np.bincount(phase, weights**2, period) / totals**2
    )
    seen = max(float(np.mean(season**2)), 1e-12)
    kept: Floats = season * max(0.0, 1.0 - float(chance) / seen)
    return kept
