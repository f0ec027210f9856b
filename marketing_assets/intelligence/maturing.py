"""Young days: what was known of them so early, and what they will have become. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marketing_assets.intelligence.facts import ACCOUNT_DAY, MATURING, Facts

Floats = NDArray[np.float64]

LATE = 10_000
"""Days after which what no look tells of is taken to have been seen."""


def scaled_back(rows: pl.DataFrame, curve: pl.DataFrame, metrics: Sequence[str]) -> pl.DataFrame:
    """Reconstructed rows as they would have been known; adds `share_<metric>`, how much that was of the final
    value, null where no curve says."""
    reconstructed, settled = rows["is_reconstructed"].to_numpy(), rows["is_final"].to_numpy()
    looked = rows["days_after"].fill_null(LATE).to_numpy()
    looked_late = looked >= rows["settles_after"].to_numpy()
    for metric in metrics:
        then = _share_known(curve, metric, rows["platform"], rows["age"].to_numpy())
        seen = _share_known(curve, metric, rows["platform"], looked)
        then, seen = np.where(settled, 1.0, then), np.where(looked_late, 1.0, seen)
        # Without a curve what was seen first stands; it is final where it was seen late.
        then = np.where(np.isnan(then) & looked_late, 1.0, then)
        scale = np.where(reconstructed & ~np.isnan(then / seen), then / seen, 1.0)
        rows = rows.with_columns(
            (pl.col(metric) * pl.Series(scale)).alias(metric),
            pl.Series(f"share_{metric}", then).fill_nan(None),
        )
    return rows


def _share_known(curve: pl.DataFrame, metric: str, platforms: pl.Series, ages: Floats) -> Floats:
    """The share of the final value that is usually known at an age in days; NaN where no curve says."""
    of, share = platforms.to_numpy(), np.full(len(ages), np.nan)
    for platform in platforms.unique():
        own = curve.filter(
            pl.col("platform") == platform, pl.col("metric") == metric, pl.col("share_known") > 0
        ).sort("days_after")
        if own.height:
            at = of == platform
            share[at] = np.interp(ages[at], own["days_after"].to_numpy(), own["share_known"].to_numpy())
    return share


def matured(rows: pl.DataFrame, facts: Facts, metrics: Sequence[str]) -> pl.DataFrame:
    """Adds `expected_<metric>` of what matures: final values, by what was said of them by `known_until`."""
    said = facts.growth.join(rows.select("date", "known_until").unique(), on="date")
    said = said.filter(pl.col("observed_at") < pl.col("known_until")).sort("observed_at")
    said = said.group_by([*ACCOUNT_DAY, "metric"], maintain_order=True).last()
    for metric in (m for m in metrics if m in MATURING):
        own = said.filter(pl.col("metric") == metric).select(*ACCOUNT_DAY, "growth")
        rows = rows.join(own, on=ACCOUNT_DAY, how="left").with_columns(
            pl.when(pl.col("is_final"))
            .then(pl.col(metric))
            .when(pl.col("is_reconstructed"))
            .then(pl.col(metric) / pl.col(f"share_{metric}"))
            .otherwise(pl.col(metric) * pl.col("growth"))
            .alias(f"expected_{metric}")
        )
        rows = rows.drop("growth")
    return rows


def share_of_now(rows: pl.DataFrame, metric: str) -> pl.Expr:
    """How much of what is known today was known then; 1 where nothing is known today."""
    now = pl.col(f"now_{metric}")
    return pl.when(now > 0).then(pl.col(metric) / now).otherwise(1.0)
