"""What if the total budget were another one: spread as now, and spread as the curves would have it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marketing_assets.budget_settings import BudgetAdvice
from marketing_assets.intelligence import budgets
from marketing_assets.intelligence.budgeting.plan import goal_of, only
from marketing_assets.intelligence.budgeting.spending import Spending
from marketing_assets.intelligence.budgeting.worth import Worth, worth_of
from marketing_assets.intelligence.curves import Floats
from marketing_assets.intelligence.response import Draws

WEEK = 7
_FAR = 1.2
"""Times the most that a channel spent in any week, beyond which a curve is only a guess."""


@dataclass(frozen=True)
class Outcome:
    """Daily spend by channel and the changes that are expected of it against now, a day."""

    spend: tuple[float, ...]
    revenue: Worth
    profit: Worth | None


@dataclass(frozen=True)
class Scenario:
    """A changed total: `as_now` keeps today's mix, `split_anew` moves each channel by at most a step more.

    `caution` is a sentence where the total lies beyond what was ever spent.
    """

    channels: tuple[str, ...]
    current: tuple[float, ...]
    as_now: Outcome
    split_anew: Outcome
    caution: str | None


def what_if(draws: Draws, spent: Spending, change: float, advice: BudgetAdvice) -> Scenario:
    """What a total that is changed by the share `change` (0.2: 20 % more) would bring once it has worked.

    Amounts are a day's. `ValueError` where nothing or less than nothing would be left.
    """
    if not np.isfinite(change) or change <= -1:
        raise ValueError(f"a change of {change:.0%} leaves no budget; give one above -100 %")
    active = spent.active
    own, current = only(draws, active), spent.spend[-WEEK:, active].mean(axis=0)
    scaled = current * (1 + change)
    step, total = float(advice.step), float(scaled.sum())
    lo, hi = scaled * (1 - step), scaled * (1 + step)
    best = budgets.split(own, scaled, total, lo, hi).spend
    most = [_most_of_a_week(spent.spend[:, c]) for c in active]
    far = [spent.channels[c] for c, x, m in zip(active, best, most, strict=True) if x > _FAR * m]
    margin = goal_of(spent, BudgetAdvice(goal="profit"))
    worth = margin[1] if margin[0] == "profit" else None
    return Scenario(
        tuple(spent.channels[c] for c in active),
        tuple(map(float, current)),
        _outcome(own, current, scaled, worth),
        _outcome(own, current, best, worth),
        f"{' and '.join(far)} never spent nearly as much, so this is a guess." if far else None,
    )


def _most_of_a_week(spend: Floats) -> float:
    sums = np.convolve(spend, np.ones(WEEK), "valid")
    return float(sums.max()) / WEEK


def _outcome(draws: Draws, current: Floats, spend: Floats, margin: float | None) -> Outcome:
    ends = [draws.revenue(c, np.array([current[c], spend[c]])) for c in range(len(spend))]
    revenue: Floats = np.sum([e[:, 1] - e[:, 0] for e in ends], axis=0)
    profit = None if margin is None else worth_of(margin * revenue - (spend - current).sum())
    return Outcome(tuple(map(float, spend)), worth_of(revenue), profit)
