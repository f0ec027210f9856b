"""How much is bought on a calendar date, and which source days it is made of.

Any date, past or future, is mapped to the 52 source weeks that begin on Monday 2010-12-06, weekday on
weekday; the weeks repeat in both directions. 2026-12-07 stands on 2010-12-06, so the seasons fit within a few
days around 2026. The level follows the stated growth.
"""

import math
from datetime import date, timedelta
from functools import lru_cache

from marketing_assets.sandbox import anomalies
from marketing_assets.sandbox.advertising import uplift

SOURCE_START = date(2010, 12, 6)
ALIGNED_START = date(2026, 12, 7)
SOURCE_DAYS = 52 * 7

GROWTH_ANCHOR = date(2026, 1, 5)
WEEKLY_GROWTH = 0.003
"""Orders grow by 0.3 % a week from the anchor on, and were that much fewer before it."""
GROWTH_LIMITS = (0.25, 4.0)

SATURDAY = 5
SATURDAY_SHARE = 0.9
"""The source never trades on Saturdays: one takes this share of the mean of its Friday and Sunday."""

SHUT = frozenset(
    date.fromisoformat(day)
    for day in ("2010-12-31", "2011-01-01", "2011-01-02", "2011-01-03", "2011-05-30", "2011-08-29")
)
"""Source dates without trade that stay so: the shops close over New Year and on two single days, so every
400 days hold days with no order at all. The source's other closed days repeat the same weekday before."""

PEAKS = {(9, 9): 1.8, (10, 10): 1.8, (11, 11): 2.8, (12, 12): 2.4}
DOUBLE_DAY = 1.3
"""1.1, 2.2 and so on, where no larger peak is stated."""
PAYDAY, PAYDAY_LIFT = 25, 1.15


def source_date(day: date) -> date:
    return SOURCE_START + timedelta(days=(day - ALIGNED_START).days % SOURCE_DAYS)


def source_days(day: date, trades: frozenset[date]) -> tuple[tuple[date, float], ...]:
    """The source dates a calendar date is made of, each with the weight its buyers take."""
    source = source_date(day)
    if source in SHUT:
        return ()
    if source.weekday() == SATURDAY:
        friday, sunday = source - timedelta(days=1), source + timedelta(days=1)
        half = SATURDAY_SHARE / 2
        return ((_trading(friday, trades), half), (_trading(sunday, trades), half))
    return ((_trading(source, trades), 1.0),)


def _trading(day: date, trades: frozenset[date]) -> date:
    """The day itself or the nearest same weekday before it with trade, going round at the start."""
    while day not in trades:
        before = day - timedelta(days=7)
        day = before if before >= SOURCE_START else before + timedelta(days=SOURCE_DAYS)
    return day


def growth(day: date) -> float:
    weeks = (day - GROWTH_ANCHOR).days / 7
    low, high = GROWTH_LIMITS
    return min(high, max(low, math.pow(1 + WEEKLY_GROWTH, weeks)))


def peak(day: date) -> float:
    """Sale days of the marketplace, by the shop's date."""
    lift = PEAKS.get((day.month, day.day), DOUBLE_DAY if day.month == day.day else 1.0)
    return lift * (PAYDAY_LIFT if day.day == PAYDAY else 1.0)


@lru_cache(maxsize=4096)
def tenant_level(seed: int, tenant: str, day: date) -> float:
    """What moves a tenant's own day beside the source: growth, advertising and planted anomalies."""
    planted = anomalies.on(tenant, day)
    return growth(day) * uplift(seed, tenant, day) * (planted.orders if planted else 1.0)
