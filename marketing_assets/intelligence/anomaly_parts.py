"""What an unusual value is made of, and what it is worth. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marketing_assets.intelligence.anomaly_tracks import Entity, Track
from marketing_assets.intelligence.contributors import Contributor, Part, contributors
from marketing_assets.partitions import DayRange

Floats = NDArray[np.float64]

_USUAL_DAYS = 28
_ONE_SHOP_EXPLAINS = 0.8
_OF_GOODS = ("revenue", "orders", "aov", "margin")


@dataclass(frozen=True)
class Products:
    """Revenue and gross profit by product and day, [products, days]."""

    names: Sequence[str]
    revenue: Floats
    profit: Floats


def products_of(history: pl.DataFrame, days: DayRange) -> Products:
    """The products of a history; two of one name are told by their SKU."""
    rows = history.filter(pl.col("entity_type") == "product")
    latest = (
        rows.group_by("entity_id", maintain_order=True).agg(pl.col("entity_name").last()).sort("entity_id")
    )
    ids, names = latest["entity_id"].to_list(), latest["entity_name"].to_list()
    if not ids:
        return Products([], np.zeros((0, len(days))), np.zeros((0, len(days))))
    twice = {name for name, n in Counter(names).items() if n > 1}
    at = rows.select(
        pl.col("entity_id").replace_strict(ids, list(range(len(ids))), return_dtype=pl.Int64).alias("row"),
        (pl.col("date") - pl.lit(days.first)).dt.total_days().alias("day"),
        pl.col("revenue").fill_null(0.0),
        pl.col("profit").fill_null(0.0),
    ).filter(pl.col("day").is_between(0, len(days) - 1))
    revenue, profit = (np.zeros((len(ids), len(days))) for _ in range(2))
    revenue[at["row"].to_numpy(), at["day"].to_numpy()] = at["revenue"].to_numpy()
    profit[at["row"].to_numpy(), at["day"].to_numpy()] = at["profit"].to_numpy()
    return Products(
        [f"{n} ({i})" if n in twice else n for n, i in zip(names, ids, strict=True)], revenue, profit
    )


def contributors_of(
    track: Track, i: int, entities: Sequence[Entity], products: Products
) -> list[Contributor]:
    """What explains a track's day; the entity itself where its parts are not known."""
    value, expected = float(track.value[i]), float(track.expected[i])
    for parts in _breakdowns(track, i, entities, products):
        found = contributors(parts, i, value, expected, track.metric.factor)
        if found:
            return found
    if not np.isfinite(value - expected) or value == expected:
        return []
    return [Contributor(track.entity.name, 1.0, value - expected)]


def _breakdowns(track: Track, i: int, entities: Sequence[Entity], products: Products) -> list[list[Part]]:
    """Ways to take the metric apart, the most telling first."""
    entity, metric = track.entity, track.metric
    shops = [e for e in entities if e.type == "shop"]
    if metric.name == "roas" and entity.type == "tenant":
        return []
    if metric.name not in _OF_GOODS:
        campaigns = [e for e in entities if e.type == "campaign" and _is_in(e.id, entity.id)]
        return [_parts(campaigns, track)] if len(campaigns) > 1 else []
    own = [s for s in shops if _is_in(s.id, entity.id)]
    of_shops = [_parts(own, track)] if len(own) > 1 else []
    of_products = (
        [_of_products(track, products)] if len(own) == len(shops) and metric.name != "orders" else []
    )
    return of_shops + of_products if _one_shop_moved(of_shops, track, i) else of_products + of_shops


def _is_in(part: str, whole: str) -> bool:
    return not whole or part.startswith(f"{whole}/")


def _one_shop_moved(of_shops: list[list[Part]], track: Track, i: int) -> bool:
    if not of_shops:
        return False
    found = contributors(of_shops[0], i, float(track.value[i]), float(track.expected[i]), track.metric.factor)
    return bool(found) and found[0].share >= _ONE_SHOP_EXPLAINS


def _parts(entities: Sequence[Entity], track: Track) -> list[Part]:
    metric = track.metric
    names = Counter(e.name for e in entities)
    return [
        Part(
            e.name if names[e.name] == 1 else f"{e.name} ({e.id})",
            e.known[metric.top],
            e.known[metric.bottom] if metric.bottom else None,
        )
        for e in entities
    ]


def _of_products(track: Track, products: Products) -> list[Part]:
    if track.metric.name == "margin":
        rows = zip(products.names, products.profit, products.revenue, strict=True)
        return [Part(name, profit, revenue) for name, profit, revenue in rows]
    revenue = products.revenue
    if track.metric.name == "aov":
        with np.errstate(divide="ignore", invalid="ignore"):
            revenue = np.nan_to_num(revenue / track.entity.known["orders"], posinf=0.0)
    return [Part(name, values) for name, values in zip(products.names, revenue, strict=True)]


def impact_of(track: Track, i: int) -> float | None:
    """Money at stake on a day, negative for a loss; None where the metric has no price."""
    change = float(track.value[i] - track.expected[i])
    known = track.entity.known
    if not np.isfinite(change):
        return None
    price = {
        "revenue": lambda: 1.0,
        "orders": lambda: _rate(known, "revenue", "orders", i),
        "aov": lambda: float(known["orders"][i]),
        "margin": lambda: float(known["revenue"][i]),
        "spend": lambda: -1.0,
        "clicks": lambda: _rate(known, "conversion_value", "clicks", i),
        "ctr": lambda: float(known["impressions"][i]) * _rate(known, "conversion_value", "clicks", i),
        "cpc": lambda: -float(known["clicks"][i]),
        "cpm": lambda: -float(known["impressions"][i]) / 1000,
        "conversion_rate": lambda: (
            float(known["clicks"][i]) * _rate(known, "conversion_value", "conversions", i)
        ),
        "cpa": lambda: -float(known["conversions"][i]),
        "roas": lambda: float(known["spend"][i]),
    }[track.metric.name]()
    worth = change * price
    return worth if np.isfinite(worth) else None


def _rate(known: dict[str, Floats], top: str, bottom: str, i: int) -> float:
    """What one was worth in the four weeks before."""
    before = slice(max(0, i - _USUAL_DAYS), i)
    number = float(np.nansum(known[bottom][before]))
    return float(np.nansum(known[top][before])) / number if number > 0 else float("nan")
