"""How to split a budget over channels, from draws of their response curves. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marketing_assets.intelligence.curves import Floats
from marketing_assets.intelligence.response import Draws, response_draws

_UNITS = 200
_FINER = 0.5 ** np.arange(1, 7)
"""Sizes of the steps that refine the best split of a grid, in its units."""
_MOST_TRANSFERS = 12
_ROUNDING = 1e-9
"""Share of a range that is left out, so that no sum leaves it."""
_STEPS = np.linspace(0, 1, 21)
_CAUTION = 0.5
"""Spreads of the expected change that a step must be worth: little is changed where little is known."""
_RECENT_DAYS = 56


@dataclass(frozen=True)
class Allocation:
    """Daily spend by channel, and the change of daily revenue against the current mix: mean, 80 % interval.

    `share` is how far of the way to the best split it goes.
    """

    spend: Floats
    change: float
    low: float
    high: float
    share: float


def allocate(
    spend: Floats, revenue: Floats, claimed: Floats, budget: float, lo: Floats, hi: Floats
) -> Allocation:
    """The split of a daily `budget` within `lo` and `hi` [channels], from the history of `response_draws`.

    The current mix is that of the last eight weeks, scaled to the budget.
    """
    draws = response_draws(spend, revenue, claimed)
    current = spend[-_RECENT_DAYS:].mean(axis=0)
    now = within(current * budget / current.sum(), budget, lo, hi)
    return split(draws, now, budget, lo, hi)


def split(draws: Draws, now: Floats, budget: float, lo: Floats, hi: Floats) -> Allocation:
    """As far from the split `now`, which spends the budget, towards the best as is worth its uncertainty."""
    return step(draws, now, best_split(draws, budget, lo, hi))


def best_split(draws: Draws, budget: float, lo: Floats, hi: Floats) -> Floats:
    """The split of highest expected revenue: exact on a grid, whatever the curves' shapes, and then finer.

    Channels whose whole range is less than a unit of the grid are only moved by the finer steps.
    """
    unit = (budget - lo.sum()) / _UNITS
    if unit <= 0:
        return within(lo, budget, lo, hi)
    best = np.full(_UNITS + 1, -np.inf)
    best[0] = 0.0
    chosen = []
    for c in range(len(lo)):
        steps = int(min(np.floor((hi[c] - lo[c]) / unit + 1e-9), _UNITS))
        worth = draws.revenue(c, lo[c] + unit * np.arange(steps + 1)).mean(axis=0)
        table = np.full((steps + 1, _UNITS + 1), -np.inf)
        for j in range(steps + 1):
            table[j, j:] = best[: _UNITS + 1 - j] + worth[j]
        chosen.append(table.argmax(axis=0))
        best = table.max(axis=0)
    left, found = int(np.flatnonzero(np.isfinite(best))[-1]), lo.copy()
    for c in reversed(range(len(lo))):
        taken = int(chosen[c][left])
        found[c] += unit * taken
        left -= taken
    return _polished(draws, within(found, budget, lo, hi), lo, hi, unit)


def _polished(draws: Draws, split: Floats, lo: Floats, hi: Floats, unit: float) -> Floats:
    """The split after ever smaller transfers between two channels, each for the better."""
    x = split.copy()
    # A channel whose whole range is less than a step could not move at all.
    small = [(1 - _ROUNDING) * room for room in hi - lo if 0 < room < unit]
    for size in np.unique([*(unit * _FINER), *small])[::-1]:
        for _ in range(_MOST_TRANSFERS):
            more, less = _changes(draws, x, size), _changes(draws, x, -size)
            more[x + size > hi], less[x - size < lo] = -np.inf, -np.inf
            gains = more[None, :] + less[:, None]
            np.fill_diagonal(gains, -np.inf)
            source, target = np.unravel_index(int(gains.argmax()), gains.shape)
            if not gains[source, target] > 0:
                break
            x[source] -= size
            x[target] += size
    return x


def _changes(draws: Draws, x: Floats, by: float) -> Floats:
    """Change of each channel's expected revenue where its spend changes by an amount."""
    ends = np.maximum(np.stack([x, x + by], 1), 0.0)
    means = np.array([draws.revenue(c, ends[c]).mean(axis=0) for c in range(len(x))])
    found: Floats = means[:, 1] - means[:, 0]
    return found


def best_total(draws: Draws, margin: float, lo: Floats, hi: Floats) -> Floats:
    """Spends of highest expected profit, each channel by itself: `margin` of revenue less spend."""
    found = lo.copy()
    for c in range(len(lo)):
        path = np.linspace(lo[c], hi[c], _UNITS + 1)
        found[c] = path[int((margin * draws.revenue(c, path).mean(axis=0) - path).argmax())]
    return found


def step(draws: Draws, now: Floats, best: Floats, margin: float = 1.0, cost: float = 0.0) -> Allocation:
    """As far from `now` towards `best` as the expected gain is worth its uncertainty.

    A gain is `margin` of the change of revenue less `cost` of the change of spend.
    """
    path = now + _STEPS[:, None] * (best - now)
    revenue = np.sum([draws.revenue(c, path[:, c]) for c in range(len(now))], axis=0)
    gains = margin * (revenue - revenue[:, :1]) - cost * (path.sum(axis=1) - now.sum())
    mean, spread = gains.mean(axis=0), gains.std(axis=0)
    at = int((mean - _CAUTION * spread).argmax())
    low, high = np.quantile(gains[:, at], [0.1, 0.9])
    return Allocation(path[at], float(mean[at]), float(low), float(high), float(_STEPS[at]))


def within(split: Floats, budget: float, lo: Floats, hi: Floats) -> Floats:
    """The nearest split that keeps the bounds and spends the budget."""
    low, high = float((lo - split).min()), float((hi - split).max())
    for _ in range(80):
        middle = (low + high) / 2
        if np.clip(split + middle, lo, hi).sum() < budget:
            low = middle
        else:
            high = middle
    kept: Floats = np.clip(split + (low + high) / 2, lo, hi)
    return kept
