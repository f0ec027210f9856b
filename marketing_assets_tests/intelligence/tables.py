"""The tables of a shop's days as dbt would have made them, in a warehouse."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from marketing_assets.partitions import DayRange
from marketing_assets.schema import Column, Type, polars_schema
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.intelligence.advertised import CHANNELS, Shop


def _spec(name: str, key: tuple[str, ...], **columns: Type) -> TableSpec:
    named = {"tenant_id": Type.STRING, "day": Type.DATE, "currency": Type.STRING, **columns}
    return TableSpec(name, name, tuple(Column(n, t, n) for n, t in named.items()), key)


SHOPS = _spec(
    "int_daily_shops",
    ("day", "shop_id"),
    platform=Type.STRING,
    shop_id=Type.STRING,
    shop_name=Type.STRING,
    revenue=Type.NUMERIC,
    orders=Type.INT64,
    units=Type.INT64,
)
CAMPAIGNS = _spec(
    "int_daily_campaigns",
    ("day", "platform", "campaign_id"),
    platform=Type.STRING,
    account_id=Type.STRING,
    account_name=Type.STRING,
    campaign_id=Type.STRING,
    campaign_name=Type.STRING,
    spend=Type.NUMERIC,
    impressions=Type.INT64,
    clicks=Type.INT64,
    conversions=Type.NUMERIC,
    conversion_value=Type.NUMERIC,
)
PROFIT = _spec(
    "order_profit",
    ("day", "shop_id"),
    platform=Type.STRING,
    shop_id=Type.STRING,
    profit=Type.NUMERIC,
    marketing_cost=Type.NUMERIC,
)


def fill(warehouse: Warehouse, of: Shop) -> None:
    """The tables that dbt would have made of the shop's days."""
    days = DayRange(of.dates[0], of.dates[-1])
    common: dict[str, Any] = {"tenant_id": "siam", "currency": "THB"}
    of_shop = {**common, "platform": "shopee", "shop_id": "1", "shop_name": "Shop"}
    sold, earned, spent = [], [], []
    for i, day in enumerate(of.dates):
        revenue, spend = of.revenue[i], of.spend[i].sum()
        sold.append({**of_shop, "day": day, "revenue": _exact(revenue), "orders": 50, "units": 60})
        earned.append(
            {**of_shop, "day": day, "profit": _exact(0.6 * revenue - spend), "marketing_cost": _exact(spend)}
        )
        for c, channel in enumerate(CHANNELS):
            for name, share in (("a", 0.6), ("b", 0.4)):
                spent.append(
                    {
                        **common,
                        "day": day,
                        "platform": channel,
                        "account_id": "9",
                        "account_name": "Ads",
                        "campaign_id": name,
                        "campaign_name": f"Campaign {name}",
                        "spend": _exact(share * of.spend[i, c]),
                        "impressions": 1000,
                        "clicks": 50,
                        "conversions": _exact(share * of.claimed[i, c] / 40),
                        "conversion_value": _exact(share * of.claimed[i, c]),
                    }
                )
    for layer, spec, rows in (
        ("staging", SHOPS, sold),
        ("staging", CAMPAIGNS, spent),
        ("mart", PROFIT, earned),
    ):
        names = [c.name for c in spec.columns]
        frame = pl.DataFrame([{n: r[n] for n in names} for r in rows], schema=polars_schema(spec.columns))
        warehouse.replace_days(layer, spec, days, [frame])


_OBSERVED = {"observed_at": Type.TIMESTAMP, "days_after": Type.INT64}
_OF_SHOP = {"platform": Type.STRING, "shop_id": Type.STRING}
_OF_CAMPAIGN = {"platform": Type.STRING, "account_id": Type.STRING, "campaign_id": Type.STRING}


def look(warehouse: Warehouse) -> None:
    """Observations as if each day that is filled had been fetched once, in the night after it."""
    for table, own, name, figures in (
        (SHOPS, _OF_SHOP, "order_observations", ("revenue", "orders", "units")),
        (
            CAMPAIGNS,
            _OF_CAMPAIGN,
            "ads_observations",
            ("spend", "impressions", "clicks", "conversions", "conversion_value"),
        ),
    ):
        types = {c.name: c.type for c in table.columns if c.name in figures}
        spec = _spec(name, ("day", *own, "observed_at"), **own, **types, **_OBSERVED)
        # One o'clock in Bangkok.
        night = pl.col("day").cast(pl.Datetime("us", "UTC")) + pl.duration(hours=18)
        rows = warehouse.read("staging", table.name).with_columns(
            observed_at=night, days_after=pl.lit(1, pl.Int64)
        )
        first, last = rows["day"].min(), rows["day"].max()
        assert isinstance(first, date)
        assert isinstance(last, date)
        warehouse.replace_days(
            "ops", spec, DayRange(first, last), [rows.select(c.name for c in spec.columns)]
        )


def _exact(value: float) -> Decimal:
    return Decimal(f"{value:.4f}")
