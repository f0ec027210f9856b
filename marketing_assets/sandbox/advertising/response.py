"""What is spent each day and what that spend does to orders: the truth behind the reports.

A campaign's day costs `daily` x month's level x weekday x season x chance (x what was planted). Spend then
works through the campaign's declared curve (`plan.Curve`), so a model can be judged against the answer.
"""

from datetime import date, timedelta
from functools import lru_cache

from marketing_assets.sandbox.advertising.draws import between
from marketing_assets.sandbox.advertising.periods import span_about
from marketing_assets.sandbox.advertising.plan import CampaignPlan, Curve
from marketing_assets.sandbox.advertising.planted import factor
from marketing_assets.sandbox.advertising.portfolio import PORTFOLIOS

# Carry-over is cut after this many days; 0.75^21 is 0.2 %.
MEMORY_DAYS = 21

# Share of a usual month's budget, January first: quiet after New Year, full before the holidays.
SEASON = (0.88, 0.90, 0.95, 0.98, 1.0, 1.02, 0.97, 0.96, 1.03, 1.07, 1.22, 1.18)


def budget(seed: int, tenant: str, index: int, day: date) -> float:
    """The campaign's daily budget on that day, in the account's currency; changed each month."""
    plan = PORTFOLIOS[tenant].campaigns[index]
    level = between(0.82, 1.22, seed, "budget", tenant, index, day.year, day.month)
    return plan.daily * level * SEASON[day.month - 1] * factor("overspend", tenant, day)


@lru_cache(maxsize=200_000)
def spend(seed: int, tenant: str, index: int, day: date) -> float:
    """What the campaign costs on that whole day as first billed, in the account's currency."""
    portfolio = PORTFOLIOS[tenant]
    plan = portfolio.campaigns[index]
    runs = span_about(plan.every, portfolio.opened, day).covers(day)
    if not plan.launched or day < portfolio.opened or not runs:
        return 0.0
    weekday = portfolio.weekend if day.weekday() >= 5 else 1.0
    chance = between(0.86, 1.04, seed, "pacing", tenant, index, day)
    return budget(seed, tenant, index, day) * weekday * chance


def lift_of(curve: Curve, stock: float) -> float:
    """Orders added, as a share of the orders without advertising, by this carried-over spend per day."""
    if stock <= 0:
        return 0.0
    powered = stock**curve.shape
    return float(curve.most * powered / (curve.half**curve.shape + powered))


def stock(seed: int, tenant: str, index: int, plan: CampaignPlan, day: date) -> float:
    """Carried-over effective spend per day, in the account's currency.

    Dear impressions work as little as the spend that would have bought them at the usual price.
    """
    carry = plan.curve.carry
    total = 0.0
    for back in range(MEMORY_DAYS):
        earlier = day - timedelta(days=back)
        total += carry**back * spend(seed, tenant, index, earlier) / factor("cpm_spike", tenant, earlier)
    return total * (1 - carry)


@lru_cache(maxsize=20_000)
def lifts(seed: int, tenant: str, day: date) -> tuple[float, ...]:
    """Each campaign's lift on that day, in the order of the declaration."""
    plans = PORTFOLIOS[tenant].campaigns
    return tuple(lift_of(plan.curve, stock(seed, tenant, i, plan, day)) for i, plan in enumerate(plans))


@lru_cache
def usual_lift(tenant: str) -> float:
    """The lift of the always-on campaigns at their planned spend: what `uplift` calls 1."""
    plans = PORTFOLIOS[tenant].campaigns
    return sum(lift_of(p.curve, p.daily) for p in plans if p.launched and p.every != "double_day")


def uplift(seed: int, tenant: str, day: date) -> float:
    """Multiplier, around 1.0, on the tenant's orders of that day that comes from its ad spend so far."""
    return (1 + sum(lifts(seed, tenant, day))) / (1 + usual_lift(tenant))


def shares_caused(seed: int, tenant: str, day: date) -> tuple[float, ...]:
    """The share of the day's orders that each campaign truly caused."""
    found = lifts(seed, tenant, day)
    return tuple(lift / (1 + sum(found)) for lift in found)
