"""Budget recommendations of a day: response curves fitted once a week, limits and moves of the day. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from marketing_assets.budget_settings import BudgetAdvice
from marketing_assets.intelligence.budgeting.campaigns import running, shared_out
from marketing_assets.intelligence.budgeting.limits import limits, monthly_total
from marketing_assets.intelligence.budgeting.plan import Plan, plan
from marketing_assets.intelligence.budgeting.rows import Row, common_of, plan_rows, silent_row
from marketing_assets.intelligence.budgeting.spending import Spending, spending
from marketing_assets.intelligence.curves import Floats
from marketing_assets.intelligence.response import Draws, response_draws

Daily = Callable[[date], pl.DataFrame]
"""A tenant's days as they were known on the morning of a day: `history.as_of`."""
Calendar = Callable[[date, date], pl.DataFrame]
"""`sale_calendar` of the days from the first to the last, both included."""


@dataclass(frozen=True)
class Asking:
    """For whom recommendations are made; `names` are what people call the channels.

    `monthly` are the budgets of a month by platform, `platform/account` or `all`.
    """

    tenant_id: str
    currency: str
    advice: BudgetAdvice
    monthly: Mapping[str, float]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Fit:
    """Response curves and the days they were fitted to."""

    spent: Spending
    draws: Draws


@dataclass(frozen=True)
class Advice:
    """The rows of a day; fit and plan are None where there is not enough to say."""

    rows: list[Row]
    fit: Fit | None = None
    plan: Plan | None = None


def monday_of(day: date) -> date:
    """The day whose fit serves the week of `day`."""
    return day - timedelta(days=day.weekday())


def fit(daily: pl.DataFrame, day: date, currency: str, calendar: Calendar) -> Fit | str:
    """Response curves from what was known on the morning of `day`, or why there is not enough to say."""
    found = spending(daily, day, currency)
    return found if isinstance(found, str) else _fitted(found, calendar)


def _fitted(spent: Spending, calendar: Calendar) -> Fit:
    known = _sales(calendar(spent.first, spent.last))
    return Fit(spent, response_draws(spent.spend, spent.revenue, spent.claimed, known=known))


def _sales(calendar: pl.DataFrame) -> Floats:
    """Days that sell by themselves: great sales, other sales and holidays, the tenant's own promotions."""
    marks = calendar.sort("date").select(
        pl.col("is_great_sale"),
        pl.col("sale").is_not_null() & ~pl.col("is_great_sale"),
        pl.col("promotion").is_not_null(),
    )
    return marks.to_numpy().astype(np.float64)


def advise(asking: Asking, day: date, daily: pl.DataFrame, weekly: Fit | str, calendar: Calendar) -> Advice:
    """Recommendations as of `day`, from `daily` of that day and the fit of its week's Monday."""
    spent = spending(daily, day, asking.currency)
    if isinstance(spent, str):
        common = common_of(asking.tenant_id, day, asking.currency, _is_reconstructed(daily))
        return Advice([silent_row(spent, asking.advice.goal, common)])
    fits = not isinstance(weekly, str) and weekly.spent.channels == spent.channels
    used = weekly if fits and not isinstance(weekly, str) else _fitted(spent, calendar)
    bounds = limits(spent, asking.advice, monthly_total(asking.monthly, spent.channels), day)
    found = plan(used.draws, spent, bounds, asking.advice, day, asking.names)
    shared = {
        move.channel: shared_out(
            move,
            asking.names.get(move.channel, move.channel),
            running(daily, move.channel, spent.last),
            asking.advice,
            found.margin,
        )
        for move in found.moves
    }
    common = common_of(asking.tenant_id, day, asking.currency, spent.is_reconstructed)
    return Advice(list(plan_rows(found, shared, common, asking.names)), used, found)


def _is_reconstructed(daily: pl.DataFrame) -> bool:
    return bool(daily["is_reconstructed"].any())
