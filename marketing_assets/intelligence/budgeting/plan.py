"""From response curves and limits to daily budgets of channels: what moves, why, for what gain. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from marketing_assets.budget_settings import BudgetAdvice
from marketing_assets.intelligence import budgets
from marketing_assets.intelligence.budgeting.limits import Limits
from marketing_assets.intelligence.budgeting.spending import Spending
from marketing_assets.intelligence.budgeting.trial import trial
from marketing_assets.intelligence.budgeting.words import held_reason, moved_reason, nothing_reason
from marketing_assets.intelligence.budgeting.worth import LEAST_MOVE, Worth, gains, marginals, worth_of
from marketing_assets.intelligence.curves import Floats
from marketing_assets.intelligence.response import Draws

Goal = Literal["profit", "revenue"]


@dataclass(frozen=True)
class Move:
    """One channel: spend a day now and recommended, and the revenue that another unit of money brings.

    `worth` is None where nothing moves.
    """

    channel: str
    current: float
    recommended: float
    worth: Worth | None
    marginal: float
    reason: str
    guard_rails: tuple[str, ...]
    is_exploration: bool = False


@dataclass(frozen=True)
class Plan:
    """The day's budgets of all running channels.

    `worth` is of all moves together, `margin` what a unit of revenue is worth to the goal.
    """

    goal: Goal
    margin: float
    moves: tuple[Move, ...]
    worth: Worth
    limits: Limits
    is_total_free: bool


def plan(
    draws: Draws,
    spent: Spending,
    bounds: Limits,
    advice: BudgetAdvice,
    day: date,
    names: Mapping[str, str],
) -> Plan:
    """Budgets of the active channels. `draws` are of all channels of `spent`, perhaps an earlier day's.

    `names` are what people call the channels.
    """
    active = spent.active
    own = only(draws, active)
    goal, margin = goal_of(spent, advice)
    free = goal == "profit" and advice.may_change_total and bounds.total_rail is None
    if free:
        best = budgets.best_total(own, margin, bounds.lo, bounds.hi)
        found = budgets.step(own, bounds.now, best, margin, cost=1.0)
    else:
        found = budgets.split(own, bounds.now, bounds.total, bounds.lo, bounds.hi)
    x = np.where(np.abs(found.spend - bounds.now) < LEAST_MOVE * bounds.now, bounds.now, found.spend)
    if not free:
        x = budgets.within(x, bounds.total, bounds.lo, bounds.hi)
    slopes = marginals(own, bounds.now)
    tried = None if free else trial(own, bounds, x, slopes, advice, day, margin)
    if tried is not None:
        x = tried[1]
    brought = gains(own, bounds.now, x, margin, cost=1.0 if free else None)
    together = worth_of(brought.sum(axis=1))
    moves = [
        _move(i, spent, bounds, x, brought, slopes.mean(axis=0), together, found.share, goal)
        for i in range(len(active))
    ]
    if tried is not None:
        moves = _with_trial(moves, tried[0], bounds, names)
    if goal != advice.goal:
        told = "for revenue, because the margin is not known"
        moves = [replace(m, guard_rails=(*m.guard_rails, told)) for m in moves]
    return Plan(goal, margin, tuple(moves), together, bounds, free)


def only(draws: Draws, channels: list[int]) -> Draws:
    """The draws of some channels alone."""
    return Draws(
        draws.curve[:, channels],
        draws.divisor[:, channels],
        draws.size[:, channels],
        draws.mean_spend[channels],
    )


def goal_of(spent: Spending, advice: BudgetAdvice) -> tuple[Goal, float]:
    """The goal and what a unit of revenue is worth to it."""
    if advice.goal == "profit" and spent.margin:
        return "profit", spent.margin
    return "revenue", 1.0


def _move(
    i: int,
    spent: Spending,
    bounds: Limits,
    x: Floats,
    brought: Floats,
    marginals: Floats,
    together: Worth,
    share: float,
    goal: Goal,
) -> Move:
    channel = spent.channels[spent.active[i]]
    moved = x - bounds.now
    rails = list(bounds.rails[i])
    if bounds.total_rail:
        rails.append(bounds.total_rail)
    is_moved = bool(abs(moved[i]) >= LEAST_MOVE * max(bounds.now[i], 1e-9))
    if is_moved and 0 < share < 1:
        rails.append(f"{share:.0%} of the way to the best split, because little is known")
    if bounds.held[i]:
        reason = held_reason(spent.spent_days[spent.active[i]])
    elif is_moved:
        others = (moved * moved[i] < 0) & (np.abs(moved) > 0)
        beside = float(np.average(marginals[others], weights=np.abs(moved[others]))) if others.any() else None
        reason = moved_reason(moved[i] > 0, float(marginals[i]), beside)
    else:
        reason = nothing_reason(together if np.abs(moved).sum() > 0 else None, goal)
    return Move(
        channel,
        float(bounds.current[i]),
        float(x[i]),
        worth_of(brought[:, i]) if is_moved else None,
        float(marginals[i]),
        reason,
        tuple(rails),
    )


def _with_trial(moves: list[Move], tried: int, bounds: Limits, names: Mapping[str, str]) -> list[Move]:
    """The moves with the tried one marked, and those that pay for it or take what it frees."""
    name = names.get(moves[tried].channel, moves[tried].channel)
    found = []
    for i, move in enumerate(moves):
        if i == tried:
            verb = "more" if move.recommended > bounds.now[i] else "less"
            reason = (
                f"Little is known of what {name} brings; a week with a little {verb} spend tells it from "
                "what would have come anyway."
            )
            found.append(replace(move, is_exploration=True, reason=reason))
        elif move.worth is not None:
            frees = move.recommended > bounds.now[i]
            reason = (
                f"It takes what the trial of {name} frees." if frees else f"It pays for the trial of {name}."
            )
            found.append(replace(move, reason=reason))
        else:
            found.append(move)
    return found
