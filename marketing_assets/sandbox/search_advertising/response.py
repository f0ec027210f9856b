"""What is spent on Google each day, and which share of the day's orders that spend caused."""

from datetime import date, timedelta
from functools import lru_cache

from marketing_assets.sandbox.advertising.draws import between
from marketing_assets.sandbox.advertising.periods import span_about
from marketing_assets.sandbox.advertising.response import SEASON, lift_of
from marketing_assets.sandbox.search_advertising.portfolio import PORTFOLIOS

MEMORY_DAYS = 14


def budget(seed: int, tenant: str, index: int, day: date) -> int:
    """The campaign's share of its daily budget in hundredths of the currency; set anew each month, in whole
    units of the currency where it is ten or more."""
    plan = PORTFOLIOS[tenant].campaigns[index]
    level = between(0.8, 1.25, seed, "google budget", tenant, index, day.year, day.month)
    wanted = plan.daily * level * SEASON[day.month - 1]
    return round(wanted) * 100 if wanted >= 10 else round(wanted * 100)


@lru_cache(maxsize=100_000)
def spend(seed: int, tenant: str, index: int, day: date) -> float:
    """What the campaign costs on that whole day as first billed, in the account's currency."""
    portfolio = PORTFOLIOS[tenant]
    plan = portfolio.campaigns[index]
    runs = span_about(plan.every, portfolio.opened, day).covers(day)
    if not plan.launched or day < portfolio.opened or not runs:
        return 0.0
    weekday = portfolio.weekend if day.weekday() >= 5 else 1.0
    # Google may spend more than the budget on one day and less on another.
    chance = between(0.78, 1.16, seed, "google pacing", tenant, index, day)
    return budget(seed, tenant, index, day) / 100 * weekday * chance


@lru_cache(maxsize=20_000)
def shares_caused(seed: int, tenant: str, day: date) -> tuple[float, ...]:
    """The share of the day's orders that each campaign truly caused, in the order of the declaration."""
    plans = PORTFOLIOS[tenant].campaigns
    lifts = []
    for index, plan in enumerate(plans):
        carry = plan.curve.carry
        earlier = (spend(seed, tenant, index, day - timedelta(days=k)) * carry**k for k in range(MEMORY_DAYS))
        lifts.append(lift_of(plan.curve, sum(earlier) * (1 - carry)))
    return tuple(lift / (1 + sum(lifts)) for lift in lifts)
