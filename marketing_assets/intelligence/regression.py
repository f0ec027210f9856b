"""Forecasts by regression of a series on its own past, the season and, where it is known, the year. Pure.

Least squares with a penalty, in closed form: with twenty columns that resemble each other a plain fit of an
autoregression runs away, and it takes a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from marketing_assets.intelligence.series import LONGEST_CYCLE, Floats

YEAR = 364
"""Days: as far back as a year that has the same weekdays."""

_YEARLY_FROM = 450
_LONGEST_FIT = 900
_LAGS = {
    7: (1, 2, 3, 4, 5, 6, 7, 8, 14, 21, 28),
    24: (1, 2, 3, 4, 23, 24, 25, 48, 72, 96, 120, 144, 167, 168, 169),
    52: (1, 2, 3, 4, 5, 6, 8, 13, 26, 52, 53),
}


def autoregressed(z: Floats, period: int, steps: int) -> Mapping[str, Floats]:
    """`autoregression` on the last values, the same phase of the last cycles and the phase; with the season
    of the year `yearly_autoregression`, where more than a year of days is known."""
    found = {"autoregression": _autoregressed(z, period, steps, yearly=False)}
    if period == 7 and len(z) > _YEARLY_FROM:
        found["yearly_autoregression"] = _autoregressed(z, period, steps, yearly=True)
    if period > LONGEST_CYCLE or period == 1:
        found["changes"] = _changed(z, 1, steps)
    if period > LONGEST_CYCLE:
        found["seasonal_changes"] = _changed(z, period, steps)
    return found


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
    # What has no short season may wander, so the penalty draws it to where it is instead of to its mean.
    wanders = float(period > LONGEST_CYCLE)
    found = _ridge(design, u[rows] - wanders * u[rows - 1], weights, penalty)
    found[0] += wanders
    ahead = calendar[len(rows) :] @ found[len(lags) :]
    path = np.concatenate([u, np.zeros(steps)])
    for i in range(steps):
        path[n + i] = path[n + i - lags] @ found[: len(lags)] + ahead[i]
    ended: Floats = path[n:] * spread + centre
    return ended


def _changed(z: Floats, period: int, steps: int) -> Floats:
    """Autoregression of the changes from step to step: what wanders is not drawn back to its mean."""
    changes = _autoregressed(np.diff(z), period, steps, yearly=False)
    ahead: Floats = float(z[-1]) + np.cumsum(changes)
    return ahead


def _ridge(design: Floats, target: Floats, weights: Floats, penalty: Floats) -> Floats:
    weighted = design * weights[:, None]
    found = np.linalg.solve(weighted.T @ design + np.diag(penalty), weighted.T @ target)
    return np.asarray(found, dtype=np.float64)


def _lags(period: int) -> tuple[int, ...]:
    if period == 1:
        return (1, 2, 3, 4, 5, 6, 8, 13)
    return _LAGS.get(period, (1, 2, 3, period, period + 1, 2 * period))


def _calendar(t: np.ndarray, period: int, yearly: bool) -> Floats:
    columns = [np.ones(len(t))]
    if 1 < period <= LONGEST_CYCLE:
        columns += [(t % period == i) - 1 / period for i in range(period - 1)]
    if period > LONGEST_CYCLE:
        columns += _waves(t, period)
    if yearly:
        columns += _waves(t, 365.25)
    return np.stack(columns, axis=1).astype(float)


def _waves(t: np.ndarray, length: float) -> list[Floats]:
    turns = 2 * np.pi * t / length
    return [wave(k * turns) for k in (1, 2, 3) for wave in (np.sin, np.cos)]


def last_year(z: Floats, period: int, steps: int) -> Mapping[str, Floats]:
    """The same days of last year at this year's level, where that is known."""
    n = len(z)
    if period != 7 or n < YEAR + 56:
        return {}
    change = z[-28:].mean() - z[n - YEAR - 28 : n - YEAR].mean()
    return {"last_year": z[n - YEAR + np.arange(steps) % YEAR] + change}
