"""Shops whose channels' response curves are known, made anew from a seed: what was spent, sold and claimed.

Each channel saturates and carries over to later days by a curve of one of four families, so that no single
family is the right one. The shop sells without ads too, with trend, weekdays, a season, promotions and
noise that lasts. Spend follows the season, and platforms claim too much or too little, with a bend and a
drift of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.scores.data import Floats

REGIMES = ("rich", "typical", "poor")
"""How much spend was varied: on purpose, now and then, nearly never."""
_BUDGETS = (1.0, 0.8, 1.0, 1.25)
_SPREAD = {"rich": 0.55, "typical": 0.3, "poor": 0.08}
_TOGETHER = {"rich": 0.2, "typical": 0.5, "poor": 0.85}
_FAMILIES, _FAMILY_SHARES = ("hill", "exponential", "power", "logarithm"), (0.45, 0.25, 0.15, 0.15)
_CARRY_DAYS, _RECENT_DAYS = 28, 56


@dataclass(frozen=True)
class Curves:
    """The truth: what a constant daily spend brings a day, by channel."""

    family: list[str]
    scale: Floats
    slope: Floats
    carry_over: Floats
    size: Floats

    def response(self, channel: int, spend: Floats | float) -> Floats:
        share = np.maximum(spend, 0.0) / self.scale[channel]
        slope, size = self.slope[channel], self.size[channel]
        if self.family[channel] == "hill":
            return size * share**slope / (1 + share**slope)
        if self.family[channel] == "exponential":
            return size * (1 - np.exp(-share))
        if self.family[channel] == "power":
            return size * 0.5 * share ** min(0.55 * slope, 0.9)
        return size * 0.6 * np.log1p(share)

    def revenue(self, split: Floats) -> float:
        return float(sum(self.response(c, spend) for c, spend in enumerate(split)))


@dataclass(frozen=True)
class Scenario:
    """Daily spend and claims [days, channels], daily revenue, the budget to split within bounds, truth."""

    regime: str
    spend: Floats
    revenue: Floats
    claimed: Floats
    budget: float
    low: Floats
    high: Floats
    truth: Curves

    @property
    def current(self) -> Floats:
        """The mix of the last eight weeks, scaled to the budget."""
        mix = self.spend[-_RECENT_DAYS:].mean(axis=0)
        return mix * self.budget / mix.sum()


@dataclass(frozen=True)
class _Calendar:
    season: Floats
    weekday: Floats
    promotion: Floats


def scenario(seed: int) -> Scenario:
    rng = np.random.default_rng([20240, 0, seed])
    regime, share = REGIMES[seed % 3], _BUDGETS[(seed // 3) % 4]
    channels, days = int(rng.integers(3, 8)), int(rng.choice([270, 365, 540, 730]))
    size = 10 ** rng.uniform(2.3, 4.0)
    mean = size * rng.dirichlet(np.full(channels, 2.0)) + 0.03 * size
    calendar = _calendar(days, rng)
    spend = _spend(regime, mean, calendar, rng)
    truth = _curves(mean, rng)
    brought = np.stack([_brought(truth, spend, c, 1.0) for c in range(channels)], 1)
    baseline, noise = _baseline(brought.sum(1).mean(), calendar, rng)
    revenue = np.maximum(baseline + brought.sum(1) + noise, 0)
    claimed = _claimed(truth, spend, baseline, rng)
    current = spend[-_RECENT_DAYS:].mean(axis=0) * share
    return Scenario(
        regime, spend, revenue, claimed, float(current.sum()), 0.4 * current, 2.0 * current, truth
    )


def _calendar(days: int, rng: np.random.Generator) -> _Calendar:
    t = np.arange(days)
    season = 1 + rng.uniform(0.05, 0.3) * np.sin(2 * np.pi * (t / 365.25 + rng.uniform()))
    weekday = 1 + rng.uniform(0.03, 0.2) * np.sin(2 * np.pi * (t % 7) / 7 + rng.uniform(0, 6))
    promotion = np.zeros(days)
    for _ in range(max(2, days // 60)):
        first = int(rng.integers(0, days - 5))
        promotion[first : first + int(rng.integers(2, 8))] = 1
    return _Calendar(season, weekday, promotion)


def _spend(regime: str, mean: Floats, calendar: _Calendar, rng: np.random.Generator) -> Floats:
    days = len(calendar.season)
    common = np.cumsum(rng.normal(0, 1, days))
    common = (common - common.mean()) / common.std()
    columns = []
    for of_channel in mean:
        own = np.convolve(rng.normal(0, 1, days + 30), np.ones(14) / 14**0.5, "valid")[:days]
        together = _TOGETHER[regime]
        moved = np.sqrt(together) * common * 0.7 + np.sqrt(1 - together) * own
        path = np.exp(_SPREAD[regime] * moved) * calendar.season ** rng.uniform(0.3, 1.5)
        path *= (1 + rng.uniform(0, 0.6) * calendar.promotion) * np.exp(rng.normal(0, 0.08, days))
        _vary(regime, path, rng)
        columns.append(of_channel * path / path.mean())
    return np.stack(columns, 1)


def _vary(regime: str, path: Floats, rng: np.random.Generator) -> None:
    """Flights, pauses and tests of steps."""
    if regime == "rich":
        for _ in range(int(rng.integers(2, 6))):
            first = int(rng.integers(0, len(path) - 21))
            last = first + int(rng.integers(7, 21))
            path[first:last] *= rng.choice([0.0, 0.4, 1.8, 2.5])
    elif regime == "typical" and rng.random() < 0.5:
        first = int(rng.integers(0, len(path) - 21))
        path[first : first + 14] *= rng.choice([0.0, 0.5, 1.8])


def _curves(mean: Floats, rng: np.random.Generator) -> Curves:
    channels = len(mean)
    family = [str(rng.choice(_FAMILIES, p=_FAMILY_SHARES)) for _ in range(channels)]
    scale = mean * np.exp(rng.normal(0.1, 0.7, channels))
    slope, carry_over = rng.uniform(0.8, 1.7, channels), rng.uniform(0, 0.8, channels)
    returned = np.exp(rng.normal(0.9, 0.6, channels)) * mean
    shape = Curves(family, scale, slope, carry_over, np.ones(channels))
    size = returned / np.array([shape.response(c, mean[c]) for c in range(channels)])
    return Curves(family, scale, slope, carry_over, size)


def _brought(truth: Curves, spend: Floats, channel: int, longest: float) -> Floats:
    """Revenue by day that a channel's spend brings, with at most so much carry-over."""
    weights = min(truth.carry_over[channel], longest) ** np.arange(_CARRY_DAYS)
    working = np.convolve(spend[:, channel], weights / weights.sum())[: len(spend)]
    return truth.response(channel, working)


def _baseline(level: float, calendar: _Calendar, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """What is sold without ads, and the noise about it."""
    days = len(calendar.season)
    level *= rng.uniform(0.8, 3.0)
    shocks, noise = rng.normal(0, 1, days), np.zeros(days)
    for day in range(1, days):
        noise[day] = 0.4 * noise[day - 1] + shocks[day]
    trend = 1 + rng.uniform(-0.15, 0.35) * np.arange(days) / days
    sold = level * trend * calendar.season ** rng.uniform(0.5, 1.5) * calendar.weekday
    sold *= 1 + rng.uniform(0.1, 0.5) * calendar.promotion
    return sold, level * rng.uniform(0.04, 0.10) * noise


def _claimed(truth: Curves, spend: Floats, baseline: Floats, rng: np.random.Generator) -> Floats:
    days, channels = spend.shape
    bias = np.exp(rng.normal(0.15, 0.65, channels))
    stolen = rng.choice([0, 0, 0.05, 0.12], channels)
    columns = []
    for c in range(channels):
        brought = _brought(truth, spend, c, 0.35)
        drift = np.exp(0.25 * np.convolve(rng.normal(0, 1, days + 59), np.ones(60) / 60**0.5, "valid"))
        bent = brought.mean() * (brought / brought.mean()) ** rng.uniform(0.7, 1.25)
        noise = np.exp(rng.normal(0, 0.15, days))
        columns.append(bias[c] * bent * drift * noise + stolen[c] * baseline)
    return np.stack(columns, 1)
