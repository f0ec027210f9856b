"""What was spent by channel and what came of it, as the response model takes it; or why that says too little.

Pure. Money is in the tenant's reporting currency, days are the tenant's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from marketing_assets.intelligence.curves import Floats

FEWEST_DAYS = 56
"""Days in a row from which a response can be told from the weeks' own ups and downs."""
MOST_DAYS = 730
ACTIVE_DAYS = 7
"""A channel that spent nothing in these days is not running."""
_LONGEST_GAP = 7
_MOST_MISSING = 0.1
_LEAST_VARIATION = 0.02
"""Spread of a channel's spend, as a share of its mean, below which it counts as constant."""
_MARGIN_DAYS = 90


@dataclass(frozen=True)
class Spending:
    """Days in a row up to `last`. `spend` and `claimed` are [days, channels], `revenue` [days].

    `margin` is the contribution before ads in a unit of revenue, None where it is not known. `spent_days` is
    on how many days each channel spent.
    """

    first: date
    last: date
    channels: tuple[str, ...]
    spend: Floats
    revenue: Floats
    claimed: Floats
    spent_days: tuple[int, ...]
    margin: float | None
    is_reconstructed: bool

    @property
    def active(self) -> list[int]:
        """Indices of the channels that are running."""
        return [int(c) for c in np.flatnonzero(self.spend[-ACTIVE_DAYS:].sum(axis=0) > 0)]


def spending(daily: pl.DataFrame, day: date, currency: str) -> Spending | str:
    """What was known on the morning of `day`, or one plain sentence on why it is not enough to say.

    `daily` has the columns of `history.as_of`. Figures that will still grow count as what they will have
    become, where that is known. Single days that are missing are filled by their neighbours.
    """
    tenant = daily.filter(pl.col("entity_type") == "tenant").select("date", _grown("revenue"))
    ads = daily.filter(pl.col("entity_type") == "platform", pl.col("spend").is_not_null())
    ads = ads.select("date", "platform", "spend", _grown("conversion_value"))
    if tenant["revenue"].drop_nulls().is_empty() or ads.is_empty():
        return f"There is not enough to say: no day with both revenue and ad spend in {currency} is known."
    last = day - timedelta(days=1)
    channels = tuple(sorted(ads["platform"].unique()))
    wide = _days_in_a_row(tenant, ads, channels, last)
    if wide is None or wide.height < FEWEST_DAYS:
        known = 0 if wide is None else wide.height
        return (
            f"There is not enough to say: {known} days in a row up to {last} are known in {currency}, "
            f"and {FEWEST_DAYS} are needed."
        )
    matrix = wide.drop("date").to_numpy()
    if (share := float(np.isnan(matrix).any(axis=1).mean())) > _MOST_MISSING:
        return f"There is not enough to say: {share:.0%} of the days since {wide['date'][0]} have gaps."
    count = len(channels)
    filled = np.stack([_filled(column) for column in matrix.T], 1)
    found = Spending(
        first=wide["date"][0],
        last=last,
        channels=channels,
        spend=np.maximum(filled[:, 1 : 1 + count], 0.0),
        revenue=filled[:, 0],
        claimed=np.maximum(filled[:, 1 + count :], 0.0),
        spent_days=tuple(int(n) for n in (filled[:, 1 : 1 + count] > 0).sum(axis=0)),
        margin=_margin(daily, last),
        is_reconstructed=bool(daily.filter(pl.col("date") >= wide["date"][0])["is_reconstructed"].any()),
    )
    return _too_little(found) or found


def _grown(metric: str) -> pl.Expr:
    """What it will have become, else what it is; what is no number is missing."""
    return pl.coalesce(f"expected_{metric}", metric).fill_nan(None).alias(metric)


def _days_in_a_row(
    tenant: pl.DataFrame, ads: pl.DataFrame, channels: tuple[str, ...], last: date
) -> pl.DataFrame | None:
    """date, revenue, spends and claims of each day since the last long gap; None where there is none."""
    wide = tenant
    for metric in ("spend", "conversion_value"):
        for channel in channels:
            own = ads.filter(pl.col("platform") == channel)
            own = own.group_by("date").agg(pl.col(metric).fill_nan(None).sum().alias(f"{metric}/{channel}"))
            wide = wide.join(own, on="date", how="left")
    spends = [f"spend/{channel}" for channel in channels]
    known = wide.filter(
        pl.col("date") <= last,
        pl.col("revenue").is_not_null(),
        pl.any_horizontal(pl.col(spends).is_not_null()),
    ).sort("date")
    if known.is_empty() or (last - known["date"][-1]).days > _LONGEST_GAP:
        return None
    breaks = known.filter(pl.col("date").diff().dt.total_days() > _LONGEST_GAP + 1)["date"]
    start = max(known["date"][0] if breaks.is_empty() else breaks[-1], last - timedelta(days=MOST_DAYS - 1))
    calendar = pl.DataFrame({"date": pl.date_range(start, last, "1d", eager=True)})
    rows = calendar.join(wide, on="date", how="left").sort("date")
    columns = ["revenue", *spends, *(f"conversion_value/{channel}" for channel in channels)]
    # Before its first day a channel did not spend; that is not a gap.
    begun = [
        pl.when(pl.col(c).is_not_null().cum_sum() == 0).then(0.0).otherwise(pl.col(c)).alias(c)
        for c in columns[1:]
    ]
    return rows.select("date", pl.col("revenue").cast(pl.Float64), *begun)


def _filled(column: Floats) -> Floats:
    known = np.isfinite(column)
    at = np.arange(len(column))
    return np.interp(at, at[known], column[known]) if known.any() else np.zeros(len(column))


def _margin(daily: pl.DataFrame, last: date) -> float | None:
    """Contribution before ads in a unit of revenue, over the last months, without other costs."""
    recent = daily.filter(pl.col("date") > last - timedelta(days=_MARGIN_DAYS), pl.col("date") <= last)
    shops = recent.filter(pl.col("entity_type") == "shop")
    spend = recent.filter(pl.col("entity_type") == "tenant")["spend"].fill_nan(None).sum()
    revenue, profit = (float(shops[name].fill_nan(None).sum()) for name in ("revenue", "profit"))
    if revenue <= 0 or shops["profit"].drop_nulls().is_empty():
        return None
    return float(np.clip((profit + float(spend)) / revenue, 0.0, 1.0))


def _too_little(found: Spending) -> str | None:
    """Why nothing can be said of days that are complete, or None."""
    if found.revenue[-FEWEST_DAYS:].sum() <= 0:
        return f"There is not enough to say: no revenue in the last {FEWEST_DAYS} days."
    active = found.active
    if not active:
        return f"There is not enough to say: nothing was spent on ads in the last {ACTIVE_DAYS} days."
    if len(active) == 1:
        name = found.channels[active[0]]
        return f"There is nothing to split: {name} is the only channel with spend."
    spend = found.spend[:, active]
    if (spend.std(axis=0) < _LEAST_VARIATION * spend.mean(axis=0)).all():
        return (
            "There is not enough to say: spend was constant, so what it brings cannot be told from what "
            "would have come anyway."
        )
    if found.claimed.sum() <= 0:
        return "There is not enough to say: no ad platform reports the value of its conversions."
    return None
