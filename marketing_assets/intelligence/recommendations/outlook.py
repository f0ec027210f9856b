"""How months end as candidates: predictions, and what has to be done where a target will be missed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from marketing_assets.intelligence.recommendations.candidate import Candidate, Kind, Row, rows_of
from marketing_assets.intelligence.recommendations.wording import (
    amount,
    metric_name,
    month_name,
    number,
    sentences,
    share,
)

_FEWEST_DAYS_LEFT = 3
"""Days of a month that must be left for something to be done about its end."""

_TOLD_ANYWAY = {"revenue", "profit"}
"""Metrics whose month is told of without a target too."""


def of_outlook(outlook: pl.DataFrame, as_of: date) -> Iterator[Candidate]:
    """How months end against their targets. `outlook` is that of one day.

    A month that will miss its target while days are left is something to act on; one that can no longer be
    changed, that reaches its target, or that has none is a prediction.
    """
    for row in rows_of(outlook):
        if row["value"] is None:
            continue
        if row["target"] is None:
            if row["metric"] in _TOLD_ANYWAY:
                yield _plain_outlook(row)
            continue
        left = (_next_month(row["month"]) - as_of).days
        missed = row["value"] > row["target"] if row["metric"] == "spend" else row["value"] < row["target"]
        yield _missing(row, left) if missed and left >= _FEWEST_DAYS_LEFT else _foretold(row)


def _next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _plain_outlook(row: Row) -> Candidate:
    end = amount(row["value"], row["metric"], row["currency"])
    title = f"{metric_name(row['metric'])} of {month_name(row['month'])} is expected to come to {end}"
    return _of_month(row, Kind.PREDICTION, title, "there is no target to hold it against", None)


def _foretold(row: Row) -> Candidate:
    gap = row["value"] - row["target"]
    side = "above" if gap >= 0 else "below"
    end = f"{share(abs(gap / row['target']))} {side} its target" if row["target"] else f"{side} its target"
    title = f"{metric_name(row['metric'])} of {month_name(row['month'])} is expected to end {end}"
    return _of_month(row, Kind.PREDICTION, title, "", gap)


def _missing(row: Row, left: int) -> Candidate:
    """What has to come on each day that is left, beside what is expected to."""
    metric, currency = row["metric"], row["currency"]
    needed, coming = ((end - (row["to_date"] or 0.0)) / left for end in (row["target"], row["value"]))
    title = (
        f"{metric_name(metric)} must come to {amount(needed, metric, currency)} a day until the end of "
        f"{month_name(row['month'])} to keep its target, and {amount(coming, metric, currency)} is expected"
    )
    return _of_month(row, Kind.ACTION, title, f"{left} days are left", abs(row["value"] - row["target"]))


def _of_month(row: Row, kind: Kind, title: str, more: str, impact: float | None) -> Candidate:
    metric, currency, target = row["metric"], row["currency"], row["target"]
    interval = (
        f"80 % interval {number(row['low_80'])} to {number(row['high_80'])}" if _has_bounds(row) else ""
    )
    end = f"expected at its end {amount(row['value'], metric, currency)}"
    aimed = f", target {amount(target, metric, currency)}" if target is not None else ""
    return Candidate(
        kind=kind,
        subject=("month", row["month"].strftime("%Y-%m"), metric),
        title=sentences(title),
        description=sentences(
            f"up to now {amount(row['to_date'] or 0.0, metric, currency)}, {end}{aimed}", interval, more
        ),
        current_value=row["value"],
        recommended_value=target,
        expected_impact=impact if metric in {"revenue", "profit", "spend"} else None,
        confidence=_side_is_sure(row),
        currency=currency,
        is_reconstructed=bool(row["is_reconstructed"]),
    )


def _has_bounds(row: Row) -> bool:
    return row["low_80"] is not None and row["high_80"] is not None


def _side_is_sure(row: Row) -> float:
    """How sure it is on which side of the target the month ends: the widest interval that leaves it out.

    Without a target: 0.8, what the interval promises.
    """
    if row["target"] is None:
        return 0.8
    sure = 0.5
    for level in (50, 80, 95):
        low, high = row[f"low_{level}"], row[f"high_{level}"]
        if low is not None and high is not None and not low <= row["target"] <= high:
            # Half of what lies outside lies on the far side.
            sure = 0.5 + level / 200
    return sure
