"""How much a day of the sale calendar may differ from an ordinary one. Pure."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marketing_assets.intelligence.contexts import Context

Floats = NDArray[np.float64]

GREAT_SALE, SALE, PROMOTION, HOLIDAY = 1, 2, 3, 4
"""Kinds of special days whose effect is learned from earlier ones."""

_AMOUNTS = {GREAT_SALE: (6.0, 1.5), SALE: (2.5, 1.2), PROMOTION: (6.0, 1.5), HOLIDAY: (3.0, 3.0)}
_RATIOS = {GREAT_SALE: (3.0, 3.0), SALE: (2.0, 2.0), PROMOTION: (3.0, 3.0), HOLIDAY: (2.0, 2.0)}
"""Factors of the limits, up and down. Shops sell more on sale days; that they sell less is an event."""
_TIMES = {GREAT_SALE: 4.0, SALE: 2.0, PROMOTION: 4.0, HOLIDAY: 1.5}
_TIMES_OF_RATIOS = {GREAT_SALE: 1.6, SALE: 1.3, PROMOTION: 1.6, HOLIDAY: 1.3}
"""How many times as much as on an ordinary day is no event, however calm a shop is on others."""
_BESIDE_HOLIDAY, _PAYDAY = 1.3, 1.3
_NEAR_SALE, _NEAR_SALE_RATIO = 2.0, 1.3
_TIMES_NEAR, _TIMES_NEAR_RATIO = 1.6, 1.15
"""Ads begin days before a sale and end after it; buyers wait before it, and have bought after it."""


def context_of(calendar: pl.DataFrame, noise: Floats, is_ratio: bool) -> Context:
    """The context of days; `calendar` are the rows of `sale_calendar` of exactly these days, in order."""
    kinds = kinds_of(calendar)
    factors = _RATIOS if is_ratio else _AMOUNTS
    up, down = (np.array([factors[k][side] if k else 1.0 for k in kinds.tolist()]) for side in (0, 1))
    beside = calendar["is_next_to_holiday"].to_numpy()
    up, down = (np.where(beside, np.maximum(f, _BESIDE_HOLIDAY), f) for f in (up, down))
    up = np.where(calendar["is_payday"].to_numpy(), np.maximum(up, _PAYDAY), up)
    near = calendar["is_near_sale"].to_numpy()
    factor = _NEAR_SALE_RATIO if is_ratio else _NEAR_SALE
    up, down = (np.where(near, np.maximum(f, factor), f) for f in (up, down))
    times = _TIMES_OF_RATIOS if is_ratio else _TIMES
    times_up = np.array([times[k] if k else 1.0 for k in kinds.tolist()])
    times_up = np.where(near, np.maximum(times_up, _TIMES_NEAR_RATIO if is_ratio else _TIMES_NEAR), times_up)
    # Ratios move either way; that a sale sells less is an event.
    times_down = 1 / times_up if is_ratio else np.ones(len(kinds))
    return Context(up, down, times_up, times_down, kinds, noise)


def kinds_of(calendar: pl.DataFrame) -> NDArray[np.int64]:
    """The kind of each day, 0 for ordinary ones; a tenant's own promotion before a sale before a holiday."""
    kinds = calendar.select(
        pl.when(pl.col("promotion").is_not_null())
        .then(PROMOTION)
        .when(pl.col("is_great_sale"))
        .then(GREAT_SALE)
        .when(pl.col("sale").is_not_null())
        .then(SALE)
        .when(pl.col("holiday").is_not_null())
        .then(HOLIDAY)
        .otherwise(0)
        .alias("kind")
    )["kind"]
    return kinds.to_numpy().astype(np.int64)
