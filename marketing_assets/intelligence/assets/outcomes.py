"""`ml/recommendation_outcomes`: what became of the recommendations of two and four weeks ago."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from marketing_assets.intelligence.assets.budgets import daily_of, frame, rows_of
from marketing_assets.intelligence.assets.common import HISTORY, AsOf, Computed, intelligence_asset
from marketing_assets.intelligence.budgeting.outcomes import AFTER_DAYS, outcomes
from marketing_assets.intelligence.ml_tables import (
    BUDGET_RECOMMENDATIONS,
    FORECASTS,
    RECOMMENDATION_OUTCOMES,
)
from marketing_assets.partitions import DayRange
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

_DEPENDENCIES = (("ml", BUDGET_RECOMMENDATIONS.name), ("ml", FORECASTS.name), *HISTORY)


def recommendation_outcomes_asset(
    tenant: Tenant, partitions: dg.PartitionsDefinition, _settings: Settings
) -> dg.AssetsDefinition:
    """Recommendations compared with what happened since, honest about chance."""
    return intelligence_asset(tenant, partitions, RECOMMENDATION_OUTCOMES, _DEPENDENCIES, compute)


def compute(about: AsOf) -> Computed:
    """As of each day, the recommendations of `AFTER_DAYS` before."""
    daily = daily_of(about)
    rows = []
    for day in about.days:
        known = None
        for after in AFTER_DAYS:
            on = day - timedelta(days=after)
            recommended = rows_of(about.warehouse, BUDGET_RECOMMENDATIONS, DayRange(on, on))
            if recommended.is_empty():
                continue
            known = daily(day) if known is None else known
            forecasts = rows_of(about.warehouse, FORECASTS, DayRange(on, on))
            rows += [{**row, "day": day} for row in outcomes(recommended, known, forecasts, after)]
    plans = [row for row in rows if row["level"] == "plan"]
    told = {"plans": len(plans), "followed": sum(row["was_followed"] is True for row in plans)}
    return Computed(frame(RECOMMENDATION_OUTCOMES, rows), metadata=told)
