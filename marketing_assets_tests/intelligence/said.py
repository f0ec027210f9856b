"""Rows of the layer's tables as its models would write them, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from marketing_assets.intelligence.ml_tables import (
    ANOMALIES,
    BUDGET_RECOMMENDATIONS,
    FORECAST_OUTLOOK,
)
from marketing_assets.schema import polars_schema
from marketing_assets.table_spec import TableSpec

TODAY = date(2026, 11, 12)
YESTERDAY = date(2026, 11, 11)
NAMES = {"shopee": "Shopee", "meta_ads": "Meta Ads", "google_ads": "Google Ads"}


def frame(spec: TableSpec, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=polars_schema(spec.columns))


def anomaly(**more: Any) -> dict[str, Any]:
    """Yesterday's revenue of the whole tenant, 40 % under what was expected."""
    return {
        "tenant_id": "siam",
        "day": TODAY,
        "date": YESTERDAY,
        "entity_type": "tenant",
        "entity_id": "",
        "entity_name": "Siam Home & Living",
        "platform": None,
        "campaign_id": None,
        "metric": "revenue",
        "value": 60_000,
        "expected": 100_000,
        "expected_low": 90_000,
        "expected_high": 111_000,
        "score": 0.8,
        "direction": "down",
        "anomaly_type": "drop",
        "impact": -40_000,
        "currency": "THB",
        "contributors": "[]",
        "is_alert": True,
        "suppressed_because": None,
        "is_reconstructed": False,
        "model_version": "1",
        **more,
    }


def shop(**more: Any) -> dict[str, Any]:
    """The same, of the only shop."""
    of = {"entity_type": "shop", "entity_id": "shopee/220011881", "entity_name": "Baan Siam"}
    return anomaly(**{**of, "platform": "shopee", **more})


def budget(**more: Any) -> dict[str, Any]:
    """A channel that should get a third more."""
    return {
        "tenant_id": "siam",
        "day": TODAY,
        "level": "channel",
        "platform": "meta_ads",
        "account_id": "",
        "campaign_id": "",
        "name": "Meta Ads",
        "current_value": 3_000,
        "recommended_value": 4_000,
        "expected_impact": 900,
        "impact_low": 150,
        "impact_high": 1_800,
        "goal": "profit",
        "confidence": 0.86,
        "reason": "each further baht there brings more than anywhere else",
        "guard_rails": '["no more than a third in one step"]',
        "is_exploration": False,
        "is_reconstructed": False,
        "currency": "THB",
        **more,
    }


def month(**more: Any) -> dict[str, Any]:
    """A month of revenue that ends a tenth under its target."""
    return {
        "tenant_id": "siam",
        "day": TODAY,
        "month": date(2026, 11, 1),
        "metric": "revenue",
        "to_date": 1_100_000,
        "value": 2_700_000,
        "low_50": 2_600_000,
        "high_50": 2_800_000,
        "low_80": 2_500_000,
        "high_80": 2_900_000,
        "low_95": 2_300_000,
        "high_95": 3_200_000,
        "target": 3_000_000,
        "reason": None,
        "is_reconstructed": False,
        "currency": "THB",
        **more,
    }


def anomalies(*rows: Mapping[str, Any]) -> pl.DataFrame:
    return frame(ANOMALIES, rows)


def budgets(*rows: Mapping[str, Any]) -> pl.DataFrame:
    return frame(BUDGET_RECOMMENDATIONS, rows)


def outlook(*rows: Mapping[str, Any]) -> pl.DataFrame:
    return frame(FORECAST_OUTLOOK, rows)
