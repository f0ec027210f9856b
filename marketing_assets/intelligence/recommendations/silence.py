"""Why there is nothing to recommend as of a day, in plain sentences. Pure."""

from __future__ import annotations

from datetime import date

import polars as pl

from marketing_assets.intelligence.recommendations.wording import sentences


def silence(anomalies: pl.DataFrame, budgets: pl.DataFrame, outlook: pl.DataFrame, day: date) -> str:
    """What each of the models said instead, of rows as of `day`; frames have the columns of `ml_tables`."""
    judged, split, months = (frame.filter(pl.col("day") == day) for frame in (anomalies, budgets, outlook))
    told = [
        f"anomalies: {_judged(judged)}",
        f"budgets: {_reasons(split, 'reason') or 'no change is worth making'}"
        if split.height
        else "budgets: nothing was computed as of this day",
        f"months: {_reasons(months, 'reason') or 'nothing is expected'}"
        if months.height
        else "months: nothing was computed as of this day",
    ]
    return sentences(*told)


def _judged(judged: pl.DataFrame) -> str:
    if judged.is_empty():
        return "nothing was judged as of this day"
    known = judged.filter(pl.col("expected").is_not_null()).height
    if known:
        return f"{known} values were judged, none is an alert"
    return _reasons(judged, "suppressed_because") or "there is not enough to say"


def _reasons(rows: pl.DataFrame, column: str) -> str:
    """The reasons given, each once, the most frequent first."""
    given = rows.select(pl.col(column).drop_nulls().str.strip_chars_end("."))
    counted = given.group_by(column).len().sort("len", column, descending=[True, False])
    return "; ".join(counted[column].head(3))
