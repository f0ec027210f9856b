"""The rates world: euro reference rates that wander around real levels, published as the ECB publishes.

A rate is units of the currency for one euro. Rates exist on TARGET working days only. Levels and decimals
are those of https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/ in
2026; the wandering is invented: it comes back to the level and depends on seed and date alone.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

FRANKFURT = ZoneInfo("Europe/Berlin")
PUBLISHED_AT = time(16, 0)
FIRST_DAY = date(2015, 1, 2)
LAST_DAY = date(2060, 12, 31)

# currency: (level, decimals, yearly volatility)
LEVELS: dict[str, tuple[float, int, float]] = {
    "USD": (1.1560, 4, 0.07),
    "JPY": (178.40, 2, 0.09),
    "BGN": (1.9558, 4, 0.0),
    "CZK": (24.240, 3, 0.03),
    "DKK": (7.4680, 4, 0.0003),
    "GBP": (0.87450, 5, 0.05),
    "HUF": (386.50, 2, 0.06),
    "PLN": (4.2450, 4, 0.04),
    "RON": (5.0880, 4, 0.02),
    "SEK": (10.9500, 4, 0.06),
    "CHF": (0.9310, 4, 0.04),
    "ISK": (146.80, 2, 0.05),
    "NOK": (11.7400, 4, 0.07),
    "HRK": (7.5345, 4, 0.002),
    "RUB": (84.5000, 4, 0.15),
    "TRY": (48.9000, 4, 0.10),
    "AUD": (1.7720, 4, 0.07),
    "BRL": (6.2200, 4, 0.11),
    "CAD": (1.6210, 4, 0.06),
    "CNY": (8.2300, 4, 0.06),
    "HKD": (8.9900, 4, 0.07),
    "IDR": (19240.50, 2, 0.07),
    "ILS": (3.8100, 4, 0.08),
    "INR": (102.4500, 4, 0.06),
    "KRW": (1662.30, 2, 0.07),
    "MXN": (21.3900, 4, 0.09),
    "MYR": (4.8760, 4, 0.06),
    "NZD": (2.0180, 4, 0.07),
    "PHP": (67.8900, 3, 0.06),
    "SGD": (1.5060, 4, 0.05),
    "THB": (37.7800, 3, 0.06),
    "ZAR": (20.1500, 4, 0.10),
}

# Currencies which the ECB stopped to publish, with the last day on which it did.
ENDED = {"BGN": date(2025, 12, 31), "HRK": date(2022, 12, 30), "RUB": date(2022, 3, 1)}

RETURN_DAYS = 250.0


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (anonymous algorithm)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = moon + week - 7 * ((golden + 11 * moon + 22 * week) // 451) + 114
    return date(year, shift // 31, shift % 31 + 1)


@lru_cache
def holidays(year: int) -> frozenset[date]:
    """TARGET closing days of the year that are not simply weekends."""
    sunday = easter(year)
    fixed = ((1, 1), (5, 1), (12, 25), (12, 26))
    moving = (sunday - timedelta(days=2), sunday + timedelta(days=1))
    return frozenset([*(date(year, month, day) for month, day in fixed), *moving])


def is_working_day(day: date) -> bool:
    """Does TARGET work, and so does the ECB publish, on that day?"""
    return day.weekday() < 5 and day not in holidays(day.year)


@lru_cache(maxsize=4)
def _paths(seed: int) -> np.ndarray:
    """Log distance from the level: one row per calendar day since FIRST_DAY, one column per currency."""
    days = (LAST_DAY - FIRST_DAY).days + 1
    steps = np.random.Generator(np.random.PCG64([seed, 20150102])).standard_normal((days, len(LEVELS)))
    scale = np.array([volatility for _, _, volatility in LEVELS.values()]) / np.sqrt(365.0)
    path = np.zeros_like(steps)
    keep = 1.0 - 1.0 / RETURN_DAYS
    for row in range(1, days):
        path[row] = keep * path[row - 1] + steps[row] * scale
    return path


def rate(seed: int, day: date, currency: str) -> Decimal | None:
    """Units of the currency for one euro; None where the ECB publishes nothing for that day."""
    if currency not in LEVELS or not FIRST_DAY <= day <= LAST_DAY or not is_working_day(day):
        return None
    if currency in ENDED and day > ENDED[currency]:
        return None
    level, decimals, _ = LEVELS[currency]
    distance = _paths(seed)[(day - FIRST_DAY).days, list(LEVELS).index(currency)]
    return Decimal(f"{level * float(np.exp(distance)):.{decimals}f}")


def cross(seed: int, day: date, source: str, target: str) -> Decimal:
    """Units of `target` for one unit of `source`, at the latest rates on or before the day."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    per_euro = [Decimal(1) if c == "EUR" else rate(seed, day, c) for c in (source, target)]
    if per_euro[0] is None or per_euro[1] is None:
        raise ValueError(f"no rate between {source} and {target} on {day}")
    return per_euro[1] / per_euro[0]


def published(first: date, as_of: datetime) -> list[date]:
    """Days from `first` on whose rates are out at that instant (aware), newest first."""
    local = as_of.astimezone(FRANKFURT)
    last = local.date() if local.time() >= PUBLISHED_AT else local.date() - timedelta(days=1)
    span = (last - max(first, FIRST_DAY)).days + 1
    return [day for day in (last - timedelta(days=back) for back in range(span)) if is_working_day(day)]


def out_since(day: date) -> datetime:
    """The instant (UTC) from which that day's rates can be read."""
    return datetime.combine(day, PUBLISHED_AT, FRANKFURT).astimezone(UTC)
