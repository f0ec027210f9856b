"""The rows of `ml.forecasts`, `ml.forecast_outlook` and `ml.forecast_errors`. Pure; figures are f64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from marketing_assets.intelligence.forecast_lines import METRICS, TENANT, Line
from marketing_assets.intelligence.forecast_paths import DAYS, Fitted, Path
from marketing_assets.intelligence.forecasting import LEVELS
from marketing_assets.intelligence.ml_tables import FORECAST_ERRORS, FORECAST_OUTLOOK, FORECASTS
from marketing_assets.intelligence.month_outlook import Outlook, outlook
from marketing_assets.intelligence.reconciling import Key
from marketing_assets.intelligence.series import Floats
from marketing_assets.schema import polars_schema
from marketing_assets.table_spec import TableSpec

_NOTHING = "Not enough to say: no {} is known of any day before this week."
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
    paths: Mapping[Key, Path],
    reasons: Mapping[Key, str],
) -> pl.DataFrame:
    """A row a line and day to come; one with the reason where there is not enough to say of a line."""
    said = [_path_rows(lines[key], path, day) for key, path in paths.items()]
    silent = [_silent_row(lines[key], _sentence(reason, about), day) for key, reason in reasons.items()]
    nothing = [_unknown_row(metric, day) for metric in METRICS if (TENANT, "", metric) not in lines]
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


def _sentence(reason: str, about: About) -> str:
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
        "reason": _NOTHING.format(metric),
        "is_reconstructed": False,
    }


def outlook_rows(
    about: About,
    day: date,
    lines: Mapping[Key, Line],
    paths: Mapping[Key, Path],
    reasons: Mapping[Key, str],
    errors: Mapping[Key, Floats | None],
) -> pl.DataFrame:
    """A row a metric of the tenant; `errors` of the back-tests, [origins, steps]."""
    rows = []
    for metric in METRICS:
        key = (TENANT, "", metric)
        row = {
            "tenant_id": about.tenant_id,
            "day": day,
            "month": day.replace(day=1),
            "metric": metric,
            "target": about.targets.get(metric),
            "currency": about.currency,
            "reason": _NOTHING.format(metric),
            "is_reconstructed": False,
        }
        if key in lines:
            reason = _sentence(reasons[key], about) if key in reasons else None
            row |= _month_of(outlook(lines[key], paths.get(key), errors.get(key), day), reason)
            row["is_reconstructed"] = bool(lines[key].reconstructed[-_RECENT:].any())
        rows.append(row)
    return pl.DataFrame(rows, schema=plain_schema(FORECAST_OUTLOOK))


def _month_of(found: Outlook, reason: str | None) -> dict[str, Any]:
    sides = enumerate(("low", "high"))
    bounds = {f"{side}_{level}": pair[i] for i, side in sides for level, pair in found.bounds.items()}
    return {"to_date": found.to_date, "value": found.value, "reason": reason, **bounds}


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
