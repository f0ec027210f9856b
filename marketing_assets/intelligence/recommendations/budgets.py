"""Daily budgets that should change as candidates. Pure."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from marketing_assets.intelligence.recommendations.candidate import Candidate, Kind, Names, Row, rows_of
from marketing_assets.intelligence.recommendations.wording import entity, number, sentences

IMPACT_DAYS = 28
"""Days for which a change of a daily budget is counted, so that it ranks beside single days and months."""

_SMALLEST_CHANGE = 0.05
"""Share of a budget below which nobody need be told of a change."""


def of_budgets(budgets: pl.DataFrame, names: Names) -> list[Candidate]:
    """A candidate for each daily budget that should change. `budgets` are the recommendations of one day.

    A campaign that only keeps its share of a channel that changes is told of by its channel.
    """
    return [
        _budget(row, names)
        for row in rows_of(budgets)
        if _is_change(row) and not (row["level"] == "campaign" and row["expected_impact"] is None)
    ]


def _is_change(row: Row) -> bool:
    current, recommended = row["current_value"], row["recommended_value"]
    if current is None or recommended is None:
        return False
    return bool(abs(recommended - current) > _SMALLEST_CHANGE * max(abs(current), abs(recommended)))


def _budget(row: Row, names: Names) -> Candidate:
    current, recommended, currency = row["current_value"], row["recommended_value"], row["currency"]
    verb = "raise" if recommended > current else "lower"
    impact = row["expected_impact"]
    tried = " to learn what it brings" if row["is_exploration"] else ""
    ends = f"from {number(current)} to {number(recommended)} {currency} a day"
    return Candidate(
        kind=Kind.BUDGET,
        subject=(row["level"], row["platform"], row["account_id"], row["campaign_id"], verb),
        title=sentences(f"{verb} the budget of {entity(_named(row), names)} {ends}{tried}"),
        description=sentences(row["reason"], _gain(row), _guards(row["guard_rails"])),
        current_value=current,
        recommended_value=recommended,
        expected_impact=None if impact is None else impact * IMPACT_DAYS,
        confidence=row["confidence"] or 0.0,
        currency=currency,
        platform=row["platform"],
        campaign_id=row["campaign_id"] or None,
        is_reconstructed=bool(row["is_reconstructed"]),
    )


def _named(row: Row) -> dict[str, Any]:
    return {**row, "entity_id": row["campaign_id"] or row["platform"]}


def _gain(row: Row) -> str:
    impact, low, high = row["expected_impact"], row["impact_low"], row["impact_high"]
    if impact is None:
        return ""
    change = "more" if impact >= 0 else "less"
    told = f"{number(abs(impact))} {row['currency']} {change} {row['goal']} a day are expected"
    return told if low is None or high is None else f"{told} (80 % interval {number(low)} to {number(high)})"


def _guards(guard_rails: str | None) -> str:
    told = [str(guard) for guard in json.loads(guard_rails or "[]")]
    return f"kept within: {'; '.join(told)}" if told else ""
