"""The models of the intelligence layer with plain arrays in and out, for scorers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from marketing_assets.intelligence import anomalies, budgets, forecasting
from marketing_assets.intelligence.curves import Floats
from marketing_assets.intelligence.event_kinds import holidays_by_history


def allocate(
    spend: Floats, revenue: Floats, attributed: Floats, budget: float, lo: Floats, hi: Floats
) -> tuple[Floats, float, float, float]:
    found = budgets.allocate(spend, revenue, attributed, budget, lo, hi)
    return found.spend, found.change, found.low, found.high


def forecast(
    y: Floats, start: str | None, period: int, h: int, levels: Sequence[int]
) -> tuple[Floats, Mapping[int, tuple[Floats, Floats]]]:
    kinds = holidays_by_history(y, date.fromisoformat(start), h) if start and period == 7 else None
    found = forecasting.forecast(y, period, h, levels, kinds)
    return found.mean, found.intervals


def detect(t, y, period):
    return anomalies.scores(t, y, period)
