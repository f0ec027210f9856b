"""Within what recommended daily budgets must lie: the tenant's bounds, a step a week, the month's pace.

Pure. Amounts are a day's, in the reporting currency.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from marketing_assets.budget_settings import BudgetAdvice
from marketing_assets.intelligence.budgeting.spending import Spending
from marketing_assets.intelligence.budgets import within
from marketing_assets.intelligence.curves import Floats

WEEK = 7
YOUNG_DAYS = 28
"""A channel that spent on fewer days is left as it is."""


@dataclass(frozen=True)
class Limits:
    """Bounds of the active channels, in the order of `Spending.active`.

    `current` is spent a day now, `now` the same mix at the `total` to be spent. `held` channels do not move.
    `rails` are the words for what bounds each channel, `total_rail` for what bounds the total.
    """

    current: Floats
    now: Floats
    lo: Floats
    hi: Floats
    total: float
    held: tuple[bool, ...]
    rails: tuple[tuple[str, ...], ...]
    total_rail: str | None


def limits(spent: Spending, advice: BudgetAdvice, monthly: float | None, day: date) -> Limits:
    """Limits of the day; `monthly` is the budget of its whole month over all channels, where there is one."""
    active = spent.active
    spend = spent.spend[:, active]
    current, before = spend[-WEEK:].mean(axis=0), spend[-2 * WEEK : -WEEK].mean(axis=0)
    lo, hi = stepped(current, current, before, float(advice.step))
    rails = [[f"at most {advice.step:.0%} a week"] for _ in active]
    for i, c in enumerate(active):
        lo[i], hi[i] = _own_bounds(spent.channels[c], lo[i], hi[i], advice, rails[i])
    total, total_rail = _total(spent, current, lo, hi, monthly, day)
    now = within(current * total / max(current.sum(), 1e-9), total, lo, hi)
    held = tuple(spent.spent_days[c] < YOUNG_DAYS for c in active)
    for i, c in enumerate(active):
        if held[i]:
            rails[i].append(f"left as it is: only {spent.spent_days[c]} days with spend")
    lo, hi = np.where(held, now, lo), np.where(held, now, hi)
    return Limits(current, now, lo, hi, float(now.sum()), held, tuple(map(tuple, rails)), total_rail)


def stepped(end: Floats, current: Floats, before: Floats, step: float) -> tuple[Floats, Floats]:
    """Bounds a step away from the last week and from the one before, whichever is closer.

    With the last week alone, steps of each day would add up within a week. `end` is within the bounds anyway:
    spend that has already moved further is not moved back by force.
    """
    lo = np.minimum(end, np.maximum(current, before) * (1 - step))
    hi = np.maximum(end, np.minimum(current, before) * (1 + step))
    return lo, hi


def _own_bounds(
    channel: str, lo: float, hi: float, advice: BudgetAdvice, rails: list[str]
) -> tuple[float, float]:
    """The bounds within the tenant's own, which win where the two exclude each other."""
    lowest, highest = (bounds.get(channel) for bounds in (advice.lowest, advice.highest))
    if lowest is not None:
        rails.append(f"not below {lowest:,.0f} a day")
        lo, hi = max(lo, float(lowest)), max(hi, float(lowest))
    if highest is not None:
        rails.append(f"not above {highest:,.0f} a day")
        lo, hi = min(lo, float(highest)), min(hi, float(highest))
    return lo, hi


def _total(
    spent: Spending, current: Floats, lo: Floats, hi: Floats, monthly: float | None, day: date
) -> tuple[float, str | None]:
    """What is to be spent a day: as much as now, or what is left of the month's budget by the days left."""
    wanted, rail = float(current.sum()), None
    if monthly is not None:
        gone = spent.spend[len(spent.spend) - (day.day - 1) :].sum() if day.day > 1 else 0.0
        left = monthrange(day.year, day.month)[1] - day.day + 1
        wanted = max(monthly - float(gone), 0.0) / left
        rail = f"paced to the month's budget of {monthly:,.0f}: {monthly - float(gone):,.0f} for {left} days"
    total = float(np.clip(wanted, lo.sum(), hi.sum()))
    if rail and abs(total - wanted) > 0.01 * max(wanted, 1.0):
        rail += ", as far as the other limits let it"
    return total, rail


def monthly_total(monthly: Mapping[str, float], channels: tuple[str, ...]) -> float | None:
    """The month's budget over all channels, of budgets by platform, `platform/account` or `all`; None where
    some channel has none."""
    if "all" in monthly:
        return monthly["all"]
    parts = [
        sum(amount for name, amount in monthly.items() if name == channel)
        or sum(amount for name, amount in monthly.items() if name.startswith(f"{channel}/"))
        for channel in channels
    ]
    return sum(parts) if parts and all(parts) else None
