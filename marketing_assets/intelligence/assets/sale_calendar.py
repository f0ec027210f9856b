"""`mart/dim_sale_calendar`: what moves a tenant's shops, by day, a year ahead; and how models read it."""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg
import polars as pl

from marketing_assets.intelligence.assets.common import AsOf, Computed, intelligence_asset
from marketing_assets.intelligence.ml_tables import SALE_CALENDAR
from marketing_assets.intelligence.own_promotions import FILE, PromotionsRead, parse_promotions
from marketing_assets.intelligence.sale_calendar import sale_calendar
from marketing_assets.partitions import DayRange
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

AHEAD = timedelta(days=400)
"""How far the calendar reaches: as far as anything is forecast, and the same days of the year after."""


def read_promotions(settings: Settings, tenant: Tenant) -> PromotionsRead:
    """The tenant's own promotions; none where it has no file."""
    path = settings.tenants_dir / tenant.id / FILE
    try:
        return parse_promotions(path.read_bytes(), f"{tenant.id}/{FILE}")
    except FileNotFoundError:
        return PromotionsRead(())


def tenant_calendar(settings: Settings, tenant: Tenant, first: date, last: date) -> pl.DataFrame:
    """`sale_calendar` of the tenant's markets with its own promotions, both days included."""
    promotions = read_promotions(settings, tenant).promotions
    return sale_calendar(DayRange(first, last), tenant.markets_or_own, promotions)


def sale_calendar_asset(
    tenant: Tenant, partitions: dg.PartitionsDefinition, _settings: Settings
) -> dg.AssetsDefinition:
    return intelligence_asset(tenant, partitions, SALE_CALENDAR, [], _computed, layer="mart")


def _computed(about: AsOf) -> Computed:
    """Every day from the run's first to a year after its last."""
    days = DayRange(about.days[0], about.days[-1] + AHEAD)
    rows = tenant_calendar(about.settings, about.tenant, days.first, days.last)
    mistakes = read_promotions(about.settings, about.tenant).mistakes
    return Computed(
        rows.with_columns(day=pl.col("date"), tenant_id=pl.lit(about.tenant.id)),
        metadata={
            "days": str(days),
            "markets": ", ".join(about.tenant.markets_or_own),
            **({"mistakes": "\n".join(mistakes)} if mistakes else {}),
        },
        days=days,
    )
