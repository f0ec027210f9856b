"""A shop with ad channels whose response is known, as arrays and as `history.as_of` would tell of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marketing_assets.budget_settings import BudgetAdvice
from marketing_assets.intelligence.budgeting.advice import Asking
from marketing_assets.intelligence.facts import FIGURES, MATURING
from marketing_assets.intelligence.history import COLUMNS
from marketing_assets.intelligence.sale_calendar import sale_calendar
from marketing_assets.partitions import DayRange

Floats = NDArray[np.float64]

DAY = date(2026, 9, 16)
"""A Wednesday, as of which budgets are recommended; the day before is the last known one."""
CHANNELS = ("google_ads", "meta_ads", "tiktok_ads")
MOST = np.array([900.0, 2600.0, 700.0])
HALF = np.array([120.0, 700.0, 500.0])
MEAN = np.array([300.0, 300.0, 300.0])
CLAIM_BIAS = np.array([1.3, 0.8, 1.2])
MARGIN = 0.6


def brought(spend: Floats) -> Floats:
    """Revenue a day of each channel at daily spends [.., channels]: google is saturated, meta is not."""
    return MOST * spend / (HALF + spend)


@dataclass(frozen=True)
class Shop:
    """Days up to `last`: spend and claims [days, channels], revenue [days]; promoted [days] true or not."""

    last: date
    spend: Floats
    revenue: Floats
    claimed: Floats
    promoted: NDArray[np.bool_]

    @property
    def dates(self) -> list[date]:
        n = len(self.revenue)
        return [self.last - timedelta(days=n - 1 - i) for i in range(n)]

    def with_(self, **more: object) -> Shop:
        return replace(self, **more)


def shop(days: int = 240, seed: int = 1, varied: float = 0.45) -> Shop:
    """A base of 3,000 a day that rises by a half in promotions, on which a third more is spent, too."""
    rng = np.random.default_rng(seed)
    promoted = np.zeros(days, dtype=bool)
    for start in range(25, days - 6, 40):
        promoted[start : start + 5] = True
    waves = np.stack(
        [np.convolve(rng.normal(0, 1, days + 13), np.ones(14) / 14**0.5, "valid") for _ in MEAN], 1
    )
    spend = (
        MEAN * np.exp(varied * waves[:days] + rng.normal(0, 0.05, (days, 3))) * (1 + 0.33 * promoted[:, None])
    )
    caused = brought(spend)
    base = 3000 * (1 + 0.1 * np.sin(2 * np.pi * np.arange(days) / 7)) * (1 + 0.5 * promoted)
    revenue = base + caused.sum(axis=1) + rng.normal(0, 100, days)
    claimed = caused * CLAIM_BIAS * np.exp(rng.normal(0, 0.08, (days, 3)))
    return Shop(DAY - timedelta(days=1), spend, revenue, claimed, promoted)


def daily(of: Shop) -> pl.DataFrame:
    """The shop as `history.as_of` tells of it: a tenant, a shop, three platforms with two campaigns each."""
    parts = []
    spent = of.spend.sum(axis=1)
    for kind, entity, platform in (("tenant", "", None), ("shop", "shopee/1", "shopee")):
        profit = MARGIN * of.revenue - spent
        figures = {"revenue": of.revenue, "profit": profit, "expected_revenue": of.revenue}
        parts.append(
            _rows(of, kind, entity, platform, {**figures, **({"spend": spent} if kind == "tenant" else {})})
        )
    for c, channel in enumerate(CHANNELS):
        parts.append(_rows(of, "platform", channel, channel, _ads(of.spend[:, c], of.claimed[:, c])))
        for name, share, claims in (("a", 0.6, 0.8), ("b", 0.4, 0.2)):
            ads = _ads(share * of.spend[:, c], claims * of.claimed[:, c])
            parts.append(_rows(of, "campaign", f"{channel}/9/{name}", channel, ads))
    return pl.concat(parts)


def _ads(spend: Floats, claimed: Floats) -> dict[str, Floats]:
    return {
        "spend": spend,
        "conversion_value": claimed,
        "expected_conversion_value": claimed,
        "conversions": claimed / 40,
        "expected_conversions": claimed / 40,
    }


def _rows(of: Shop, kind: str, entity: str, platform: str | None, figures: dict[str, Floats]) -> pl.DataFrame:
    floats = {n: figures.get(n) for n in (*FIGURES, *(f"expected_{m}" for m in MATURING))}
    n = len(of.revenue)
    return pl.DataFrame(
        {
            "date": of.dates,
            "entity_type": [kind] * n,
            "entity_id": [entity] * n,
            "entity_name": [entity or "Shop"] * n,
            "platform": pl.Series([platform] * n, dtype=pl.String),
            **{k: pl.Series([None] * n if v is None else v, dtype=pl.Float64) for k, v in floats.items()},
            "is_final": [True] * n,
            "is_reconstructed": [False] * n,
        }
    ).select(COLUMNS)


def asking(**advice: object) -> Asking:
    names = {"google_ads": "Google Ads", "meta_ads": "Meta Ads", "tiktok_ads": "TikTok Ads"}
    return Asking("siam", "THB", BudgetAdvice.model_validate(advice), {}, names)


def calendar(first: date, last: date) -> pl.DataFrame:
    return sale_calendar(DayRange(first, last), ["TH"])
