"""How a day's numbers come to rest: purchases are credited late, spend is corrected, today is not over.

Ages are whole days of the ad account between the reported day and now. After 28 days nothing moves.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

# Share of the final purchases (and carts) that is reported at an age in days; straight lines between.
CREDITED = ((0, 0.40), (1, 0.60), (2, 0.72), (3, 0.80), (7, 0.92), (14, 0.97), (28, 1.0))

# Share of the final correction of spend (invalid clicks, at most MOST_REFUNDED of it) made at an age in days.
CORRECTED = ((0, 0.0), (1, 0.1), (3, 0.4), (7, 0.8), (14, 1.0))
MOST_REFUNDED = 0.01

# Stray deliveries that are refunded in full are gone from this age on: their row is no longer reported.
GONE_AT_DAYS = 4

SETTLED_DAYS = 28


def _along(curve: tuple[tuple[int, float], ...], age: int) -> float:
    ages, shares = zip(*curve, strict=True)
    return float(np.interp(age, ages, shares))


def credited(age: int) -> float:
    """Share of the final conversions reported at that age."""
    return _along(CREDITED, age)


def corrected(age: int) -> float:
    """Share of the final spend correction made at that age."""
    return _along(CORRECTED, age)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the day begins in the zone."""
    return datetime.combine(day, time(), zone)


def elapsed(day: date, zone: ZoneInfo, as_of: datetime) -> float:
    """Share of the local day (of 23, 24 or 25 hours) that has passed at that instant, 0 to 1."""
    begins = local_midnight(day, zone).timestamp()
    ends = local_midnight(day + timedelta(days=1), zone).timestamp()
    return min(1.0, max(0.0, (as_of.timestamp() - begins) / (ends - begins)))
