"""Alerts of the last days as candidates: the parts before the whole they explain, a story once. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from marketing_assets.intelligence.recommendations.candidate import Candidate, Kind, Names, Row, rows_of
from marketing_assets.intelligence.recommendations.wording import (
    amount,
    day_name,
    entity,
    metric_name,
    number,
    sentences,
    share,
)

STANDS_DAYS = 3
"""For how many days after an unusual day people are told of it."""

_FAMILIES = {
    "revenue": "sales",
    "orders": "sales",
    "aov": "sales",
    "avg_order_value": "sales",
    "spend": "traffic",
    "clicks": "traffic",
    "impressions": "traffic",
    "ctr": "traffic",
    "cpc": "price",
    "cpm": "price",
}
"""Metrics that tell one story: a shop without orders has no revenue. Others are stories of their own."""

_CHILD_EXPLAINS = 0.8
"""Share of a whole's money from which a part's alert tells it all."""

_TIMES_FROM = 3.0
"""From how many times the expected value on people think in times, not in per cent."""


def of_anomalies(anomalies: pl.DataFrame, as_of: date, names: Names) -> list[Candidate]:
    """Alerts of the last days. `anomalies` holds the judgements as of `as_of` and of the days before it.

    A day that was judged again counts as it was judged last. An alert of a part hides that of the whole
    which it explains, and of the metrics that tell one story the one with most at stake is told.
    """
    judged: dict[tuple[object, ...], Row] = {}
    for row in rows_of(anomalies.sort("day")):
        if row["day"] <= as_of and row["date"] >= as_of - timedelta(days=STANDS_DAYS):
            judged[row["date"], row["entity_type"], row["entity_id"], row["metric"]] = row
    alerts = [row for row in judged.values() if row["is_alert"] and not row["suppressed_because"]]
    stories: dict[tuple[str, ...], list[Row]] = {}
    for alert in alerts:
        if not any(_explains(part, alert) for part in alerts):
            stories.setdefault(_story(alert), []).append(alert)
    return [_anomaly(subject, rows, names) for subject, rows in stories.items()]


def _story(row: Row) -> tuple[str, ...]:
    family = _FAMILIES.get(row["metric"], row["metric"])
    return str(row["entity_type"]), str(row["entity_id"]), str(family), str(row["direction"] or "")


def _explains(part: Row, whole: Row) -> bool:
    """Whether the part's alert tells of the same day and story, with nearly all of the money."""
    return (
        part["date"] == whole["date"]
        and _is_part(part, whole)
        and _story(part)[2:] == _story(whole)[2:]
        and bool(abs(part["impact"] or 0.0) >= _CHILD_EXPLAINS * abs(whole["impact"] or 0.0))
    )


def _is_part(part: Row, whole: Row) -> bool:
    if part["entity_type"] == "tenant" or part["entity_id"] == whole["entity_id"]:
        return False
    return whole["entity_type"] == "tenant" or str(part["entity_id"]).startswith(f"{whole['entity_id']}/")


def _anomaly(subject: tuple[str, ...], rows: Iterable[Row], names: Names) -> Candidate:
    told = sorted(rows, key=lambda r: (-abs(r["impact"] or 0.0), r["metric"], r["date"]))
    worst = told[0]
    by_day: dict[date, float] = {}
    for row in reversed(told):
        if row["impact"] is not None:
            by_day[row["date"]] = row["impact"]
    currency = worst["currency"]
    return Candidate(
        kind=Kind.ANOMALY,
        subject=subject,
        title=_anomaly_title(worst, names),
        description=sentences(
            _range(worst, currency),
            f"It looks like {_article(worst['anomaly_type'])}" if worst["anomaly_type"] else "",
            _contributors(worst["contributors"]),
            _also(told, worst),
        ),
        current_value=worst["value"],
        recommended_value=worst["expected"],
        expected_impact=sum(by_day.values()) if by_day else None,
        confidence=worst["score"],
        currency=currency,
        platform=worst["platform"],
        campaign_id=worst["campaign_id"],
        is_reconstructed=bool(worst["is_reconstructed"]),
    )


def _anomaly_title(row: Row, names: Names) -> str:
    where = "" if row["entity_type"] == "tenant" else f" of {entity(row, names)}"
    return sentences(f"{metric_name(row['metric'])}{where} was {_off(row)} on {day_name(row['date'])}")


def _off(row: Row) -> str:
    """How far from what was expected, in per cent or times where that says something."""
    value, expected = row["value"], row["expected"]
    side = "below" if row["direction"] == "down" else "above"
    if value is None or expected is None or expected <= 0:
        return f"far {side} what was expected"
    if value / expected > _TIMES_FROM:
        return f"{value / expected:.0f} times what was expected"
    return f"{share(abs(value / expected - 1))} {side} what was expected"


def _range(row: Row, currency: str | None) -> str:
    value, low, high = row["value"], row["expected_low"], row["expected_high"]
    if value is None or low is None or high is None:
        return ""
    ends = f"{number(low)} to {amount(high, row['metric'], currency)}"
    return f"it was {amount(value, row['metric'], currency)}, and {ends} would have been usual"


def _article(anomaly_type: str) -> str:
    words = anomaly_type.replace("_", " ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _contributors(contributors: str | None) -> str:
    parts = sorted(json.loads(contributors or "[]"), key=lambda p: -abs(p["share"]))[:3]
    told = ", ".join(f"{part['entity']} ({share(part['share'])})" for part in parts if part["share"])
    return f"the change comes from {told}" if told else ""


def _also(told: Iterable[Row], worst: Row) -> str:
    metrics = sorted({metric_name(r["metric"]) for r in told} - {metric_name(worst["metric"])})
    return f"{' and '.join(metrics)} moved along" if metrics else ""
