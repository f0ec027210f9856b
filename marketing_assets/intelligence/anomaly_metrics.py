"""What is judged of each entity: metrics made of its figures, and how much counting alone explains. Pure.

Figures are named as in `history.COLUMNS`. Money is in the reporting currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketing_assets.intelligence.facts import MATURING
from marketing_assets.intelligence.series import LOGARITHM, PLAIN, ROOT, Scale

Floats = NDArray[np.float64]

FEWEST = 5.0
"""Orders, clicks or conversions below which a day proves nothing."""
_RATE_DAYS = 28


@dataclass(frozen=True)
class Metric:
    """`top` alone, or `top` × `factor` ÷ `bottom`.

    `count` is the figure whose number limits what a ratio can say; where it depends on luck itself, its usual
    rate on `exposure` says how many there should have been. `gain` is 1 where more is better, else -1.
    """

    name: str
    top: str
    bottom: str | None = None
    factor: float = 1.0
    count: str | None = None
    exposure: str | None = None
    gain: int = 1

    @property
    def figures(self) -> tuple[str, ...]:
        return tuple(f for f in (self.top, self.bottom, self.count, self.exposure) if f)

    @property
    def scale(self) -> Scale:
        if self.name == "margin":
            return PLAIN
        return LOGARITHM if self.bottom else ROOT


_REVENUE = Metric("revenue", "revenue")
_ORDERS = Metric("orders", "orders", count="orders")
_VALUE = Metric("aov", "revenue", "orders", count="orders")
_MARGIN = Metric("margin", "profit", "revenue", count="orders")
OF_SHOPS = (_REVENUE, _ORDERS, _VALUE, _MARGIN)
_OF_TRAFFIC = (
    Metric("spend", "spend", gain=-1),
    Metric("clicks", "clicks", count="clicks"),
    Metric("ctr", "clicks", "impressions", count="clicks", exposure="impressions"),
    Metric("cpc", "spend", "clicks", count="clicks", gain=-1),
    Metric("cpm", "spend", "impressions", 1000.0, count="impressions", gain=-1),
    Metric("conversion_rate", "conversions", "clicks", count="conversions", exposure="clicks"),
    Metric("cpa", "spend", "conversions", count="conversions", exposure="spend", gain=-1),
)
OF_ADS = (
    *_OF_TRAFFIC,
    Metric("roas", "conversion_value", "spend", count="conversions", exposure="spend"),
)
OF_TENANT = (
    *OF_SHOPS,
    *_OF_TRAFFIC,
    Metric("roas", "revenue", "spend", count="orders", exposure="spend"),
)


def metrics_of(entity_type: str, known: Mapping[str, Floats]) -> tuple[Metric, ...]:
    """The metrics of an entity that has the figures for them."""
    candidates = OF_TENANT if entity_type == "tenant" else (*OF_SHOPS, *OF_ADS)
    return tuple(m for m in candidates if all(np.isfinite(known[f]).any() for f in m.figures))


@dataclass(frozen=True)
class Values:
    """A metric day by day: `values` NaN where it cannot be told, `noise` the variance on its scale that
    counting explains, `lacking` a sentence on why a day cannot be judged, empty where it can."""

    values: Floats
    noise: Floats
    lacking: list[str]


def values_of(metric: Metric, known: Mapping[str, Floats], expected: Mapping[str, Floats]) -> Values:
    """The metric of an entity: `known` are its figures as they were known, `expected` as they will be."""
    top = _final(metric.top, known, expected, metric.name)
    n = len(top)
    counted = _count(metric, known, expected)
    lacking = _lacking(metric, top, known, counted)
    if metric.bottom is None:
        noise = np.full(n, 0.25 if metric.count else 0.0)
        return Values(np.where(np.isnan(top), np.nan, top), noise, lacking)
    bottom = _final(metric.bottom, known, expected, metric.name)
    # Half a count more, so that none is far from some and yet a number.
    add_top, add_bottom = (
        0.5 if f == metric.count and metric.exposure else 0.0 for f in (metric.top, metric.bottom)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = metric.factor * (top + add_top) / (bottom + add_bottom)
        noise = 1.0 / (counted + 0.5)
    positive = (ratio > 0) | (metric.scale is PLAIN)
    good = np.isfinite(ratio) & positive & (counted >= FEWEST)
    return Values(np.where(good, ratio, np.nan), np.where(good, noise, 0.0), lacking)


def _final(figure: str, known: Mapping[str, Floats], expected: Mapping[str, Floats], metric: str) -> Floats:
    """A figure as it will be. Shops tell of a day at once but for cancellations, so that what they tell
    stands where nothing is known of how it changes; profit is known at the same age as its revenue."""
    if figure not in MATURING or metric == "margin":
        return known[figure]
    if figure in ("revenue", "orders"):
        return np.where(np.isfinite(expected[figure]), expected[figure], known[figure])
    return expected[figure]


def _count(metric: Metric, known: Mapping[str, Floats], expected: Mapping[str, Floats]) -> Floats:
    """How many should have been counted on each day, by the days before it."""
    if metric.count is None:
        return np.full(len(known[metric.top]), np.inf)
    counts = _final(metric.count, known, expected, "")
    if metric.exposure is None:
        return np.nan_to_num(counts)
    exposure = known[metric.exposure]
    out = np.zeros(len(counts))
    for i in range(1, len(counts)):
        before = slice(max(0, i - _RATE_DAYS), i)
        have = np.isfinite(counts[before]) & (exposure[before] > 0)
        if have.any():
            rate = np.median(counts[before][have] / exposure[before][have])
            out[i] = rate * exposure[i] if np.isfinite(exposure[i]) else 0.0
    return out


def _lacking(metric: Metric, top: Floats, known: Mapping[str, Floats], counted: Floats) -> list[str]:
    out = []
    for i in range(len(top)):
        if np.isnan(known[metric.top][i]):
            out.append("nothing is known of the day")
        elif np.isnan(top[i]):
            out.append("the day is young, and it is not known yet how such days grow")
        elif metric.bottom and counted[i] < FEWEST:
            out.append(f"too few {metric.count} to judge: about {counted[i]:.0f}")
        else:
            out.append("")
    return out
