"""Forecasts of a tenant as of a day, as the rows of its tables. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from marketing_assets.intelligence.event_kinds import holidays_by_history, with_known
from marketing_assets.intelligence.forecast_lines import Line, lines
from marketing_assets.intelligence.forecast_paths import Fitted, Path, fit_line, last_forecast, path_of
from marketing_assets.intelligence.forecast_rows import About, error_rows, forecast_rows, outlook_rows
from marketing_assets.intelligence.planned_spend import with_plans
from marketing_assets.intelligence.reconciling import Key, coherent

KindsOf = Callable[[date, date], Sequence[str | None]]
"""The kinds of events of the days from one to another, both included."""

_GONE = "nothing is known of it any more"


@dataclass(frozen=True)
class Said:
    """What is said as of a day: the rows of three tables, without rounding, with the lines and paths behind
    them, and the reasons where there is no path."""

    forecasts: pl.DataFrame
    outlook: pl.DataFrame
    errors: pl.DataFrame
    lines: Mapping[Key, Line]
    paths: Mapping[Key, Path]
    reasons: Mapping[Key, str]


def fit_all(
    daily: pl.DataFrame, day: date, kinds_of: KindsOf, knows_market: bool = True
) -> dict[Key, Fitted]:
    """Every line's forecast as of `day`, a Monday; `daily` is what was known of the days before it.

    Where it is not known in which market the tenant sells, its holidays are read off each line's history.
    """
    found, last = {}, last_forecast(day)
    for line in lines(daily, day):
        kinds = kinds_of(line.first, last)
        ahead = len(kinds) - len(line.values)
        if not knows_market and (guess := holidays_by_history(line.values, line.first, ahead)):
            kinds = [kind or holiday for kind, holiday in zip(kinds, guess, strict=True)]
        found[line.key] = fit_line(line, with_known(kinds, len(line.values)))
    return found


def say(about: About, daily: pl.DataFrame, day: date, fitted: Mapping[Key, Fitted]) -> Said:
    """The forecasts as of `day`, by what was fitted on its Monday and the days since, known in `daily`."""
    now = {line.key: line for line in lines(daily, day, {key[1] for key in fitted})}
    known = {key: now.get(key, each.line) for key, each in fitted.items()}
    said = {key: path_of(each, now[key]) if key in now else _GONE for key, each in fitted.items()}
    paths = {key: path for key, path in said.items() if isinstance(path, Path)}
    reasons = {key: reason for key, reason in said.items() if isinstance(reason, str)}
    final = coherent(with_plans(paths, known, about.budgets, day), list(reasons))
    errors = {key: each.found.how.errors for key, each in fitted.items() if each.found}
    return Said(
        forecast_rows(about, day, known, final, reasons),
        outlook_rows(about, day, known, final, reasons, errors),
        error_rows(about, day, fitted),
        known,
        final,
        reasons,
    )
