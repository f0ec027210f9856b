"""The intelligence layer of a tenant as assets: computed once a day, as of that day."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg

from marketing_assets.intelligence.assets.anomalies import anomalies_asset
from marketing_assets.intelligence.assets.anomaly_checks import anomaly_checks
from marketing_assets.intelligence.assets.budget_checks import budget_checks
from marketing_assets.intelligence.assets.budgets import budget_recommendations_asset
from marketing_assets.intelligence.assets.forecast_checks import forecast_checks
from marketing_assets.intelligence.assets.forecasts import forecasts_asset
from marketing_assets.intelligence.assets.outcomes import recommendation_outcomes_asset
from marketing_assets.intelligence.assets.recommendation_checks import recommendations_check
from marketing_assets.intelligence.assets.recommendations import recommendations_asset
from marketing_assets.intelligence.assets.sale_calendar import sale_calendar_asset
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

Maker = Callable[[Tenant, dg.PartitionsDefinition, Settings], dg.AssetsDefinition]

Checker = Callable[[Tenant], dg.AssetChecksDefinition]

ASSETS: tuple[Maker, ...] = (
    sale_calendar_asset,
    anomalies_asset,
    forecasts_asset,
    budget_recommendations_asset,
    recommendation_outcomes_asset,
    recommendations_asset,
)
"""One function an asset."""

CHECKS: tuple[Checker, ...] = (anomaly_checks, forecast_checks, budget_checks, recommendations_check)
"""One function for the checks of an asset."""


def intelligence_assets(
    tenant: Tenant, partitions_def: dg.PartitionsDefinition, settings: Settings
) -> list[dg.AssetsDefinition]:
    """`ml/*` and `mart/ai_recommendations` of a tenant, in the order in which they read each other."""
    return [make(tenant, partitions_def, settings) for make in ASSETS]


def intelligence_checks(tenant: Tenant) -> list[dg.AssetChecksDefinition]:
    """The checks of these assets, which go along with every run over them."""
    return [make(tenant) for make in CHECKS]
