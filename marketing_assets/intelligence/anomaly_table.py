"""The rows of `ml.anomalies`: what was unusual on the day before each day asked for. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from marketing_assets.intelligence.anomaly_parts import Products, contributors_of, impact_of, products_of
from marketing_assets.intelligence.anomaly_rules import Ruling, rulings, strictness
from marketing_assets.intelligence.anomaly_tracks import Entity, Track, entities_of, tracks_of
from marketing_assets.partitions import ONE_DAY, DayRange

MODEL_VERSION = "1"
_ACTIVE_DAYS = 28


def anomaly_rows(
    history: pl.DataFrame, calendar: pl.DataFrame, as_of: Sequence[date], tenant_name: str
) -> pl.DataFrame:
    """A row for each metric judged as of the days `as_of`, without tenant and currency.

    `history` holds every day as it was known the morning after (`history.as_known`), `calendar` the sale
    calendar from its first day to the last day judged at least. A row of one day is the same whichever other
    days are asked for. As of every day there is one row at least: where nothing can be said, it says why.
    """
    judged = sorted(day - ONE_DAY for day in as_of)
    rows: list[dict[str, Any]] = []
    if history.height and judged:
        first = history["date"].min()
        assert isinstance(first, date)
        if first <= judged[-1]:
            rows = _rows(history, calendar, DayRange(first, judged[-1]), set(judged))
    told = {row["date"] for row in rows}
    rows += [_nothing(day, tenant_name) for day in judged if day not in told]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("day", "entity_type", "entity_id", "metric")


_SCHEMA = pl.Schema(
    {
        "day": pl.Date(),
        "date": pl.Date(),
        **dict.fromkeys(
            ["entity_type", "entity_id", "entity_name", "platform", "campaign_id", "metric"], pl.String()
        ),
        **dict.fromkeys(["value", "expected", "expected_low", "expected_high", "score"], pl.Float64()),
        **dict.fromkeys(["direction", "anomaly_type"], pl.String()),
        "impact": pl.Float64(),
        "contributors": pl.String(),
        "is_alert": pl.Boolean(),
        "suppressed_because": pl.String(),
        "is_reconstructed": pl.Boolean(),
        "model_version": pl.String(),
    }
)


def _rows(
    history: pl.DataFrame, calendar: pl.DataFrame, days: DayRange, judged: set[date]
) -> list[dict[str, Any]]:
    entities = entities_of(history, days)
    of_days = calendar.filter(pl.col("date").is_between(days.first, days.last)).sort("date")
    tracks = list(tracks_of(entities, days, of_days))
    products = products_of(history, days)
    first = (min(judged) - days.first).days
    ruled = rulings(tracks, max(first, 0))
    rows = []
    for i in range(max(first, 0), len(days)):
        day = days.first + i * ONE_DAY
        if day not in judged:
            continue
        active = [(t, r[i - max(first, 0)]) for t, r in zip(tracks, ruled, strict=True) if _is_active(t, i)]
        series = {kind: sum(t.entity.type == kind and not t.lacking[i] for t, _ in active) for kind in _KINDS}
        rows += [
            _row(t, r, i, day, strictness(t.entity.type, series[t.entity.type]), entities, products)
            for t, r in active
        ]
    return rows


_KINDS = ("tenant", "platform", "shop", "account", "campaign")


def _is_active(track: Track, i: int) -> bool:
    return bool(np.isfinite(track.entity.known[track.metric.top][max(0, i - _ACTIVE_DAYS) : i + 1]).any())


def _row(
    track: Track,
    ruling: Ruling,
    i: int,
    day: date,
    strict: float,
    entities: Sequence[Entity],
    products: Products,
) -> dict[str, Any]:
    entity = track.entity
    can_say = not track.lacking[i]
    value, expected = _number(track.value[i]), _number(track.expected[i]) if can_say else None
    parts = contributors_of(track, i, entities, products) if ruling.kind else []
    return {
        "day": day + ONE_DAY,
        "date": day,
        "entity_type": entity.type,
        "entity_id": entity.id,
        "entity_name": entity.name,
        "platform": entity.platform,
        "campaign_id": entity.id.rsplit("/", 1)[1] if entity.type == "campaign" else None,
        "metric": track.metric.name,
        "value": value,
        "expected": expected,
        "expected_low": _number(_bound(track, i, strict, -1)) if can_say else None,
        "expected_high": _number(_bound(track, i, strict, 1)) if can_say else None,
        "score": ruling.score,
        "direction": None if value is None or expected is None else "up" if value >= expected else "down",
        "anomaly_type": ruling.kind,
        "impact": impact_of(track, i) if can_say else None,
        "contributors": json.dumps([c.as_dict() for c in parts], ensure_ascii=False),
        "is_alert": ruling.is_alert,
        "suppressed_because": ruling.quiet_because,
        "is_reconstructed": bool(entity.reconstructed[i]),
        "model_version": MODEL_VERSION,
    }


def _bound(track: Track, i: int, strict: float, side: int) -> float:
    """The bound of a series alone, moved out by what the number of series makes it stricter."""
    scale = track.metric.scale
    middle = float(scale.to(np.array([track.expected[i]]))[0])
    edge = float(scale.to(np.array([track.low[i] if side < 0 else track.high[i]]))[0])
    return float(scale.back(np.array([middle + strict * (edge - middle)]))[0])


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _nothing(day: date, tenant_name: str) -> dict[str, Any]:
    return {
        "day": day + ONE_DAY,
        "date": day,
        "entity_type": "tenant",
        "entity_id": "",
        "entity_name": tenant_name,
        "metric": "revenue",
        "score": 0.0,
        "contributors": "[]",
        "is_alert": False,
        "suppressed_because": "not enough to say: nothing is known of the day and of the days before it",
        "is_reconstructed": False,
        "model_version": MODEL_VERSION,
    }
