"""Unusual values of a series, each judged by what was known before it. Pure.

Each day is forecast one step ahead from a series that was cleaned of what was unusual; how far it lies off is
measured in the usual errors of its weekday, and compared with how far the last year's values lay off. So a
series of wild weather alarms no more often than a calm one. Finer steps are judged by `rhythms`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketing_assets.intelligence import rhythms
from marketing_assets.intelligence.contexts import Context
from marketing_assets.intelligence.holiday_markets import Belief
from marketing_assets.intelligence.one_step import OneStep
from marketing_assets.intelligence.series import PLAIN, ROOT, Scale

Floats = NDArray[np.float64]

_DAY_SECONDS = 86_400
_WEEK = 7
_FIT_EVERY = 7
_ERROR_STEPS = 56
_YEAR, _SAME_WEEK = 364, 4
_NEW_USUAL = 4
"""Unusual days in a row that make a new usual."""
_IDLE_STEPS = 28
"""After as many zeros in a row zero is expected, without a model."""
_SURE_FROM, _UNSURE = 40, 0.15
"""Judged values from which on a series' own errors tell its limit, and how much wider it is at the first."""
_OWN_SHARE = 0.3
"""Of the usual error that is at least the series' own, however much of it its counts explain."""


@dataclass(frozen=True)
class Caution:
    """When a value is unusual. Distances are in usual errors."""

    distance: float = 2.4
    share: float = 0.06
    """Share of past values that may lie as far off and still be usual."""
    on_holidays: float = 6.0
    """Factor of the limit on a holiday of the series' market, where that had to be guessed."""
    beside_holidays: float = 2.0
    repeated: float = 1.5
    """Factor of the limit where the same week of last year was unusual in the same direction."""
    steps: int = 200
    """Past values that the limit is learned from."""
    kept: float = 4.0
    """How far off a value may be and still be learned from as it is."""


@dataclass(frozen=True)
class Judged:
    """Per day: what was expected, the bounds beyond which it is unusual, and how far it was off, in limits,
    with sign. NaN where there is too little to say."""

    expected: Floats
    low: Floats
    high: Floats
    off: Floats
    clean: Floats
    """The values without what was unusual, on the scale."""

    @property
    def score(self) -> Floats:
        """0 to 1, an alert from 0.5 on; 0 where there is too little to say."""
        return score_of(np.nan_to_num(self.off))


def score_of(off: Floats) -> Floats:
    """The score of a distance in limits: 0.5 at the limit."""
    scored: Floats = 1 - 0.5 ** (off**2)
    return scored


def scores(t: Floats, y: Floats, period: int, caution: Caution = Caution()) -> Floats:
    """How unusual each value is, 0 to 1, an alert from 0.5 on; 0 where there is too little to say.

    `t` are epoch seconds, increasing; `y` may hold NaN. The score of a value depends on nothing after it.
    """
    if len(t) > 2 and float(np.median(np.diff(t))) < _DAY_SECONDS:
        return rhythms.scores(t, y, period)
    scale = ROOT if _is_positive(y, period) else PLAIN
    return judged(y, period, scale, Context.plain(t), caution).score


def first_judged(period: int) -> int:
    """How many values have to be known before one is judged."""
    return max(4 * period, 28) + 14


def _is_positive(y: Floats, period: int) -> bool:
    known = y[: first_judged(period)]
    known = known[np.isfinite(known)]
    return bool(len(known)) and bool(known.min() >= 0)


def judged(
    y: Floats, period: int, scale: Scale, context: Context, caution: Caution = Caution(), floor: float = 0.0
) -> Judged:
    """Each value of `y` (NaN where missing) by those before it.

    `floor` is the least usual error, as a share of the level on a scale that has one: a budget that is spent
    to the cent makes no event of a cent.
    """
    z = scale.to(np.maximum(y, 0) if scale is ROOT else y)
    run = _Run(z, period, scale, context, caution, floor)
    for i in range(len(z)):
        run.step(i)
    low, high = run.expected - run.width_down, run.expected + run.width_up
    back = scale.back
    return Judged(back(run.expected), back(low), back(high), run.off, run.clean)


class _Run:
    """One pass over a series."""

    def __init__(
        self, z: Floats, period: int, scale: Scale, context: Context, caution: Caution, floor: float
    ):
        n = len(z)
        self.z, self.period, self.scale, self.context = z, period, scale, context
        self.caution, self.floor = caution, floor
        self.clean, self.error, self.far = z.copy(), np.full(n, np.nan), np.full(n, np.nan)
        self.expected, self.off = np.full(n, np.nan), np.full(n, np.nan)
        self.width_up, self.width_down = np.full(n, np.nan), np.full(n, np.nan)
        self.model = OneStep(period)
        self.first = first_judged(period)
        self.unusual = 0
        self.effects: dict[int, list[float]] = {}
        self.belief: Belief | None = None
        if context.markets is not None:
            self.belief = Belief(context.markets, caution.on_holidays, caution.beside_holidays)

    def step(self, i: int) -> None:
        period = self.period
        if np.isnan(self.z[i]):
            self.clean[i] = self.clean[i - period] if i >= period else (self.clean[i - 1] if i else 0.0)
            return
        if i < self.first or not self.model.can_fit(self.clean, i):
            return
        if self.z[i] == 0 and not self.clean[i - _IDLE_STEPS : i].any():
            self.expected[i] = self.width_up[i] = self.width_down[i] = self.off[i] = 0.0
            return
        if not self.model.is_fitted or i % _FIT_EVERY == 0:
            self.model.fit(self.clean, i)
        base = 0.7 * self.model.next(self.clean, i) + 0.3 * _by_weekday(self.clean, i, period)
        kind = int(self.context.effects[i])
        past = self.effects.get(kind, ()) if kind else ()
        expected = base + (float(np.median(past)) if past else 0.0)
        usual = self._usual(i, expected)
        wider = self.belief.factor(i) if self.belief else 1.0
        limits = [self._limit(i, sign) for sign in (1.0, -1.0)]
        self.expected[i] = expected
        self.width_up[i] = max(
            limits[0] * usual * wider * self.context.up[i], self._room(expected, self.context.times_up[i])
        )
        self.width_down[i] = max(
            limits[1] * usual * wider * self.context.down[i], self._room(expected, self.context.times_down[i])
        )
        self._judge(i, usual, limits)
        self._learn(i, base, usual, max(wider, self.context.up[i], self.context.down[i]) > 1)

    def _judge(self, i: int, usual: float, limits: list[float]) -> None:
        off = self.z[i] - self.expected[i]
        up = off > 0
        self.error[i] = np.clip(off, -6 * usual, 6 * usual)
        width = self.width_up[i] if up else self.width_down[i]
        distance, limit = off / usual, limits[0] if up else limits[1]
        self.far[i] = np.sign(distance) * min(abs(distance), 1.15 * max(limit, width / usual))
        self.off[i] = off / width
        self.unusual = self.unusual + 1 if abs(self.off[i]) >= 1 else 0

    def _learn(self, i: int, base: float, usual: float, is_special: bool) -> None:
        kind, off = int(self.context.effects[i]), self.z[i] - self.expected[i]
        if kind:
            self.effects.setdefault(kind, []).append(self.z[i] - base)
        if self.belief:
            self.belief.learn(i, off / usual)
        allowed = self.caution.kept * usual
        # What stays for days is the new usual; what was a day is forgotten.
        if abs(self.z[i] - base) > allowed and self.unusual < _NEW_USUAL:
            self.clean[i] = base if kind or is_special else base + np.sign(off) * allowed

    def _room(self, expected: float, times: float) -> float:
        """How far so many times what is expected lies from it, on the scale."""
        if times == 1.0:
            return 0.0
        value = self.scale.back(np.array([expected]))
        return abs(float(self.scale.to(times * value)[0]) - expected)

    def _usual(self, i: int, expected: float) -> float:
        usual = _usual_error(self.error, i, self.period, self.model.error)
        noise = self.context.noise
        if noise[i] > 0:
            before = float(np.nanmedian(noise[max(0, i - _ERROR_STEPS) : i]))
            usual = float(np.sqrt(max(usual**2 - before, (_OWN_SHARE * usual) ** 2) + noise[i]))
        return max(usual, self.floor * max(abs(expected), self.floor))

    def _limit(self, i: int, sign: float) -> float:
        return _limit(self.far, i, sign, self.period, self.caution)


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
    limit = caution.distance * (1 + _UNSURE * max(0.0, 1 - len(past) / _SURE_FROM))
    if len(past) >= _SURE_FROM:
        same = np.abs(past[np.sign(past) == sign])
        of_side = np.quantile(same, 1 - caution.share) if len(same) > 20 else limit
        learned = 0.5 * np.quantile(np.abs(past), 1 - caution.share) + 0.5 * of_side
        limit = float(np.clip(learned, 0.75 * limit, 2.2 * limit))
    if period == _WEEK and now >= _YEAR + _SAME_WEEK + 1:
        year_ago = far[now - _YEAR - _SAME_WEEK : now - _YEAR + _SAME_WEEK + 1]
        year_ago = year_ago[np.isfinite(year_ago)]
        if len(year_ago) and float(np.max(sign * year_ago)) > 0.6 * limit:
            limit *= caution.repeated
    return limit
