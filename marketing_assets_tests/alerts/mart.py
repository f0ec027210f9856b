"""A small mart: 40 days of daily_performance, daily_profit and one campaign, in a real DuckDB file."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from marketing_assets.schema import DAY, Column, Type, polars_schema
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.open import open_warehouse

LAST = date(2026, 11, 12)
_MONEY = ("total_revenue", "total_ad_spend", "roas", "net_profit", "spend")


def _spec(name: str, columns: tuple[str, ...]) -> TableSpec:
    kinds = dict.fromkeys(_MONEY, Type.NUMERIC) | {DAY: Type.DATE}
    return TableSpec(name, name, tuple(Column(c, kinds.get(c, Type.STRING), c) for c in columns))


def fill(settings: Settings, tenant: str = "siam") -> None:
    """Revenue of day n before `LAST` is 31000 + 90·n, spend a quarter of it."""
    warehouse = open_warehouse(settings, tenant)
    days = [LAST - timedelta(days=n) for n in range(40)]
    daily = [
        {
            DAY: day,
            "total_revenue": Decimal(31000 + 90 * n) + Decimal(round(4000 * math.sin(n))),
            "total_ad_spend": Decimal(7800 + 20 * n),
            "roas": Decimal(31000 + 90 * n) / Decimal(7800 + 20 * n),
        }
        for n, day in enumerate(days)
    ]
    profit = [{DAY: day, "net_profit": Decimal(5000 - 10 * n)} for n, day in enumerate(days)]
    campaigns = [
        {DAY: day, "campaign_id": campaign, "spend": Decimal(100 * int(campaign)), "roas": Decimal(2)}
        for day in days
        for campaign in ("1", "2")
    ]
    for name, rows in (
        ("daily_performance", daily),
        ("daily_profit", profit),
        ("campaign_performance", campaigns),
    ):
        table = _spec(name, tuple(rows[0]))
        frame = pl.DataFrame(rows, schema=polars_schema(table.columns))
        warehouse.replace_table("mart", table, [frame])
