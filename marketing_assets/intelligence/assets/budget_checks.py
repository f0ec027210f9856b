"""Whether `ml.budget_recommendations` can be relied on: complete, within its limits, the same again."""

# Dagster reads the annotations of checks, so they are not left as text.
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.ingest.fetch import now_utc
from marketing_assets.intelligence.assets.budgets import advice_of, frame, rows_of
from marketing_assets.intelligence.assets.common import AsOf, days_of_run
from marketing_assets.intelligence.budgeting.advice import Advice
from marketing_assets.intelligence.ml_tables import BUDGET_RECOMMENDATIONS
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import Finding, Verdict, check_result, passed, unknown, verdict
from marketing_assets.warehouse.open import open_warehouse

KEPT, AGAIN = "kept_within_limits", "same_again"
DESCRIPTIONS = {
    KEPT: "Every day has rows; budgets lie within their limits, channels add up to the total and campaigns "
    "to their channel.",
    AGAIN: "Computing the newest day again gives the same rows.",
}
_CENT = 0.01
_VALUES = ("current_value", "recommended_value", "expected_impact", "impact_low", "impact_high", "confidence")


def budget_checks(tenant: Tenant) -> dg.AssetChecksDefinition:
    """The checks on the days of the run; without any, on today."""
    key = dg.AssetKey([tenant.id, "ml", BUDGET_RECOMMENDATIONS.name])
    specs = [dg.AssetCheckSpec(name, asset=key, description=text) for name, text in DESCRIPTIONS.items()]

    @dg.multi_asset_check(name=f"{tenant.id}_checks_budget_recommendations", specs=specs, can_subset=True)
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        settings = load_settings()
        warehouse = open_warehouse(settings, tenant.id)
        days = days_of_run(context.run.tags, tenant, now_utc())
        with warehouse.held():
            rows = rows_of(warehouse, BUDGET_RECOMMENDATIONS, days)
            about = AsOf(tenant, settings, warehouse, [days.last], now_utc(), context.log.info)
            newest = advice_of(about)[0]
        found = {
            KEPT: kept_within_limits(rows, list(days), newest),
            AGAIN: same_again(rows.filter(pl.col("day") == days.last), newest, days.last),
        }
        for selected in sorted(context.selected_asset_check_keys, key=lambda k: k.name):
            yield check_result(selected.asset_key, selected.name, found[selected.name])

    return check


def kept_within_limits(rows: pl.DataFrame, days: Sequence[date], newest: Advice) -> Verdict:
    """Judges the table's `rows` of `days`; `newest` is what the model says as of the last of them."""
    findings = [
        Finding(f"{day} has no recommendation, nor a reason for that", None, day)
        for day in days
        if rows.filter(pl.col("day") == day).is_empty()
    ]
    known = rows.filter(pl.col("recommended_value").is_not_null())
    findings += [f for day in days for f in _campaigns(known.filter(pl.col("day") == day), day)]
    findings += _limits(known.filter(pl.col("day") == days[-1]), newest, days[-1])
    if known.is_empty() and not findings:
        return unknown(str(rows["reason"][-1]))
    return _judged(findings, f"{known.height} budgets of {len(days)} days")


def same_again(rows: pl.DataFrame, newest: Advice, day: date) -> Verdict:
    """Judges the table's rows of a day against `newest`, which was computed for it once more."""
    key = ["level", "platform", "account_id", "campaign_id"]
    again = frame(BUDGET_RECOMMENDATIONS, newest.rows).select(*key, *_VALUES)
    both = rows.select(*key, pl.col(_VALUES).cast(pl.Float64)).join(
        again, on=key, how="full", coalesce=True, suffix="_again"
    )
    apart = [
        ((pl.col(n) - pl.col(f"{n}_again")).abs() > 1e-6 * (1 + pl.col(n).abs())).fill_null(
            pl.col(n).is_null() != pl.col(f"{n}_again").is_null()
        )
        for n in _VALUES
    ]
    other = both.filter(pl.any_horizontal(apart))
    if other.is_empty():
        return passed(f"{rows.height} rows of {day} are the same again")
    names = ", ".join(other.select(pl.concat_str(key, separator="/"))["level"].head(3))
    return verdict(
        [Finding(f"{other.height} rows of {day} differ, such as {names}", None, day)],
        f"{rows.height} rows of {day}",
        likely_cause="the days it is made of were restated since, or the model changed.",
        next_step="materialise ml/budget_recommendations again for this day.",
    )


def _campaigns(rows: pl.DataFrame, day: date) -> list[Finding]:
    sums = {
        level: rows.filter(pl.col("level") == level)
        .group_by("platform")
        .agg(pl.col("recommended_value").cast(pl.Float64).sum())
        for level in ("channel", "campaign")
    }
    both = sums["campaign"].join(sums["channel"], on="platform", how="left", suffix="_channel")
    apart = both.filter(
        (pl.col("recommended_value") - pl.col("recommended_value_channel")).abs().fill_null(1.0) > _CENT
    )
    return [
        Finding(f"campaigns of {name} do not add up to their channel as of {day}", name, day)
        for name in apart["platform"]
    ]


def _limits(rows: pl.DataFrame, newest: Advice, day: date) -> list[Finding]:
    channels = rows.filter(pl.col("level") == "channel")
    if newest.plan is None:
        return (
            [Finding(f"{day} has budgets where there is not enough to say", None, day)]
            if channels.height
            else []
        )
    bounds = newest.plan.limits
    within = {
        m.channel: ends
        for m, ends in zip(newest.plan.moves, zip(bounds.lo, bounds.hi, strict=True), strict=True)
    }
    found = []
    for row in channels.iter_rows(named=True):
        lo, hi = within.get(row["platform"], (0.0, 0.0))
        if not lo - _CENT <= float(row["recommended_value"]) <= hi + _CENT:
            found.append(
                Finding(f"{row['name']} is outside {lo:,.2f} to {hi:,.2f} a day", row["platform"], day)
            )
    total = float(channels["recommended_value"].cast(pl.Float64).sum())
    if not newest.plan.is_total_free and abs(total - bounds.total) > _CENT * len(bounds.lo):
        found.append(Finding(f"channels add up to {total:,.2f}, not to {bounds.total:,.2f}", None, day))
    return found


def _judged(findings: list[Finding], looked_at: str) -> Verdict:
    more: dict[str, Any] = {
        "severity": dg.AssetCheckSeverity.ERROR,
        "likely_cause": "the table was written by another version, or its days were restated since.",
        "next_step": "materialise ml/budget_recommendations again for these days.",
    }
    return verdict(findings, looked_at, **more)
