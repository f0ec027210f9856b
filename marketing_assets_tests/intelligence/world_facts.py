"""What a warehouse would hold of a tenant of the sandbox's world, straight from the world's own truth."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl

from marketing_assets.intelligence.facts import Facts
from marketing_assets.intelligence.history import as_known
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.sandbox.advertising import Advertising
from marketing_assets.sandbox.advertising.facts import COLUMN
from marketing_assets.sandbox.advertising.reported import COUNTED, COUNTED_VALUES
from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.orders import counted
from marketing_assets.sandbox.truth import Truth
from marketing_assets.sandbox.world import World

SEED = 20261
MARGIN = 0.3
"""Share of revenue that is left before marketing."""


def world(as_of: date) -> World:
    return World(SEED, Clock(datetime(as_of.year, as_of.month, as_of.day, 1, tzinfo=UTC)))


def facts_of(of: World, tenant: str, days: DayRange) -> Facts:
    """Every day in its final state, as a history that was fetched late has it."""
    truth = Truth(of).rows([tenant], ["shopee", "google_ads"], days.first, days.last)
    by_platform: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in truth:
        by_platform[row["platform"]].append(row)
    shops = [
        {
            "date": date.fromisoformat(r["date"]),
            "platform": "shopee",
            "account_id": "1",
            "account_name": "Shop",
            "revenue": float(r["revenue"]),
            "orders": float(r["orders"]),
            "units": float(r["units"]),
            "contribution": MARGIN * float(r["revenue"]) - float(r["refunds"]),
            "marketing": 0.0,
        }
        for r in by_platform["shopee"]
    ]
    ads = [_google(r) for r in by_platform["google_ads"]]
    ads += [row for day in days for row in _meta(Advertising(of), tenant, day)]
    return Facts(
        shops=pl.DataFrame(shops),
        ads=pl.DataFrame(ads, infer_schema_length=None),
        products=pl.DataFrame([row for day in days for row in _products(of, tenant, day)]),
        other_costs=pl.DataFrame(schema={"date": pl.Date, "amount": pl.Float64}),
        looks=no_looks(),
        growth=pl.DataFrame(schema=GROWTH),
        curve=pl.DataFrame(schema=CURVE),
        settles_after={"shopee": 28, "meta_ads": 28, "google_ads": 30},
    )


GROWTH = {
    "date": pl.Date,
    "platform": pl.String,
    "account_id": pl.String,
    "metric": pl.String,
    "observed_at": pl.Datetime("us", "UTC"),
    "growth": pl.Float64,
}
CURVE = {"platform": pl.String, "metric": pl.String, "days_after": pl.Int64, "share_known": pl.Float64}


def no_looks() -> pl.DataFrame:
    figures = (
        "revenue",
        "orders",
        "units",
        "spend",
        "impressions",
        "clicks",
        "conversions",
        "conversion_value",
    )
    key = {"date": pl.Date, "platform": pl.String, "account_id": pl.String, "campaign_id": pl.String}
    seen = {"observed_at": pl.Datetime("us", "UTC"), "days_after": pl.Int64}
    return pl.DataFrame(schema=key | seen | dict.fromkeys(figures, pl.Float64))


def first_told(facts: Facts) -> pl.DataFrame:
    """The history of `ml.anomalies`: each day as it was told the morning after."""
    days = facts.shops["date"].unique().sort().to_list()
    mornings = [datetime(d.year, d.month, d.day, 1, tzinfo=UTC) + ONE_DAY for d in days]
    frame = pl.DataFrame(
        {"date": days, "as_of": [d + ONE_DAY for d in days], "known_until": mornings},
        schema_overrides={"known_until": pl.Datetime("us", "UTC")},
    )
    return as_known(facts, frame, "Siam")


def _google(row: dict[str, Any]) -> dict[str, Any]:
    return _ad(date.fromisoformat(row["date"]), "google_ads", "2", "Search", row)


def _meta(ads: Advertising, tenant: str, day: date) -> list[dict[str, Any]]:
    """A row a campaign."""
    seen = ads.seen(tenant, day)
    if seen is None:
        return []
    sums: dict[int, Any] = defaultdict(lambda: np.zeros(seen.parts.shape[1]))
    names = {}
    for node, parts in zip(seen.ads, seen.parts, strict=True):
        sums[node.campaign_index] += parts
        names[node.campaign_index] = node.campaign.name
    rows = []
    for index, parts in sums.items():
        told = {
            "spend": parts[COLUMN["spend"]] / 100,
            "impressions": parts[COLUMN["impressions"]],
            "clicks": parts[COLUMN["link_clicks"]],
            "conversions": parts[COUNTED].sum(),
            "conversion_value": parts[COUNTED_VALUES].sum() / 100,
        }
        rows.append(_ad(day, "meta_ads", str(index), names[index], told))
    return rows


def _ad(day: date, platform: str, campaign: str, name: str, told: dict[str, Any]) -> dict[str, Any]:
    figures = ("spend", "impressions", "clicks", "conversions", "conversion_value")
    return {
        "date": day,
        "platform": platform,
        "account_id": platform[0],
        "account_name": platform,
        "campaign_id": campaign,
        "campaign_name": name,
        **{f: float(told[f]) for f in figures},
        "contribution": 0.0,
    }


def _products(of: World, tenant: str, day: date) -> list[dict[str, Any]]:
    """Revenue by the category that stands second in a SKU."""
    revenue: dict[str, float] = defaultdict(float)
    now = of.clock.as_of_seconds
    for order in of.on_local_day(tenant, day):
        if order.in_truth and counted(order, now):
            for line in order.lines:
                revenue[re.split(r"[^A-Z]+", line.sku.strip().upper())[1]] += (
                    line.quantity * line.paid_price / 100
                )
    return [
        {"date": day, "sku": c, "name": c, "revenue": r, "units": 0.0, "profit": MARGIN * r}
        for c, r in revenue.items()
    ]
