"""Days on which shops and people do other things than on other days of the week: public holidays and the days
around them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import IntEnum
from functools import lru_cache

import holidays
import numpy as np
from numpy.typing import NDArray

from marketing_assets.partitions import ONE_DAY

MARKETS: tuple[tuple[str, str | None], ...] = (
    ("TH", None),
    ("US", None),
    ("GB", "ENG"),
    ("ES", "MD"),
    ("DE", None),
    ("FR", None),
)
"""Where it is not known whose days a series is of, a holiday of any of these is one."""

_FESTIVE = {(12, 24), (12, 25), (12, 26), (12, 31), (1, 1)}
_BEFORE_EASTER, _AFTER_EASTER = 6, 1


class Day(IntEnum):
    """How far a day is from an ordinary one."""

    ORDINARY = 0
    NEXT_TO_HOLIDAY = 1
    HOLIDAY = 2


def days_of(days: Sequence[date], markets: Sequence[tuple[str, str | None]] = MARKETS) -> NDArray[np.int64]:
    """What each day is in any of the markets."""
    return np.array([max(_in_market(day, *market) for market in markets) for day in days], dtype=np.int64)


def _in_market(day: date, country: str, subdivision: str | None) -> Day:
    if _is_holiday(day, country, subdivision) or _is_festive(day):
        return Day.HOLIDAY
    beside = any(_is_holiday(other, country, subdivision) for other in (day - ONE_DAY, day + ONE_DAY))
    return Day.NEXT_TO_HOLIDAY if beside and day.weekday() < 5 else Day.ORDINARY


def _is_holiday(day: date, country: str, subdivision: str | None) -> bool:
    return day in _holidays(country, subdivision, day.year)


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=[year]))


def _is_festive(day: date) -> bool:
    """Holy Week and the days between the years: closed or slow in many places that have no holiday then."""
    return (day.month, day.day) in _FESTIVE or -_BEFORE_EASTER <= (
        day - easter(day.year)
    ).days <= _AFTER_EASTER


@lru_cache(maxsize=64)
def easter(year: int) -> date:
    """Western Easter Sunday, by the anonymous Gregorian algorithm."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    week = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * week) // 451
    month, day = divmod(h + week - 7 * m + 114, 31)
    return date(year, month, day + 1)
