"""How a day's numbers come to rest on Google; ages are whole days of the account between the day and now."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

# Share of the final conversions reported at an age in days; straight lines between. They are final some days
# before the 30 that clients look back, so that one which misses a few days still sees every final number.
CREDITED = ((0, 0.34), (1, 0.52), (2, 0.63), (3, 0.71), (7, 0.86), (14, 0.95), (27, 1.0))

# Share of the final correction of cost (invalid clicks, at most MOST_REFUNDED of it) made at an age in days.
CORRECTED = ((0, 0.0), (1, 0.3), (2, 0.7), (4, 1.0))
MOST_REFUNDED = 0.012

# Share of a day that each hour brings, midnight first.
HOURS = np.array(
    [18, 11, 7, 5, 5, 8, 16, 28, 40, 48, 52, 55, 60, 56, 52, 50, 50, 53, 60, 70, 78, 74, 56, 34], dtype=float
)


def _along(curve: tuple[tuple[int, float], ...], age: int) -> float:
    ages, shares = zip(*curve, strict=True)
    return float(np.interp(age, ages, shares))


def credited(age: int) -> float:
    """Share of the final conversions reported at that age."""
    return _along(CREDITED, age)


def corrected(age: int) -> float:
    """Share of the final correction of cost made at that age."""
    return _along(CORRECTED, age)


@lru_cache(maxsize=4096)
def _exist(day: date, zone: ZoneInfo) -> tuple[bool, ...]:
    """Which hours the local day has: spring leaves one out."""
    starts = [datetime(day.year, day.month, day.day, hour, tzinfo=zone) for hour in range(24)]
    utc = ZoneInfo("UTC")
    return tuple(start.astimezone(utc).astimezone(zone).hour == start.hour for start in starts)


def hours(day: date, zone: ZoneInfo, passed: float) -> np.ndarray:
    """Share of the day's numbers so far that falls into each hour; `passed`: share of the day that is
    over."""
    begun = np.clip(passed * 24 - np.arange(24), 0, 1)
    weights: np.ndarray = HOURS * begun * np.array(_exist(day, zone))
    if not weights.any():
        weights[0] = 1.0
    shares: np.ndarray = weights / weights.sum()
    return shares


def days_between(first: date, last: date) -> list[date]:
    """Both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
