"""What stands in `mart.ai_recommendations`, and taking care of one of it."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from marketing_assets.intelligence.assets.acknowledgements import keep
from marketing_assets.intelligence.ml_tables import AI_RECOMMENDATIONS
from marketing_assets.intelligence.recommendations.ranking import Acknowledgement
from marketing_assets.partitions import DayRange, local_day
from marketing_assets.schema import polars_schema
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.errors import NoSuchTable, WarehouseBusy
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

LAYER = "mart"


def standing(settings: Settings, tenant: Tenant, now: datetime, on: date | None = None) -> pl.DataFrame:
    """The recommendations of a day, or of the newest day that has some, by priority; maybe none."""
    last = on or local_day(now, tenant.zone)
    rows = _rows(open_warehouse(settings, tenant.id), DayRange(on or min(tenant.start_date, last), last))
    return rows.filter(pl.col("day") == pl.col("day").max()).sort("priority")


def acknowledge(
    settings: Settings, tenant: Tenant, recommendation_id: str, by: str, now: datetime
) -> tuple[Acknowledgement, bool]:
    """Somebody takes care of a recommendation; and whether the mart shows it already.

    It does not where a run holds the warehouse; the table takes it from the state when it is computed next.
    Raises `LookupError` for an unknown id, `ValueError` for one that is acknowledged.
    """
    warehouse = open_warehouse(settings, tenant.id)
    days = DayRange(tenant.start_date, max(tenant.start_date, local_day(now, tenant.zone)))
    told = _rows(warehouse, days).filter(pl.col("recommendation_id") == recommendation_id).sort("day")
    if told.is_empty():
        raise LookupError(
            f"{tenant.id} has no recommendation '{recommendation_id}'; "
            f"see `marketing recommendations list {tenant.id}`"
        )
    first, last = told.row(0, named=True), told.row(-1, named=True)
    seen = (first["first_seen_on"], last["day"])
    done = keep(settings, tenant.id, recommendation_id, first["subject"], seen, by, now)
    return done, _shown(warehouse, told, done)


def _shown(warehouse: Warehouse, told: pl.DataFrame, done: Acknowledgement) -> bool:
    rows = told.with_columns(
        is_acknowledged=pl.lit(True),
        acknowledged_at=pl.lit(done.at).cast(told.schema["acknowledged_at"]),
        acknowledged_by=pl.lit(done.by),
    )
    try:
        warehouse.append_keyed(LAYER, AI_RECOMMENDATIONS, rows)
    except WarehouseBusy:
        return False
    return True


def _rows(warehouse: Warehouse, days: DayRange) -> pl.DataFrame:
    try:
        return warehouse.read(LAYER, AI_RECOMMENDATIONS.name, days)
    except NoSuchTable:
        return pl.DataFrame(schema=polars_schema(AI_RECOMMENDATIONS.columns))
