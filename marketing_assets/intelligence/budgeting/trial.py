"""Which channel to try where little is known: a small move whose outcome tells more than it costs. Pure."""

from __future__ import annotations

from datetime import date

import numpy as np

from marketing_assets.budget_settings import BudgetAdvice
from marketing_assets.intelligence import budgets
from marketing_assets.intelligence.budgeting.limits import Limits
from marketing_assets.intelligence.budgeting.worth import LEAST_MOVE, gains
from marketing_assets.intelligence.curves import Floats
from marketing_assets.intelligence.response import Draws

_POOR = 0.5
"""Spread of the marginal return, as a share of it, from which a channel's data are poor."""
_PRICE = 0.2
"""What a unit of money moved in order to learn may cost."""


def trial(
    draws: Draws, bounds: Limits, x: Floats, marginals: Floats, advice: BudgetAdvice, day: date, margin: float
) -> tuple[int, Floats] | None:
    """The channel of which least is known, and the split that tries it with a little more or less.

    Only where nothing else moves, so that what comes of it can be told; up in even weeks, down in odd ones,
    so that spend varies and the trial ends by itself.
    """
    if advice.explore == 0 or (np.abs(x - bounds.now) >= LEAST_MOVE * bounds.now).any():
        return None
    doubt = marginals.std(axis=0) / np.maximum(marginals.mean(axis=0), 1e-9)
    doubt[np.array(bounds.held)] = 0.0
    for i in np.argsort(-doubt, kind="stable"):
        if doubt[i] < _POOR:
            return None
        up = day.isocalendar().week % 2 == 0
        most = min(float(advice.explore) * bounds.total, 0.5 * float(advice.step) * bounds.now[i])
        end = min(x[i] + most, bounds.hi[i]) if up else max(x[i] - most, bounds.lo[i])
        lo, hi = bounds.lo.copy(), bounds.hi.copy()
        lo[i] = hi[i] = end
        if abs(end - x[i]) < LEAST_MOVE * bounds.now[i] or not lo.sum() <= bounds.total <= hi.sum():
            continue
        tried = budgets.within(
            x * (bounds.total - end) / max(bounds.total - x[i], 1e-9), bounds.total, lo, hi
        )
        gain = gains(draws, bounds.now, tried, margin, None).sum(axis=1).mean()
        if gain >= -_PRICE * abs(end - x[i]):
            return int(i), tried
    return None
