"""Scores a forecaster on real daily series: five origins a series, 28 days apart, 28 days ahead.

Errors are measured in the mean error that last week's value made over the history (MASE). A call that
fails is replaced by the seasonal naive forecast and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.contest import cpu_seconds
from benchmarks.scores.data import Daily, Floats, Forecast, daily_series

DAYS, ORIGINS, WEEK = 28, 5, 7
LEVELS = (80, 95)
_QUANTILES = {80: 1.2816, 95: 1.96}


@dataclass(frozen=True)
class Case:
    """How one forecast did; errors in those of the naive forecast's history."""

    is_core: bool
    mase: float
    mase_of_week: float
    inside: dict[int, float]
    """Share of days inside each interval."""
    msis: float
    failed: bool


@dataclass(frozen=True)
class ForecastScore:
    """Means over cases. `seconds` are of a processor, for a thousand forecasts."""

    mase: float
    mase_of_week: float
    inside_80: float
    inside_95: float
    msis: float
    failures: int
    cases: int


def score_forecasts(forecast: Forecast) -> tuple[ForecastScore, ForecastScore, float]:
    """Of all series, of those without page views, and seconds of a processor for a thousand calls."""
    tasks = [(series, origin) for series in daily_series() for origin in range(ORIGINS)]
    series, _ = tasks[0]
    _called(forecast, series.values[:200], series)  # imports and compilation are not timed
    started = cpu_seconds()
    cases = [_case(forecast, *task) for task in tasks]
    seconds = 1000 * (cpu_seconds() - started) / len(cases)
    return _mean(cases), _mean([c for c in cases if c.is_core]), seconds


def _case(forecast: Forecast, series: Daily, origin: int) -> Case:
    cut = len(series.values) - DAYS * (ORIGINS - origin)
    history, came = series.values[:cut], series.values[cut : cut + DAYS]
    mean, bounds, failed = _called(forecast, history, series)
    unit = float(np.mean(np.abs(history[WEEK:] - history[:-WEEK]))) or 1.0
    errors = np.abs(came - mean) / unit
    low, high = bounds[95]
    beside = np.maximum(low - came, 0) + np.maximum(came - high, 0)
    return Case(
        is_core=series.is_core,
        mase=float(errors.mean()),
        mase_of_week=float(errors[:WEEK].mean()),
        inside={
            level: float(np.mean((came >= lo - 1e-9) & (came <= hi + 1e-9)))
            for level, (lo, hi) in bounds.items()
        },
        msis=float(np.mean(high - low + 40 * beside) / unit),
        failed=failed,
    )


def _called(
    forecast: Forecast, history: Floats, series: Daily
) -> tuple[Floats, dict[int, tuple[Floats, Floats]], bool]:
    try:
        mean, bounds = forecast(history.copy(), series.start.isoformat(), WEEK, DAYS, LEVELS)
        found = {level: tuple(np.asarray(end, float) for end in bounds[level]) for level in LEVELS}
        ends = [np.asarray(mean, float), *(end for both in found.values() for end in both)]
        if not all(np.isfinite(end).all() for end in ends):
            raise ValueError("a forecast is not finite")
    except Exception:  # whatever it is, the caller would stand without a forecast
        return (*naive(history), True)
    return ends[0], found, False


def naive(history: Floats) -> tuple[Floats, dict[int, tuple[Floats, Floats]]]:
    """Last week again; as wide as weeks differed."""
    mean = np.resize(history[-WEEK:], DAYS)
    spread = (history[WEEK:] - history[:-WEEK]).std() * np.sqrt(np.arange(DAYS) // WEEK + 1)
    return mean, {level: (mean - q * spread, mean + q * spread) for level, q in _QUANTILES.items()}


def _mean(cases: Sequence[Case]) -> ForecastScore:
    return ForecastScore(
        mase=float(np.mean([c.mase for c in cases])),
        mase_of_week=float(np.mean([c.mase_of_week for c in cases])),
        inside_80=float(np.mean([c.inside[80] for c in cases])),
        inside_95=float(np.mean([c.inside[95] for c in cases])),
        msis=float(np.mean([c.msis for c in cases])),
        failures=sum(c.failed for c in cases),
        cases=len(cases),
    )
