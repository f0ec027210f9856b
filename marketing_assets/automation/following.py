"""The sensor that computes a tenant's models after their inputs."""

from __future__ import annotations

import dagster as dg

from marketing_assets.automation import priorities
from marketing_assets.tenants import Tenant
from marketing_assets.with_models import WITH_MODELS

SECONDS = 180
"""How often the conditions are evaluated, which takes a processor about a second a tenant."""


def automation_sensor(tenant: Tenant) -> dg.SensorDefinition:
    """`{tenant}_automation`: several days of a tick become one backfill, and that one run."""
    return dg.AutomationConditionSensorDefinition(
        name=f"{tenant.id}_automation",
        target=dg.AssetSelection.key_prefixes([tenant.id]),
        run_tags={"tenant": tenant.id, priorities.PRIORITY: str(priorities.FOLLOWING), **WITH_MODELS},
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=SECONDS,
        description="Computes staging and marts after an input that no refresh carried on.",
    )
