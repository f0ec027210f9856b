"""The rows of `ml.forecasts`, `ml.forecast_outlook` and `ml.forecast_errors`. Pure; figures are f64."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from marketing_assets.intelligence.forecast_lines import METRICS, TENANT, Line
from marketing_assets.intelligence.forecast_updating import DAYS, Fitted, Path
from marketing_assets.intelligence.forecasting import LEVELS
from marketing_assets.intelligence.ml_tables import FORECAST_ERRORS, FORECAST_OUTLOOK, FORECASTS
from marketing_assets.intelligence.month_outlook import outlook
from marketing_assets.intelligence.reconciling import Key
from marketing_assets.schema import polars_schema
from marketing_assets.warehouse.warehouse import TableSpec

_RECENT, _TESTED = 28, 180
"""Days that a forecast rests on most, and days that back-tests reach back."""


@dataclass(frozen=True)
class About:
    """Whose forecasts: `budgets` of a month by platform or `all`, `targets` of a month by metric; amounts in
    `currency`."""

    tenant_id: str
    currency: str
    budgets: Mapping[str, float] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)


def forecast_rows(
    about: About,
    day: date,
    lines: Mapping[Key, Line],
    fitted: Mapping[Key, Fitted],
    paths: Mapping[Key, Path],
) -> pl.DataFrame:
    """A row a line and day to come; one with the reason where there is not enough to say of a line."""
    said = [_path_rows(lines[key], path, day) for key, path in paths.items()]
    silent = [
        _silent_row(lines[key], _reason(each.reason, about), day)
        for key, each in fitted.items()
        if each.reason
    ]
    nothing = [_unknown_row(metric, day) for metric in METRICS if (TENANT, "", metric) not in fitted]
    shape = {k: v for k, v in plain_schema(FORECASTS).items() if k not in {"tenant_id", "day", "currency"}}
    rows = pl.concat([pl.DataFrame(schema=shape), *said, pl.DataFrame([*silent, *nothing], schema=shape)])
    common = {"tenant_id": about.tenant_id, "day": day, "currency": about.currency}
    return rows.with_columns(pl.lit(v).alias(k) for k, v in common.items()).select(
        plain_schema(FORECASTS).names()
    )


def plain_schema(spec: TableSpec) -> pl.Schema:
    """The table's columns with floats for its exact numbers."""
    exact = polars_schema(spec.columns)
    return pl.Schema({name: pl.Float64() if t.is_decimal() else t for name, t in exact.items()})


def _path_rows(line: Line, path: Path, day: date) -> pl.DataFrame:
    dates = pl.date_range(day, day + timedelta(days=DAYS - 1), eager=True)
    bounds = {
        f"{side}_{level}": path.intervals[level][i]
        for level in LEVELS
        for i, side in enumerate(("low", "high"))
    }
    numbers = pl.DataFrame({"date": dates, "horizon": np.arange(1, DAYS + 1), "value": path.mean, **bounds})
    told = {
        **_entity(line),
        "model": path.model,
        "is_reconstructed": bool(line.reconstructed[-_RECENT:].any()),
    }
    frame = numbers.with_columns(
        *(pl.lit(v, pl.Boolean if isinstance(v, bool) else pl.String).alias(k) for k, v in told.items()),
        reason=pl.lit(None, pl.String),
    )
    return frame.select(c for c in plain_schema(FORECASTS).names() if c in frame.columns)


def _entity(line: Line) -> dict[str, Any]:
    return {
        "entity_type": line.entity_type,
        "entity_id": line.entity_id,
        "entity_name": line.entity_name or line.entity_id,
        "platform": line.platform,
        "metric": line.metric,
    }


def _reason(reason: str | None, about: About) -> str:
    return f"Not enough to say: {reason} (days with figures in {about.currency})."


def _silent_row(line: Line, reason: str, day: date) -> dict[str, Any]:
    reconstructed = bool(line.reconstructed[-_RECENT:].any())
    return {"date": day, "horizon": 1, **_entity(line), "reason": reason, "is_reconstructed": reconstructed}


def _unknown_row(metric: str, day: date) -> dict[str, Any]:
    return {
        "date": day,
        "horizon": 1,
        "entity_type": TENANT,
        "entity_id": "",
        "entity_name": "",
        "metric": metric,
        "reason": f"Not enough to say: no {metric} is known of any day before this week.",
        "is_reconstructed": False,
    }


def outlook_rows(
    about: About,
    day: date,
    lines: Mapping[Key, Line],
    fitted: Mapping[Key, Fitted],
    paths: Mapping[Key, Path],
) -> pl.DataFrame:
    """A row a metric of the tenant."""
    rows = list(_outlooks(about, day, lines, fitted, paths))
    return pl.DataFrame(rows, schema=plain_schema(FORECAST_OUTLOOK))


def _outlooks(
    about: About,
    day: date,
    lines: Mapping[Key, Line],
    fitted: Mapping[Key, Fitted],
    paths: Mapping[Key, Path],
) -> Iterator[dict[str, Any]]:
    for metric in METRICS:
        key = (TENANT, "", metric)
        common = {
            "tenant_id": about.tenant_id,
            "day": day,
            "month": day.replace(day=1),
            "metric": metric,
            "target": about.targets.get(metric),
            "currency": about.currency,
        }
        if key not in fitted:
            unknown = f"Not enough to say: no {metric} is known of any day before this week."
            yield {**common, "reason": unknown, "is_reconstructed": False}
            continue
        fit = fitted[key]
        reason = _reason(fit.reason, about) if fit.reason else None
        errors = fit.found.errors if fit.found else None
        found = outlook(lines[key], paths.get(key), reason, errors, day)
        bounds = {
            f"{side}_{level}": pair[i]
            for level, pair in found.bounds.items()
            for i, side in enumerate(("low", "high"))
        }
        yield {
            **common,
            "to_date": found.to_date,
            "value": found.value,
            **bounds,
            "reason": found.reason,
            "is_reconstructed": bool(lines[key].reconstructed[-_RECENT:].any()),
        }


def error_rows(about: About, day: date, fitted: Mapping[Key, Fitted]) -> pl.DataFrame:
    """A row a line that was back-tested."""
    rows = []
    for (kind, entity, metric), each in fitted.items():
        if each.found is None or each.found.record is None:
            continue
        record = each.found.record
        rows.append(
            {
                "tenant_id": about.tenant_id,
                "day": day,
                "entity_type": kind,
                "entity_id": entity,
                "metric": metric,
                "origins": record.origins,
                "mase": record.mase,
                "naive_mase": record.naive_mase,
                **{f"coverage_{level}": share for level, share in record.coverage.items()},
                "is_reconstructed": bool(each.line.reconstructed[-_TESTED:].any()),
            }
        )
    return pl.DataFrame(rows, schema=plain_schema(FORECAST_ERRORS))
