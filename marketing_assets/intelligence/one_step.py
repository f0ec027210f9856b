"""The next value of a series from its last values and the phase: a ridge regression, fitted weekly. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LAGS = {7: (1, 2, 3, 4, 5, 6, 7, 8, 14, 21, 28)}
_FIT_STEPS, _HALF_LIFE = 400, 180.0
_FEWEST_ROWS = 14
_LONGEST_CYCLE = 31


@dataclass
class OneStep:
    """Coefficients as of the last fit; `error` is the usual error of that fit."""

    period: int
    found: Floats | None = None
    centre: float = 0.0
    error: float = 1.0

    def __post_init__(self) -> None:
        p = self.period
        self._lags = np.array(_LAGS.get(p, (1, 2, 3, p, p + 1, 2 * p)))

    @property
    def is_fitted(self) -> bool:
        return self.found is not None

    def can_fit(self, z: Floats, now: int) -> bool:
        return now >= int(self._lags.max()) + _FEWEST_ROWS

    def fit(self, z: Floats, now: int) -> None:
        """Fit on the values before `now`; none of them is missing."""
        rows = np.arange(max(int(self._lags.max()), now - _FIT_STEPS), now)
        self.centre = float(z[rows].mean())
        lagged = z[rows[:, None] - self._lags] - self.centre
        design = np.concatenate([lagged, self._phase(rows), np.ones((len(rows), 1))], axis=1)
        target = z[rows] - self.centre
        weights = 0.5 ** ((now - 1 - rows) / _HALF_LIFE)
        spread = float(target.std()) + 1e-9
        phases = design.shape[1] - len(self._lags) - 1
        penalty = np.concatenate([np.full(len(self._lags), 2 * spread**2), np.full(phases, 3.0), [1e-6]])
        weighted = design * weights[:, None]
        self.found = np.linalg.solve(weighted.T @ design + np.diag(penalty), weighted.T @ target)
        self.error = robust_spread(target - design @ self.found)

    def next(self, z: Floats, now: int) -> float:
        """The value expected at `now`. Raises `ValueError` before the first fit."""
        if self.found is None:
            raise ValueError("fit before you ask")
        row = np.concatenate([z[now - self._lags] - self.centre, self._phase(np.array([now]))[0], [1.0]])
        return float(row @ self.found) + self.centre

    def _phase(self, at: NDArray[np.int64]) -> Floats:
        if self.period > _LONGEST_CYCLE:
            return np.zeros((len(at), 0))
        phase: Floats = (at[:, None] % self.period == np.arange(self.period)) - 1 / self.period
        return phase


def robust_spread(values: Floats) -> float:
    """Standard deviation by the median absolute deviation; a little above zero where all are equal."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) + 1e-9
