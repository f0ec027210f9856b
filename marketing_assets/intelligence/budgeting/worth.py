"""What moving money between channels is worth, by draws of their response curves. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marketing_assets.intelligence.curves import Floats
from marketing_assets.intelligence.response import Draws

LEAST_MOVE = 0.01
"""Share of a channel's spend below which a move is none."""


@dataclass(frozen=True)
class Worth:
    """What a change is expected to bring a day (the goal's money): mean, 80 % interval, chance of a gain."""

    mean: float
    low: float
    high: float
    chance: float


def marginals(draws: Draws, spend: Floats) -> Floats:
    """Revenue of another unit of money by draw and channel."""
    found = []
    for c, x in enumerate(spend):
        ends = draws.revenue(c, np.array([0.95 * x, 1.05 * x]))
        found.append((ends[:, 1] - ends[:, 0]) / max(0.1 * x, 1e-9))
    return np.stack(found, 1)


def gains(draws: Draws, now: Floats, x: Floats, margin: float, cost: float | None) -> Floats:
    """The goal's change by draw and channel, against the mix of now at the same total.

    Money has the price `cost`; without one, what moved money brings on average: the gains of raised and of
    lowered channels then add up to the plan's, and a channel is not blamed for what it gave away.
    """
    moved = x - now
    brought = np.stack(
        [draws.revenue(c, np.array([now[c], x[c]])) @ np.array([-1.0, 1.0]) for c in range(len(x))], 1
    )
    price = cost
    if price is None:
        total = np.abs(moved).sum()
        price = margin * np.abs(brought.mean(axis=0)).sum() / total if total > 0 else 0.0
    return np.asarray(margin * brought - price * moved)


def worth_of(brought: Floats) -> Worth:
    low, high = np.quantile(brought, [0.1, 0.9])
    return Worth(float(brought.mean()), float(low), float(high), float((brought > 0).mean()))
