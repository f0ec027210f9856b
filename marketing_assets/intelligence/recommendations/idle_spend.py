"""Campaigns that spend and sell nothing, as candidates. Pure.

Three clicks without a purchase prove nothing: a campaign is named only where what it spent usually brings
several conversions on its platform.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import polars as pl

from marketing_assets.intelligence.recommendations.budgets import IMPACT_DAYS
from marketing_assets.intelligence.recommendations.candidate import Candidate, Kind, Names, Row, rows_of
from marketing_assets.intelligence.recommendations.wording import entity, number, sentences

LOOKED_AT_DAYS = 14
YOUNG_DAYS = 3
"""The newest days, of which most conversions are still to be told."""
USUAL_DAYS = 90
"""Days that say what a conversion usually costs on a platform."""

_FEWEST_EXPECTED = 3.0
"""Conversions that would usually have come; with three, none is chance once in twenty times."""


def of_idle_spend(daily: pl.DataFrame, as_of: date, currency: str, names: Names) -> list[Candidate]:
    """A candidate for each campaign that still spends and had no conversion where some were due.

    `daily` has the campaigns' days: date, entity_type, entity_id, entity_name, platform, spend, conversions,
    is_reconstructed; amounts in `currency`. A platform that never told of a conversion says nothing about its
    campaigns.
    """
    campaigns = daily.filter(
        pl.col("entity_type") == "campaign",
        pl.col("date") < as_of,
        pl.col("date") >= as_of - timedelta(days=USUAL_DAYS),
    ).with_columns(pl.col("spend", "conversions").cast(pl.Float64).fill_nan(None).fill_null(0.0))
    usual = campaigns.group_by("platform").agg(
        rate=pl.when(pl.col("spend").sum() > 0).then(pl.col("conversions").sum() / pl.col("spend").sum())
    )
    last = as_of - timedelta(days=YOUNG_DAYS + 1)
    looked_at = pl.col("date").is_between(last - timedelta(days=LOOKED_AT_DAYS - 1), last)
    found = (
        campaigns.group_by("platform", "entity_id")
        .agg(
            entity_name=pl.col("entity_name").sort_by("date").last(),
            spend=pl.col("spend").filter(looked_at).sum(),
            conversions=pl.col("conversions")
            .filter(pl.col("date") >= last - timedelta(LOOKED_AT_DAYS - 1))
            .sum(),
            still=pl.col("spend").filter(pl.col("date") > last).sum(),
            is_reconstructed=pl.col("is_reconstructed").filter(looked_at).any(),
        )
        .join(usual, on="platform")
        .with_columns(due=pl.col("spend") * pl.col("rate").fill_null(0.0))
        .filter(pl.col("conversions") == 0, pl.col("still") > 0, pl.col("due") >= _FEWEST_EXPECTED)
        .sort("platform", "entity_id")
    )
    return [_idle(row, currency, names) for row in rows_of(found)]


def _idle(row: Row, currency: str, names: Names) -> Candidate:
    spend, due, a_day = row["spend"], row["due"], row["spend"] / LOOKED_AT_DAYS
    who = entity(row, names)
    return Candidate(
        kind=Kind.ACTION,
        subject=("no_conversions", row["entity_id"]),
        title=sentences(
            f"{who} spent {number(spend)} {currency} in {LOOKED_AT_DAYS} days without a conversion: "
            "mend its tracking or stop it"
        ),
        description=sentences(
            f"for that money the platform's campaigns usually have {number(round(due))} conversions",
            f"the newest {YOUNG_DAYS} days are left out, because conversions are told late",
        ),
        current_value=a_day,
        recommended_value=0.0,
        expected_impact=a_day * IMPACT_DAYS,
        confidence=1 - math.exp(-due),
        currency=currency,
        platform=row["platform"],
        campaign_id=row["entity_id"].rsplit("/", 1)[-1],
        is_reconstructed=bool(row["is_reconstructed"]),
    )
