"""Unusual values of a regular series, each judged by what was known before it. Pure.

Each value is forecast one step ahead from a series that was cleaned of what was unusual; how far it lies off
is measured in the usual errors of its weekday, and compared with how far the last year's values lay off. So a
series of wild weather alarms no more often than a calm one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from marketing_assets.intelligence.calendars import Day, days_of

Floats = NDArray[np.float64]

_DAY_SECONDS = 86_400
_LAGS = {7: (1, 2, 3, 4, 5, 6, 7, 8, 14, 21, 28)}
_FIT_STEPS, _FIT_EVERY, _FIT_HALF_LIFE = 400, 7, 180.0
_ERROR_STEPS = 56
_YEAR, _SAME_WEEK = 364, 4


@dataclass(frozen=True)
class Caution:
    """When a value is unusual. Distances are in usual errors."""

    distance: float = 2.6
    share: float = 0.06
    """Share of past values that may lie as far off and still be usual."""
    on_holidays: float = 6.0
    repeated: float = 1.5
    """Factor of the limit where the same week of last year was unusual in the same direction."""
    steps: int = 200
    """Past values that the limit is learned from."""


@dataclass
class _Model:
    """Ridge regression on the last values and the phase; refitted every week."""

    lags: NDArray[np.int64]
    period: int
    found: Floats | None = None
    centre: float = 0.0
    error: float = 1.0

    def fit(self, z: Floats, now: int) -> None:
        rows = np.arange(max(int(self.lags.max()), now - _FIT_STEPS), now)
        self.centre = float(z[rows].mean())
        design = np.concatenate(
            [z[rows[:, None] - self.lags] - self.centre, self._phase(rows), np.ones((len(rows), 1))], axis=1
        )
        target = z[rows] - self.centre
        weights = 0.5 ** ((now - 1 - rows) / _FIT_HALF_LIFE)
        spread = float(target.std()) + 1e-9
        phases = design.shape[1] - len(self.lags) - 1
        penalty = np.concatenate([np.full(len(self.lags), 2 * spread**2), np.full(phases, 3.0), [1e-6]])
        weighted = design * weights[:, None]
        self.found = np.linalg.solve(weighted.T @ design + np.diag(penalty), weighted.T @ target)
        self.error = _robust_spread(target - design @ self.found)

    def next(self, z: Floats, now: int) -> float:
        assert self.found is not None
        row = np.concatenate([z[now - self.lags] - self.centre, self._phase(np.array([now]))[0], [1.0]])
        return float(row @ self.found) + self.centre

    def _phase(self, at: NDArray[np.int64]) -> Floats:
        if self.period > 31:
            return np.zeros((len(at), 0))
        return (at[:, None] % self.period == np.arange(self.period)) - 1 / self.period


def _robust_spread(values: Floats) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) + 1e-9


def scores(t: Floats, y: Floats, period: int, caution: Caution = Caution()) -> Floats:
    """How unusual each value is, 0 to 1, an alert from 0.5 on; 0 where there is too little to say.

    `t` are epoch seconds, increasing; `y` may hold NaN. The score of a value depends on nothing after it.
    """
    out = np.zeros(len(y))
    first = max(4 * period, 28) + 14
    if len(y) <= first:
        return out
    positive = bool(np.nanmin(y[:first]) >= 0)
    z = np.sqrt(np.maximum(y, 0)) if positive else y.astype(float)
    kinds = _kinds(t)
    clean, error, far = z.copy(), np.full(len(y), np.nan), np.full(len(y), np.nan)
    model = _Model(np.array(_LAGS.get(period, (1, 2, 3, period, period + 1, 2 * period))), period)
    unusual = 0
    for i in range(len(y)):
        if np.isnan(z[i]):
            clean[i] = clean[i - period] if i >= period else (clean[i - 1] if i else 0.0)
            continue
        if i < first:
            continue
        if model.found is None or i % _FIT_EVERY == 0:
            model.fit(clean, i)
        expected = 0.7 * model.next(clean, i) + 0.3 * _by_weekday(clean, i, period)
        usual = _usual_error(error, i, period, model.error)
        off = z[i] - expected
        error[i] = np.clip(off, -6 * usual, 6 * usual)
        distance = off / usual
        limit = _limit(far, i, np.sign(distance), period, caution)
        if kinds[i] == Day.HOLIDAY:
            limit *= caution.on_holidays
        far[i] = np.sign(distance) * min(abs(distance), 1.15 * limit)
        out[i] = 1 - 0.5 ** ((distance / limit) ** 2)
        unusual = unusual + 1 if out[i] >= 0.5 else 0
        allowed = 2.5 * usual
        # What stays for days is the new usual; what was a day is forgotten.
        if abs(off) > allowed and unusual < 5:
            clean[i] = expected if kinds[i] == Day.HOLIDAY else expected + np.sign(off) * allowed
    return out


def _kinds(t: Floats) -> NDArray[np.int64]:
    if len(t) < 3 or abs(float(np.median(np.diff(t))) - _DAY_SECONDS) > 1:
        return np.zeros(len(t), dtype=np.int64)
    return days_of([datetime.fromtimestamp(float(s), UTC).date() for s in t])


def _by_weekday(z: Floats, now: int, period: int) -> float:
    """The mean of the last two weeks, and by how much this phase was usually above it."""
    earlier = range(now - period, max(14, now - 8 * period) - 1, -period)
    above = [z[j] - z[max(0, j - 14) : j].mean() for j in earlier]
    return float(z[now - 14 : now].mean() + (np.median(above) if above else 0.0))


def _usual_error(errors: Floats, now: int, period: int, of_fit: float) -> float:
    recent = errors[max(0, now - _ERROR_STEPS) : now]
    recent = recent[np.isfinite(recent)]
    usual = of_fit if len(recent) < 14 else max(1.4826 * float(np.median(np.abs(recent))), 0.5 * of_fit)
    same = errors[now - period : max(0, now - 26 * period) : -period]
    same = same[np.isfinite(same)]
    if len(same) < 6:
        return usual
    return 0.7 * usual + 0.3 * max(1.4826 * float(np.median(np.abs(same))), 0.5 * of_fit)


def _limit(far: Floats, now: int, sign: float, period: int, caution: Caution) -> float:
    past = far[max(0, now - caution.steps) : now]
    past = past[np.isfinite(past)]
    limit = caution.distance
    if len(past) >= 40:
        same = np.abs(past[np.sign(past) == sign])
        of_side = np.quantile(same, 1 - caution.share) if len(same) > 20 else limit
        learned = 0.5 * np.quantile(np.abs(past), 1 - caution.share) + 0.5 * of_side
        limit = float(np.clip(learned, 0.75 * limit, 2.2 * limit))
    if period == 7 and now >= _YEAR + _SAME_WEEK + 1:
        year_ago = far[now - _YEAR - _SAME_WEEK : now - _YEAR + _SAME_WEEK + 1]
        year_ago = year_ago[np.isfinite(year_ago)]
        if len(year_ago) and float(np.max(sign * year_ago)) > 0.6 * limit:
            limit *= caution.repeated
    return limit
