"""Values that cannot be: the range contracts of staging that nothing else looks at. Pure, and the SQL.

What dbt's tests already say (negative amounts, missing values, unknown statuses) is not said twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from marketing_assets.verdicts import Finding, Verdict, verdict


@dataclass(frozen=True)
class Range:
    """A condition that no row may meet. `$today` stands for the tenant's day, `$tomorrow` for the instant at
    which it ends, `$ended` for a day before which days have ended in every time zone; `impossible` rows are
    an error, others only odd."""

    name: str
    breach: str
    text: str
    impossible: bool = False


RANGES: Mapping[str, tuple[Range, ...]] = {
    "orders": (
        Range("future_day", "day > $today", "lie on a day that has not come", True),
        Range("future_order", "order_timestamp >= $tomorrow", "were placed after today", True),
        Range("refund", "refund_amount > gross_amount", "paid back more than their goods cost"),
        Range("discount", "discount_amount > gross_amount", "were discounted below nothing"),
        Range(
            "units", "units < 0 or returned_units < 0 or returned_units > units + 1000", "count units oddly"
        ),
        Range("rate", "fx_rate <= 0 or fx_rate_date > day", "were converted at a rate that cannot be", True),
    ),
    "ads_performance": (
        Range("future_day", "day > $today", "lie on a day that has not come", True),
        Range("clicks", "clicks > impressions and impressions > 0", "were clicked more often than shown"),
        # Platforms count cost and impressions apart: in a day's first minutes one may be there alone.
        Range(
            "unseen",
            "impressions = 0 and clicks = 0 and spend > 0 and day < $ended",
            "cost although nobody saw them",
        ),
        Range("value", "conversions = 0 and conversion_value > 0", "have a value of purchases but none"),
        Range("reach", "reach > impressions", "reached more people than they were shown to"),
        Range("rate", "fx_rate <= 0 or fx_rate_date > day", "were converted at a rate that cannot be", True),
    ),
}


def ranges_sql(table: str, relation: str) -> str:
    """One row a range that is breached: name, days, rows. Both engines take it."""
    sums = ", ".join(
        f"sum(case when {r.breach} then 1 else 0 end) as {r.name}, "
        f"min(case when {r.breach} then day end) as {r.name}_since"
        for r in RANGES[table]
    )
    return f"select count(*) as row_count, {sums} from {relation} where day between $first and $last"


def within_ranges(table: str, counted: Mapping[str, Any], days: str) -> Verdict:
    """The verdict on the one row that `ranges_sql` gives."""
    broken = [r for r in RANGES[table] if counted[r.name]]
    impossible = any(r.impossible for r in broken)
    return verdict(
        _findings(broken, counted),
        f"{counted['row_count']} rows of {days}",
        severity=dg.AssetCheckSeverity.ERROR if impossible else dg.AssetCheckSeverity.WARN,
        likely_cause="the platform sent it so, or a clock or a unit is wrong.",
        next_step=f"look the rows up in staging.{table} and walk them back to their payload "
        "(_source_file of the raw table).",
    )


def _findings(broken: Iterable[Range], counted: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding(f"{counted[r.name]} rows {r.text} ({r.breach})", None, counted[f"{r.name}_since"])
        for r in broken
    ]
