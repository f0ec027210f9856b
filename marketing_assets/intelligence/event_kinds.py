"""Which kind of event each day is, for models that learn what each kind does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from marketing_assets.intelligence.calendars import MARKETS, Day, days_of
from marketing_assets.intelligence.events import Kinds, evidence
from marketing_assets.intelligence.series import Floats

HOLIDAY = "holiday"
_GREAT, _SMALL = "great double day", "double day"
_SURE_MARKET = 6.0
"""Standard errors from nothing from which on a market's holidays are taken to be those of a series."""


def kinds_of(calendar: pl.DataFrame) -> list[str | None]:
    """The kind of each day of a `sale_calendar`: the tenant's own promotion, else the sale, else a holiday,
    else a pay day; None for other days."""
    return [_kind(row) for row in calendar.sort("date").iter_rows(named=True)]


def _kind(row: dict[str, object]) -> str | None:
    sale = row["sale"]
    if row["promotion"]:
        return "promotion"
    if isinstance(sale, str):
        is_double = sale[:1].isdigit()
        return (_GREAT if row["is_great_sale"] else _SMALL) if is_double else sale
    if row["holiday"]:
        return HOLIDAY
    return "pay day" if row["is_payday"] else None


def with_known(kinds: Kinds, history: int) -> list[str | None]:
    """The kinds, with great double days to come taken for small ones where no great one has been seen."""
    if _GREAT in kinds[:history]:
        return list(kinds)
    return [_SMALL if kind == _GREAT else kind for kind in kinds]


def holidays_by_history(y: Floats, first: date, steps: int) -> list[str | None] | None:
    """For a series of which nobody knows whose it is: the holidays, past and to come, of the market whose
    holidays its history from `first` on shows most clearly; None where it shows none."""
    days = [first + timedelta(days=i) for i in range(len(y) + steps)]
    found = [(evidence(y, 7, kinds[: len(y)], HOLIDAY), kinds) for kinds in _of_markets(days)]
    best, kinds = max(found, key=lambda pair: pair[0])
    return kinds if best >= _SURE_MARKET else None


def _of_markets(days: Sequence[date]) -> list[list[str | None]]:
    of_each = [days_of(days, (market,)) for market in MARKETS]
    return [[HOLIDAY if day == Day.HOLIDAY else None for day in np.asarray(of)] for of in of_each]
