"""What became of budget recommendations: did spend move, and did the shop do other than was forecast. Pure.

What a shop would have sold without the change nobody sees. The forecast of the day on which it was
recommended stands for it, with its own interval; a single channel's share of the difference cannot be told at
all, so only the plan as a whole is compared. Money is in the reporting currency, a day's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

AFTER_DAYS = (14, 28)
"""Whole days after which a recommendation is compared."""
_FOLLOWED = 0.5
"""Share of the recommended change from which it counts as followed."""
_STILL = 0.05
"""Share of spend up to which it counts as not moved."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Happened:
    """A goal's mean a day since, less what was forecast for these days, with its 80 % interval."""

    difference: float
    low: float
    high: float


def outcomes(
    recommended: pl.DataFrame, daily: pl.DataFrame, forecasts: pl.DataFrame, after: int
) -> Iterator[dict[str, Any]]:
    """A row for each recommendation of one day, and one for the plan, `after` whole days later.

    `recommended` and `forecasts` are the rows of that day, `daily` is `history.as_of` as of the day that lies
    `after` days later.
    """
    moves = [row for row in recommended.iter_rows(named=True) if row["recommended_value"] is not None]
    if not moves:
        return
    on: date = moves[0]["day"]
    since = daily.filter(pl.col("date") >= on)
    found = [_move(row, _spent(since, row, after)) for row in moves]
    yield from found
    channels = [row for row in found if row["level"] == "channel"]
    yield _plan(channels, _happened(since, forecasts, moves[0]["goal"], on, after))


def _spent(since: pl.DataFrame, row: Row, after: int) -> float | None:
    """Spend a day since, None where less than half of the days are known."""
    kind = "platform" if row["level"] == "channel" else "campaign"
    parts = ("platform",) if kind == "platform" else ("platform", "account_id", "campaign_id")
    entity = "/".join(row[part] for part in parts)
    own = since.filter(pl.col("entity_type") == kind, pl.col("entity_id") == entity)
    own = own.filter(pl.col("spend").is_finite())
    # A channel's or campaign's day without a row is one on which it did not run.
    known = since.filter(pl.col("entity_type") == "tenant")["date"].n_unique()
    return float(own["spend"].sum()) / known if known >= after / 2 else None


def _move(row: Row, actual: float | None) -> dict[str, Any]:
    before, wanted = float(row["current_value"]), float(row["recommended_value"])
    followed, reason = _followed(before, wanted, actual)
    return {
        **_key(row),
        "name": row["name"],
        "goal": row["goal"],
        "before_value": before,
        "recommended_value": wanted,
        "actual_value": actual,
        "was_followed": followed,
        "expected_impact": None if row["expected_impact"] is None else float(row["expected_impact"]),
        "actual_impact": None,
        "actual_low": None,
        "actual_high": None,
        "reason": reason,
    }


def _key(row: Row) -> dict[str, Any]:
    names = ("tenant_id", "level", "platform", "account_id", "campaign_id", "currency")
    return {**{name: row[name] for name in names}, "recommended_on": row["day"]}


def _is_change(before: float, wanted: float) -> bool:
    return abs(wanted - before) > _STILL * before


def _followed(before: float, wanted: float, actual: float | None) -> tuple[bool | None, str]:
    if actual is None:
        return None, "There is not enough to say: spend of most of the days since is not known."
    told = f"{actual:,.0f} a day since, {before:,.0f} before and {wanted:,.0f} recommended"
    if not _is_change(before, wanted):
        still = abs(actual - before) <= 2 * _STILL * before
        return still, f"It was to stay and {'stayed' if still else 'moved'}: {told}."
    share = (actual - before) / (wanted - before)
    if share >= _FOLLOWED:
        return True, f"Spend moved as recommended: {told}; what that brought is told of the plan as a whole."
    return False, f"Spend {'moved the other way' if share < -_FOLLOWED else 'did not move'}: {told}."


def _happened(
    since: pl.DataFrame, forecasts: pl.DataFrame, goal: str, on: date, after: int
) -> Happened | None:
    """The tenant's days since against their forecast; None where too few days have both.

    A forecast's errors last, so the interval of the mean is the mean of the days' intervals: wide rather than
    narrow.
    """
    ahead = forecasts.filter(
        pl.col("entity_type") == "tenant",
        pl.col("metric") == goal,
        pl.col("date") >= on,
        pl.col("value").is_not_null(),
    ).select("date", *(pl.col(c).cast(pl.Float64) for c in ("value", "low_80", "high_80")))
    expected = f"expected_{goal}"
    actual = pl.coalesce(expected, goal) if expected in since.columns else pl.col(goal)
    known = since.filter(pl.col("entity_type") == "tenant").select("date", actual=actual.fill_nan(None))
    both = known.drop_nulls().join(ahead.drop_nulls(), on="date")
    if both.height < after / 2:
        return None
    means = both.select(pl.col("actual", "value", "low_80", "high_80").mean()).row(0)
    actual_mean, value, low, high = (float(v) for v in means)
    return Happened(actual_mean - value, actual_mean - high, actual_mean - low)


def _plan(channels: list[dict[str, Any]], happened: Happened | None) -> dict[str, Any]:
    first = channels[0]
    moved = [c for c in channels if _is_change(c["before_value"], c["recommended_value"])]
    known = [c["was_followed"] for c in moved or channels]
    followed = None if None in known else all(known)
    expected = [c["expected_impact"] for c in channels if c["expected_impact"] is not None]
    spends = {n: [c[n] for c in channels] for n in ("before_value", "recommended_value", "actual_value")}
    return {
        **{n: first[n] for n in ("tenant_id", "currency", "recommended_on", "goal")},
        "level": "plan",
        "platform": "",
        "account_id": "",
        "campaign_id": "",
        "name": "all channels",
        **{n: None if None in values else sum(values) for n, values in spends.items()},
        "was_followed": followed,
        "expected_impact": sum(expected) if expected else None,
        "actual_impact": happened.difference if happened else None,
        "actual_low": happened.low if happened else None,
        "actual_high": happened.high if happened else None,
        "reason": _verdict(followed, bool(moved), happened, first["goal"]),
    }


def _verdict(followed: bool | None, is_change: bool, happened: Happened | None, goal: str) -> str:
    if happened is None:
        return "There is not enough to say: these days were not forecast on that day, or are not known."
    more = "more" if happened.difference >= 0 else "less"
    told = (
        f"{abs(happened.difference):,.0f} of {goal} a day {more} than forecast "
        f"(80 % interval {happened.low:,.0f} to {happened.high:,.0f})"
    )
    if followed is not True or not is_change:
        what = "the budgets were not moved as recommended" if is_change else "no change was recommended"
        return f"It says nothing of the plan, because {what}: {told}."
    if happened.low <= 0 <= happened.high:
        return f"It cannot be told from chance: {told}."
    return f"It came with a change beyond chance, though not by the plan alone for certain: {told}."
