"""Consecutive looks at old days, out of the observation logs."""

from __future__ import annotations

from decimal import Decimal

from marketing_assets.automation.checks.reading import Reading
from marketing_assets.automation.checks.restatement import Change
from marketing_assets.partitions import ONE_DAY

LOOKED_BACK_DAYS = 60


def ads_changes(r: Reading) -> list[Change]:
    """Spend and conversion value of ad accounts' old days, look by look, in the account's currency."""
    return _changes(r, "ads_observations", "account_id", {"spend": None, "conversion_value": "conversions"})


def order_changes(r: Reading) -> list[Change]:
    """Revenue of shops' old days, look by look, in the shop's currency."""
    return _changes(r, "order_observations", "shop_id", {"revenue": "orders"})


def _changes(r: Reading, table: str, account: str, metrics: dict[str, str | None]) -> list[Change]:
    """`metrics` maps a metric to the count its money comes from, if any. Both engines take the SQL."""
    measured = sorted({m for pair in metrics.items() for m in pair if m})
    of_day = f"platform, {account}, day"
    said = ", ".join(measured)
    before = [f"lag({m}) over (partition by {of_day} order by observed_at) as {m}_before" for m in measured]
    age = f"lag(days_after) over (partition by {of_day} order by observed_at) as age_before"
    sums = ", ".join(f"sum({m}) as {m}" for m in measured)
    looks = (
        f"select {of_day}, currency, observed_at, days_after, {sums} "
        f"from {r.warehouse.relation('ops', table)} where day between $first and $last "
        f"group by {of_day}, currency, observed_at, days_after"
    )
    pairs = (
        f"select {of_day}, currency, observed_at, {said}, {', '.join(before)}, {age} from ({looks}) as looks"
    )
    sql = f"select * from ({pairs}) as pairs where age_before >= $mature"
    rows = r.rows(
        sql,
        first=r.today - LOOKED_BACK_DAYS * ONE_DAY,
        last=r.today,
        mature=r.rules.restatement.mature_days,
    )
    return [
        Change(
            f"{row['platform']}/{row[account]}",
            metric,
            row["currency"],
            row["day"],
            row["observed_at"],
            Decimal(row[f"{metric}_before"]),
            Decimal(row[metric]),
            None if count is None else Decimal(row[count]) - Decimal(row[f"{count}_before"]),
        )
        for row in rows
        for metric, count in metrics.items()
    ]
