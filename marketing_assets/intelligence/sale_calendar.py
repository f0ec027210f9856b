"""What moves shops, day by day: weekday, month, pay days, public holidays, sale days, promotions. Pure.

Days are calendar days of the tenant. Markets are ISO 3166 codes of countries.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
import polars as pl

from marketing_assets.partitions import ONE_DAY, DayRange

GREAT_DOUBLE_DAYS = {(9, 9), (10, 10), (11, 11), (12, 12)}
"""The double-digit sale days that every market place advertises; the others are smaller."""

_PAY_DAYS: dict[str, tuple[int, ...]] = {"US": (15, 31), "TH": (25, 31)}
_USUAL_PAY_DAYS = (25, 31)
_BLACK_FRIDAY_MARKETS = frozenset(
    {"US", "CA", "GB", "IE", "DE", "AT", "FR", "ES", "IT", "NL", "BR", "AU", "NZ"}
)
"""Where Black Friday is one of the year's great sales; elsewhere it is one of many."""
_NEAR = (-1, 1, 2, 3)
_SONGKRAN = {(4, 13), (4, 14), (4, 15)}
_THURSDAY = 3


@dataclass(frozen=True)
class Promotion:
    """What a tenant itself has planned, both days included."""

    days: DayRange
    name: str


def sale_calendar(
    days: DayRange, markets: Sequence[str], promotions: Sequence[Promotion] = ()
) -> pl.DataFrame:
    """A row a day: `date`, `weekday` (1 Monday to 7 Sunday), `month`, `is_payday`, `holiday`,
    `is_next_to_holiday`, `sale` (`11.11`, `Black Friday week`, `Songkran`), `is_great_sale`, `is_near_sale`,
    `promotion`.

    `holiday`, `sale` and `promotion` are names, null on other days. A day is near a sale or promotion when
    one begins within three days or ended the day before.
    """
    return pl.DataFrame(
        [_row(day, markets, promotions) for day in days],
        schema={
            "date": pl.Date,
            "weekday": pl.Int64,
            "month": pl.Int64,
            "is_payday": pl.Boolean,
            "holiday": pl.String,
            "is_next_to_holiday": pl.Boolean,
            "sale": pl.String,
            "is_great_sale": pl.Boolean,
            "is_near_sale": pl.Boolean,
            "promotion": pl.String,
        },
        orient="row",
    )


def _row(day: date, markets: Sequence[str], promotions: Sequence[Promotion]) -> tuple[object, ...]:
    holiday = _holiday(day, markets)
    beside = any(_holiday(other, markets) for other in (day - ONE_DAY, day + ONE_DAY))
    own = ", ".join(p.name for p in promotions if day in p.days)
    return (
        day,
        day.isoweekday(),
        day.month,
        any(_is_payday(day, market) for market in markets),
        holiday,
        beside and holiday is None,
        sale_of(day, markets),
        _is_great_sale(day, markets),
        any(_sells(day + n * ONE_DAY, markets, promotions) for n in _NEAR)
        and not _sells(day, markets, promotions),
        own or None,
    )


def sale_of(day: date, markets: Sequence[str]) -> str | None:
    """The sale that shops of these markets hold on a day, whoever they are."""
    if day.month == day.day:
        return f"{day.day}.{day.month}"
    if _is_black_friday_week(day):
        return "Black Friday week"
    return "Songkran" if "TH" in markets and (day.month, day.day) in _SONGKRAN else None


def _is_great_sale(day: date, markets: Sequence[str]) -> bool:
    west = not _BLACK_FRIDAY_MARKETS.isdisjoint(markets)
    return (day.month, day.day) in GREAT_DOUBLE_DAYS or (west and _is_black_friday_week(day))


def _sells(day: date, markets: Sequence[str], promotions: Sequence[Promotion]) -> bool:
    return sale_of(day, markets) is not None or any(day in p.days for p in promotions)


def _is_black_friday_week(day: date) -> bool:
    """From the Monday before Black Friday to Cyber Monday."""
    first = date(day.year, 11, 1)
    thanksgiving = first + timedelta(days=(_THURSDAY - first.weekday()) % 7 + 21)
    return -3 <= (day - thanksgiving).days <= 4


def _is_payday(day: date, market: str) -> bool:
    """Wages that fall due on a weekend are paid on the Friday before."""
    weekend = [day + timedelta(days=n) for n in (1, 2)] if day.weekday() == calendar.FRIDAY else []
    return any(_is_due(due, market) for due in (day, *weekend)) and day.weekday() < calendar.SATURDAY


def _is_due(day: date, market: str) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    return any(day.day == min(due, last) for due in _PAY_DAYS.get(market, _USUAL_PAY_DAYS))


def _holiday(day: date, markets: Sequence[str]) -> str | None:
    names = [name for market in markets if (name := _holidays(market, day.year).get(day))]
    return "; ".join(dict.fromkeys(names)) or None


@lru_cache(maxsize=256)
def _holidays(market: str, year: int) -> dict[date, str]:
    """Public holidays in English, where the library has them so."""
    of_market = getattr(holidays, market)
    language = "en_US" if "en_US" in getattr(of_market, "supported_languages", ()) else None
    return dict(holidays.country_holidays(market, years=[year], language=language))
