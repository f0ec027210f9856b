"""The models of the intelligence layer with plain arrays in and out, for scorers."""

from __future__ import annotations

from marketing_assets.intelligence import anomalies, budgets, forecasting
from marketing_assets.intelligence.curves import Floats


def allocate(
    spend: Floats, revenue: Floats, attributed: Floats, budget: float, lo: Floats, hi: Floats
) -> tuple[Floats, float, float, float]:
    found = budgets.allocate(spend, revenue, attributed, budget, lo, hi)
    return found.spend, found.change, found.low, found.high


def forecast(y, start, period, h, levels):
    found = forecasting.forecast(y, period, h, levels)
    return found.mean, found.intervals


def detect(t, y, period):
    return anomalies.scores(t, y, period)
