"""The intelligence layer of a tenant as assets: computed once a day, as of that day."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg

from marketing_assets.intelligence.assets_calendar import sale_calendar_asset
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

Maker = Callable[[Tenant, dg.PartitionsDefinition, Settings], dg.AssetsDefinition]

ASSETS: tuple[Maker, ...] = (sale_calendar_asset,)
"""One function an asset."""


def intelligence_assets(
    tenant: Tenant, partitions_def: dg.PartitionsDefinition, settings: Settings
) -> list[dg.AssetsDefinition]:
    """`ml/*` and `mart/ai_recommendations` of a tenant, in the order in which they read each other."""
    return [make(tenant, partitions_def, settings) for make in ASSETS]
