"""Whether forecasts can be relied on: they are there, better than the same weekday repeated, and their
intervals hold."""

# Dagster reads the annotations of checks, so they are not left as text.
from collections.abc import Iterator
from datetime import date

import dagster as dg
import polars as pl

from marketing_assets.ingest.fetch import now_utc
from marketing_assets.intelligence.assets.common import days_of_run
from marketing_assets.intelligence.assets.recommendation_reading import rows_of_days
from marketing_assets.intelligence.forecast_lines import METRICS, TENANT
from marketing_assets.intelligence.ml_tables import FORECAST_ERRORS, FORECASTS
from marketing_assets.partitions import DayRange
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import Finding, Verdict, check_result, passed, unknown, verdict
from marketing_assets.warehouse.open import open_warehouse

SAID, BETTER, HOLD = "said_of_each_day", "better_than_seasonal_naive", "intervals_hold"
_WORDS = {
    SAID: "Each day has forecasts of every metric of the tenant, or a reason why there is not enough to say.",
    BETTER: "Back-tests of the tenant's series miss by less than the same weekday of the last week repeated.",
    HOLD: "Of back-tested days about 80 % lie in the 80 % interval, and about 95 % in the 95 % interval.",
}
_COVERAGE = {80: (0.65, 0.97), 95: (0.85, 1.0)}
"""Shares of days that an interval may hold: some dozens of days that go together are a small sample."""


def forecast_checks(tenant: Tenant) -> dg.AssetChecksDefinition:
    """The checks on the days of the run; without any, on today."""
    asset = dg.AssetKey([tenant.id, "ml", FORECASTS.name])

    @dg.multi_asset_check(
        specs=[dg.AssetCheckSpec(name, asset=asset, description=text) for name, text in _WORDS.items()],
        name=f"{tenant.id}_forecast_checks",
        can_subset=True,
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        warehouse = open_warehouse(load_settings(), tenant.id)
        days = days_of_run(context.run.tags, tenant, now_utc())
        with warehouse.held():
            rows = rows_of_days(warehouse, "ml", FORECASTS, days)
            errors = rows_of_days(warehouse, "ml", FORECAST_ERRORS, days)
        found = {
            SAID: said_of_each_day(rows, days),
            BETTER: better_than_seasonal_naive(errors),
            HOLD: intervals_hold(errors),
        }
        for key in sorted(context.selected_asset_check_keys):
            yield check_result(asset, key.name, found[key.name])

    return check


def said_of_each_day(rows: pl.DataFrame, days: DayRange) -> Verdict:
    """Judges `ml.forecasts`: an empty day is a failure, a reason is not."""
    findings = [finding for day in days for finding in _of_day(rows.filter(pl.col("day") == day), day)]
    if findings:
        return verdict(
            findings,
            f"{len(days)} days",
            severity=dg.AssetCheckSeverity.ERROR,
            likely_cause="the table was not computed for these days, or lost rows.",
            next_step="materialise ml/forecasts again for these days.",
        )
    own = rows.filter(pl.col("entity_type") == TENANT, pl.col("day") == days.last)
    silent = own.filter(pl.col("reason").is_not_null())
    if silent.height and silent["metric"].n_unique() == own["metric"].n_unique():
        return unknown(silent["reason"][0])
    return passed(f"{rows.height} forecasts of {len(days)} days.")


def _of_day(rows: pl.DataFrame, day: date) -> list[Finding]:
    told = rows.filter(pl.col("entity_type") == TENANT)["metric"].n_unique()
    bare = rows.filter(pl.col("value").is_null() & pl.col("reason").is_null()).height
    found = []
    if told < len(METRICS):
        found.append(Finding(f"{told} of {len(METRICS)} metrics have a row as of {day}", None, day))
    if bare:
        found.append(Finding(f"{bare} rows as of {day} have neither value nor reason", None, day))
    return found


def better_than_seasonal_naive(errors: pl.DataFrame) -> Verdict:
    """Judges the back-tests of the tenant's own series in `ml.forecast_errors`."""
    own, reason = _judged(errors)
    if reason:
        return unknown(reason)
    worse = own.filter(pl.col("mase") >= pl.col("naive_mase")).sort("metric")
    return verdict(
        [
            Finding(
                f"{row['metric']} misses by {float(row['mase']):.2f}, the same weekday repeated by "
                f"{float(row['naive_mase']):.2f}",
                row["metric"],
                row["day"],
            )
            for row in worse.iter_rows(named=True)
        ],
        f"{own.height} series back-tested.",
        likely_cause="the series changed its course within the last months.",
        next_step="take the last week as the forecast until the check passes again.",
    )


def intervals_hold(errors: pl.DataFrame) -> Verdict:
    """Judges the mean coverage over the tenant's series."""
    own, reason = _judged(errors)
    if reason:
        return unknown(reason)
    findings = []
    for level, (low, high) in _COVERAGE.items():
        held = float(own[f"coverage_{level}"].cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
        if not low <= held <= high:
            text = f"{held:.0%} of days lie in the {level} % interval"
            findings.append(Finding(text, None, own["day"][0]))
    return verdict(
        findings,
        f"{own.height} series back-tested.",
        likely_cause="the series became steadier or wilder than in the months that the intervals rest on.",
        next_step="judge by the values alone until the check passes again.",
    )


def _judged(errors: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Back-tests of the tenant on observed days, as of the newest day; else why there are none."""
    own = errors.filter(pl.col("entity_type") == TENANT)
    if own.is_empty():
        return own, "the history is too short for back-tests: about three months of days are needed."
    seen = own.filter(~pl.col("is_reconstructed"))
    if seen.is_empty():
        return own, "the days that could be tested on were fetched later; only observed days count."
    return seen.filter(pl.col("day") == seen["day"].max()), ""
