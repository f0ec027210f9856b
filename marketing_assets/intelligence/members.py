"""The forecasts that are combined: each takes a prepared series on its scale and looks `steps` ahead. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.signal import lfilter

from marketing_assets.intelligence.series import Floats

YEAR = 364
"""Days: as far back as a year that has the same weekdays."""

_SMOOTHING = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8)
_TREND_STEPS = 400
_SEASON_HALF_LIFE = 12
"""Cycles after which a cycle counts half in the shape of the season."""
_YEARLY_FROM = 450
_LONGEST_FIT = 900

Member = Callable[[Floats, int, int], Floats | None]


def theta(z: Floats, period: int, steps: int) -> Floats:
    """Level by exponential smoothing with half of the straight line's slope: the Theta method."""
    return _smoothed(z, period, steps, drift=0.5)


def level(z: Floats, period: int, steps: int) -> Floats:
    """Level by exponential smoothing, seasonal, without a trend."""
    return _smoothed(z, period, steps, drift=0.0)


def _smoothed(z: Floats, period: int, steps: int, drift: float) -> Floats:
    season, plain = _season(z, period)
    alpha, last = _best_smoothing(plain)
    n, used = len(z), min(len(z), _TREND_STEPS)
    slope = np.polyfit(np.arange(used), plain[-used:], 1)[0] if used > 2 else 0.0
    ahead = np.arange(steps) + (1 - (1 - alpha) ** n) / alpha
    return last + drift * slope * ahead + season[(n + np.arange(steps)) % period]


def _season(z: Floats, period: int) -> tuple[Floats, Floats]:
    """Additive season by phase, and the series without it. Recent cycles count more."""
    n = len(z)
    if period < 2 or n < 2 * period + 1:
        return np.zeros(period), z
    window = np.ones(period) if period % 2 else np.concatenate([[0.5], np.ones(period - 1), [0.5]])
    middle = np.convolve(np.pad(z, len(window) // 2, mode="reflect"), window / period, "valid")
    weights = 0.5 ** ((n - 1 - np.arange(n)) / (_SEASON_HALF_LIFE * period))
    phase = np.arange(n) % period
    totals = np.bincount(phase, weights, period)
    season = np.bincount(phase, weights * (z - middle), period) / totals
    season -= season.mean()
    return season, z - season[phase]


def _best_smoothing(x: Floats) -> tuple[float, float]:
    """The smoothing of least squared error one step ahead, and the level it ends with."""
    start, found = float(np.median(x[:14])), []
    for alpha in _SMOOTHING:
        levels, _ = lfilter([alpha], [1, alpha - 1], x, zi=[(1 - alpha) * start])
        errors = (x - np.concatenate([[start], levels[:-1]]))[len(x) // 4 :]
        found.append((float(errors @ errors), alpha, float(levels[-1])))
    _, alpha, last = min(found)
    return alpha, last


def autoregression(z: Floats, period: int, steps: int) -> Floats:
    """Ridge regression on the last days, the same phase of the last cycles, and the phase."""
    return _autoregressed(z, period, steps, yearly=False)


def yearly_autoregression(z: Floats, period: int, steps: int) -> Floats:
    """The same with the season of the year, where more than a year is known."""
    return _autoregressed(z, period, steps, yearly=period == 7 and len(z) > _YEARLY_FROM)


def _autoregressed(z: Floats, period: int, steps: int, yearly: bool) -> Floats:
    n = len(z)
    lags = np.array([lag for lag in _lags(period) if lag < n // 3] or [1])
    centre, spread = z[-8 * period :].mean(), z.std() + 1e-9
    u = (z - centre) / spread
    rows = np.arange(max(lags.max(), n - _LONGEST_FIT), n)
    calendar = _calendar(np.concatenate([rows, n + np.arange(steps)]), period, yearly)
    design = np.concatenate([u[rows[:, None] - lags], calendar[: len(rows)]], axis=1)
    weights = 0.5 ** ((n - 1 - rows) / 365.0)
    penalty = np.concatenate([np.ones(len(lags)), [1e-3], np.full(calendar.shape[1] - 1, 3.0)])
    weighted = design * weights[:, None]
    found = np.linalg.solve(weighted.T @ design + np.diag(penalty), weighted.T @ u[rows])
    ahead = calendar[len(rows) :] @ found[len(lags) :]
    path = np.concatenate([u, np.zeros(steps)])
    for i in range(steps):
        path[n + i] = path[n + i - lags] @ found[: len(lags)] + ahead[i]
    return path[n:] * spread + centre


def _lags(period: int) -> tuple[int, ...]:
    if period == 7:
        return (1, 2, 3, 4, 5, 6, 7, 8, 14, 21, 28)
    return (1, 2, 3, period, period + 1, 2 * period) if period > 1 else (1, 2, 3)


def _calendar(t: np.ndarray, period: int, yearly: bool) -> Floats:
    columns = [np.ones(len(t))]
    if 1 < period <= 31:
        columns += [(t % period == i) - 1 / period for i in range(period - 1)]
    if yearly:
        turns = 2 * np.pi * t / 365.25
        columns += [wave(k * turns) for k in (1, 2, 3) for wave in (np.sin, np.cos)]
    return np.stack(columns, axis=1).astype(float)


def last_year(z: Floats, period: int, steps: int) -> Floats | None:
    """The same days of last year at this year's level; None where that is not known."""
    n = len(z)
    if period != 7 or n < YEAR + 56:
        return None
    change = z[-28:].mean() - z[n - YEAR - 28 : n - YEAR].mean()
    return z[n - YEAR + np.arange(steps) % YEAR] + change


MEMBERS: Mapping[str, Member] = {
    "theta": theta,
    "level": level,
    "autoregression": autoregression,
    "yearly_autoregression": yearly_autoregression,
    "last_year": last_year,
}
