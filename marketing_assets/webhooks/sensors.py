"""The sensors of a tenant's orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from marketing_assets.platforms.platform import Platform
from marketing_assets.tenants import Tenant
from marketing_assets.webhooks.changed_orders import changed_orders_sensor
from marketing_assets.webhooks.sensor import webhook_sensor
from marketing_assets.webhooks.shops import following

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition


def change_sensors(
    tenant: Tenant,
    platforms: Sequence[Platform],
    job: UnresolvedAssetJobDefinition,
    assets: Sequence[dg.AssetsDefinition],
) -> list[dg.SensorDefinition]:
    """What brings news of changed orders; nothing for a tenant without a shop."""
    shops = following(tenant, platforms)
    made = [changed_orders_sensor(tenant, platforms, job, assets)] if shops else []
    if any(platform.webhooks for platform, _ in shops):
        made.append(webhook_sensor(tenant, platforms, job, assets))
    return made
