"""What is judged of a tenant, day by day: a track for each entity and metric. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marketing_assets.intelligence.anomalies import first_judged, judged
from marketing_assets.intelligence.anomaly_metrics import Metric, Values, metrics_of, values_of
from marketing_assets.intelligence.drifts import drifts
from marketing_assets.intelligence.facts import FIGURES, MATURING
from marketing_assets.intelligence.special_days import context_of
from marketing_assets.partitions import DayRange

Floats = NDArray[np.float64]

ENTITY_TYPES = ("tenant", "platform", "shop", "account", "campaign")
_WEEK = 7
_FLOOR = 0.02
_DRIFTS_OF = ("tenant", "platform")
_LEAST_DRIFT = 0.1
"""The least change, as a share of the level, that counts as a drift."""
_IDLE_DAYS = 28
_WAVES = 6.0
"""Shape of the negative binomial: days of the same expectation differ by some forty per cent."""


@dataclass(frozen=True)
class Entity:
    """Whose days they are. `known` and `expected` are its figures by day, NaN where nothing is known."""

    type: str
    id: str
    name: str
    platform: str | None
    known: dict[str, Floats]
    expected: dict[str, Floats]
    reconstructed: NDArray[np.bool_]


@dataclass(frozen=True)
class Track:
    """A metric of an entity, with an element a day of `days` in each array; NaN where nothing can be said.

    `off` and `drift` are distances in limits, with sign: 1 is unusual for a series that is looked at alone.
    `none` is the probability that nothing is counted where so much was expected, NaN where something was.
    """

    entity: Entity
    metric: Metric
    days: DayRange
    value: Floats
    expected: Floats
    low: Floats
    high: Floats
    off: Floats
    drift: Floats
    none: Floats
    lacking: list[str]


def entities_of(history: pl.DataFrame, days: DayRange) -> list[Entity]:
    """The entities that are judged, on every day of the range; `history` is as `history.as_known` makes it.

    A campaign that its account does not tell of, on a day of which it tells, spent nothing.
    """
    spine = pl.DataFrame({"date": list(days)})
    told = {}
    found = []
    order = {name: i for i, name in enumerate(ENTITY_TYPES)}
    own = history.filter(pl.col("entity_type").is_in(list(ENTITY_TYPES)))
    groups = own.partition_by("entity_type", "entity_id", as_dict=True)
    for (kind, entity_id), rows in sorted(groups.items(), key=lambda g: (order[str(g[0][0])], g[0][1])):
        joined = spine.join(rows, on="date", how="left", maintain_order="left")
        known = {f: joined[f].fill_null(float("nan")).to_numpy().copy() for f in FIGURES}
        expected = {m: joined[f"expected_{m}"].fill_null(float("nan")).to_numpy().copy() for m in MATURING}
        if kind == "account":
            told[entity_id] = np.isfinite(known["spend"])
        if kind == "campaign":
            _idle(known, expected, told.get(str(entity_id).rsplit("/", 1)[0]))
        found.append(
            Entity(
                type=str(kind),
                id=str(entity_id),
                name=rows["entity_name"][-1],
                platform=rows["platform"][-1],
                known=known,
                expected=expected,
                reconstructed=joined["is_reconstructed"].fill_null(False).to_numpy().copy(),
            )
        )
    return found


def _idle(known: dict[str, Floats], expected: dict[str, Floats], told: NDArray[np.bool_] | None) -> None:
    spent = np.isfinite(known["spend"])
    if told is None or not spent.any():
        return
    idle = told & ~spent & (np.arange(len(spent)) > int(np.flatnonzero(spent)[0]))
    for values in (*known.values(), *expected.values()):
        if np.isfinite(values).any():
            values[idle] = 0.0


def tracks_of(entities: list[Entity], days: DayRange, calendar: pl.DataFrame) -> Iterator[Track]:
    """Every metric of every entity, judged; `calendar` are the rows of `sale_calendar` of the days."""
    for entity in entities:
        for metric in metrics_of(entity.type, entity.known):
            found = values_of(metric, entity.known, entity.expected)
            yield _track(entity, metric, days, calendar, found)


def _track(entity: Entity, metric: Metric, days: DayRange, calendar: pl.DataFrame, found: Values) -> Track:
    n = len(days)
    expected, low, high, off, drift = (np.full(n, np.nan) for _ in range(5))
    known = np.flatnonzero(np.isfinite(found.values))
    first = int(known[0]) if len(known) else n
    if n - first > 0:
        context = context_of(calendar[first:], found.noise[first:], metric.bottom is not None)
        result = judged(found.values[first:], _WEEK, metric.scale, context, floor=_FLOOR)
        parts = (result.expected, result.low, result.high, result.off)
        for whole, part in zip((expected, low, high, off), parts, strict=True):
            whole[first:] = part
        if entity.type in _DRIFTS_OF:
            drift[first:] = drifts(result.clean, _least_drift(metric, result.clean))
    lacking = [_why(i, first, found, expected, metric) for i in range(n)]
    none = _chance_of_none(entity, metric, expected)
    return Track(entity, metric, days, found.values, expected, low, high, off, drift, none, lacking)


def _chance_of_none(entity: Entity, metric: Metric, expected: Floats) -> Floats:
    """Of rates of what is counted: how likely it is that a day has none. Buyers come in waves, so the count
    is taken to be negative binomial."""
    if metric.count is None or metric.count != metric.top or metric.exposure is None:
        return np.full(len(expected), np.nan)
    counts = entity.expected.get(metric.count, entity.known[metric.count])
    number = expected / metric.factor * entity.known[metric.exposure]
    chance: Floats = (1 + number / _WAVES) ** -_WAVES
    return np.where(counts == 0, chance, np.nan)


def _least_drift(metric: Metric, clean: Floats) -> Floats:
    """A tenth of the level, on the metric's scale."""
    if metric.bottom is None:
        return np.maximum(_LEAST_DRIFT / 2 * np.abs(clean), 1e-9)
    return np.full(len(clean), _LEAST_DRIFT if metric.name != "margin" else _LEAST_DRIFT / 3)


def _why(i: int, first: int, found: Values, expected: Floats, metric: Metric) -> str:
    """Why nothing can be said of a day; empty where something can."""
    if found.lacking[i]:
        return found.lacking[i]
    if np.isnan(expected[i]):
        needed = first_judged(_WEEK)
        return f"not enough history: {max(i - first, 0)} days are known, {needed} are needed"
    recent = found.values[max(0, i - _IDLE_DAYS) : i]
    if metric.bottom is None and not np.any(np.nan_to_num(recent) > 0):
        return "nothing happened in the four weeks before"
    return ""
