"""Whether `mart.ai_recommendations` can be relied on: each once, ranked, and silent only with a reason."""

# Dagster reads the annotations of checks, so they are not left as text.
from collections.abc import Mapping
from datetime import date

import dagster as dg
import polars as pl

from marketing_assets.ingest.fetch import now_utc
from marketing_assets.intelligence.assets.common import days_of_run
from marketing_assets.intelligence.assets.recommendation_reading import MART, Said, read_said, rows_of_days
from marketing_assets.intelligence.assets.recommendations import NAMES
from marketing_assets.intelligence.ml_tables import AI_RECOMMENDATIONS
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import Finding, Verdict, check_result, passed, unknown, verdict
from marketing_assets.warehouse.open import open_warehouse

NAME = "ranked_and_once"
DESCRIPTION = (
    "Each recommendation stands once a day, the dearest first; a day has none only where the models have "
    "nothing to say."
)


def recommendations_check(tenant: Tenant) -> dg.AssetChecksDefinition:
    """The check on the days of the run; without any, on today."""

    @dg.asset_check(
        asset=dg.AssetKey([tenant.id, MART, AI_RECOMMENDATIONS.name]), name=NAME, description=DESCRIPTION
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = open_warehouse(load_settings(), tenant.id)
        days = days_of_run(context.run.tags, tenant, now_utc())
        with warehouse.held():
            rows = rows_of_days(warehouse, MART, AI_RECOMMENDATIONS, days)
            said = read_said(warehouse, days)
        return check_result(
            context.check_specs[0].asset_key, NAME, ranked_and_once(rows, said, list(days), NAMES)
        )

    return check


def ranked_and_once(rows: pl.DataFrame, said: Said, days: list[date], names: Mapping[str, str]) -> Verdict:
    """Judges the mart's `rows` of `days` beside what the models said as of them."""
    findings = [finding for day in days for finding in _of_day(rows.filter(pl.col("day") == day), day)]
    silent = [day for day in days if rows.filter(pl.col("day") == day).is_empty()]
    findings += [
        Finding(f"{day} has no recommendation, but the models found {len(worth)} worth one", None, day)
        for day in silent
        if (worth := said.candidates(day, names))
    ]
    if findings:
        return verdict(
            findings,
            f"{len(days)} days",
            severity=dg.AssetCheckSeverity.ERROR,
            likely_cause="the table was not computed after the models, or lost rows.",
            next_step="materialise mart/ai_recommendations again for these days.",
        )
    if len(silent) == len(days):
        return unknown(said.silence(days[-1]))
    reasons = [f"nothing to say as of {day}: {said.silence(day)}" for day in silent]
    return passed(" ".join([f"{rows.height} recommendations of {len(days)} days.", *reasons]))


def _of_day(rows: pl.DataFrame, day: date) -> list[Finding]:
    found = []
    ordered = rows.sort("priority")
    if rows["recommendation_id"].n_unique() != rows.height or rows["subject"].n_unique() != rows.height:
        found.append(Finding(f"a recommendation stands twice as of {day}", None, day))
    if ordered["priority"].to_list() != list(range(1, rows.height + 1)):
        found.append(Finding(f"the ranks as of {day} are not 1 to {rows.height}", None, day))
    money = ordered["expected_impact"].cast(pl.Float64).abs().fill_null(-1.0).to_list()
    if money != sorted(money, reverse=True):
        found.append(Finding(f"the recommendations as of {day} are not ranked by money", None, day))
    return found
