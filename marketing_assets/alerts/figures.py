"""The figures of a chart: 28 days of a metric of the marts, read briefly and read-only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from marketing_assets.alerts.message import ChartSpec
from marketing_assets.partitions import DayRange
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.errors import NoSuchTable, WarehouseError
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

DAYS_SHOWN = 28
PATIENCE_SECONDS = 2
"""How long a chart waits for the warehouse: a run needs it more, and the alert must not wait."""
DEFAULT_TABLE, DEFAULT = "daily_performance", ("total_revenue", "total_ad_spend")
RATIOS = {"roas", "cpa", "ctr", "cpc", "cpm", "conversion_rate", "avg_order_value", "profit_margin", "margin"}
_IN_CURRENCY = re.compile(
    r"revenue|spend|profit|cost|fee|refund|amount|budget|cpa|cpc|cpm|avg_order_value|value"
)
_NAMES = {"roas": "ROAS", "cpa": "CPA", "ctr": "CTR", "cpc": "CPC", "cpm": "CPM"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Line:
    """A figure by day; days without a row are missing. `unit` is a currency, or empty."""

    name: str
    unit: str
    values: Mapping[date, Decimal]


class NoFigures(Exception):
    """Why there is no chart, for people."""


def figures(settings: Settings, tenant: Tenant, spec: ChartSpec) -> list[Line]:
    """The lines of a chart, or `NoFigures`. A metric that does not exist gives revenue and ad spend."""
    last = date.fromisoformat(spec.last)
    days = DayRange(last - timedelta(days=DAYS_SHOWN - 1), last)
    brief = dict.fromkeys(("lock_timeout_seconds", "bigquery_retry_seconds"), PATIENCE_SECONDS)
    patient = settings.model_copy(update=brief)
    warehouse = open_warehouse(patient, tenant.id)
    table, _, column = spec.metric.partition(".")
    try:
        with warehouse.held():
            own = None
            if _NAME.fullmatch(table) and {column, *spec.only} <= _columns(warehouse, table):
                own = _line(warehouse, tenant, table, column, days, spec.only)
            if own is not None:
                return [own]
            if not set(DEFAULT) <= _columns(warehouse, DEFAULT_TABLE):
                raise NoFigures("there is no chart: the mart was not computed yet")
            lines = [_line(warehouse, tenant, DEFAULT_TABLE, column, days, {}) for column in DEFAULT]
            return [line for line in lines if line is not None]
    except WarehouseError:
        raise NoFigures("there is no chart: the warehouse was busy with a run, or did not answer") from None


def _columns(warehouse: Warehouse, table: str) -> set[str]:
    try:
        return {column.name for column in warehouse.describe("mart", table).columns}
    except NoSuchTable:
        return set()


def _line(
    warehouse: Warehouse, tenant: Tenant, table: str, column: str, days: DayRange, only: Mapping[str, str]
) -> Line | None:
    """The column's sum by day; None for a ratio of which a day has several: they cannot be added up."""
    narrowed = "".join(f" and cast({name} as {_text(warehouse)}) = $only_{name}" for name in only)
    rows = warehouse.query(
        f"select day, sum({column}) as value, count(*) as n from {warehouse.relation('mart', table)} "
        f"where day between $first and $last{narrowed} group by day order by day",
        {"first": days.first, "last": days.last, **{f"only_{name}": value for name, value in only.items()}},
    ).rows()
    if column in RATIOS and any(n > 1 for _, _, n in rows):
        return None
    unit = tenant.reporting_currency if _IN_CURRENCY.search(column) else ""
    values = {day: Decimal(str(value)) for day, value, _ in rows if value is not None}
    return Line(_NAMES.get(column) or column.removeprefix("total_").replace("_", " "), unit, values)


def _text(warehouse: Warehouse) -> str:
    return "varchar" if isinstance(warehouse, DuckDBWarehouse) else "string"
