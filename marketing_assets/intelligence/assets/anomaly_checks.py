"""Whether `ml.anomalies` can be relied on: judged every day, few enough alerts, shares that add up."""

# Dagster reads the annotations of checks, so they are not left as text.
import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

import dagster as dg
import polars as pl

from marketing_assets.ingest.fetch import now_utc
from marketing_assets.intelligence.anomaly_rules import MOST_A_WEEK
from marketing_assets.intelligence.assets.common import days_of_run
from marketing_assets.intelligence.ml_tables import ANOMALIES
from marketing_assets.partitions import DayRange
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import Finding, Verdict, check_result, passed, unknown, verdict
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

JUDGED, BOUNDED, EXPLAINED = "every_day_is_judged", "alerts_are_bounded", "contributors_add_up"
DESCRIPTIONS = {
    JUDGED: "Every day has rows, with what was expected or why there is not enough to say.",
    BOUNDED: f"No seven days have more than {MOST_A_WEEK} entities with alerts.",
    EXPLAINED: "The shares of what explains an unusual value add up to one.",
}
_WEEK = 7
_SHARE_MISSED_BY = 1e-4
_LOOK_BACK = timedelta(days=_WEEK - 1)


def anomaly_checks(tenant: Tenant) -> dg.AssetChecksDefinition:
    """The checks on the days of the run; without any, on today."""
    key = dg.AssetKey([tenant.id, "ml", ANOMALIES.name])
    specs = [dg.AssetCheckSpec(name, asset=key, description=text) for name, text in DESCRIPTIONS.items()]

    @dg.multi_asset_check(name=f"{tenant.id}_checks_anomalies", specs=specs, can_subset=True)
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        days = days_of_run(context.run.tags, tenant, now_utc())
        warehouse = open_warehouse(load_settings(), tenant.id)
        rows = _rows(warehouse, DayRange(days.first - _LOOK_BACK, days.last))
        own = rows.filter(pl.col("day").is_between(days.first, days.last))
        found = {
            JUDGED: judged_every_day(own, list(days)),
            BOUNDED: alerts_bounded(rows, list(days), tenant.reporting_currency),
            EXPLAINED: contributors_add_up(own),
        }
        for selected in sorted(context.selected_asset_check_keys, key=lambda k: k.name):
            yield check_result(selected.asset_key, selected.name, found[selected.name])

    return check


def _rows(warehouse: Warehouse, days: DayRange) -> pl.DataFrame:
    if ANOMALIES.name not in warehouse.tables("ml"):
        return pl.DataFrame(schema={c.name: pl.Null for c in ANOMALIES.columns})
    return warehouse.read("ml", ANOMALIES.name, days)


def judged_every_day(rows: pl.DataFrame, days: Sequence[date]) -> Verdict:
    """Judges the table's rows of `days`."""
    told = set(rows["day"].to_list())
    findings = [Finding(f"{day} has no row", None, day) for day in days if day not in told]
    if findings:
        return verdict(
            findings,
            f"{len(days)} days",
            severity=dg.AssetCheckSeverity.ERROR,
            likely_cause="the asset was not run for these days.",
            next_step="materialise ml/anomalies for these days.",
        )
    judged = rows.filter(pl.col("expected").is_not_null())
    if judged.is_empty():
        return unknown(str(rows["suppressed_because"].drop_nulls().sort()[0]))
    return passed(f"{judged.height} of {rows.height} series were judged on {len(days)} days")


def alerts_bounded(rows: pl.DataFrame, days: Sequence[date], currency: str) -> Verdict:
    """Judges the rows of `days` and of the week before them."""
    alerts = rows.filter(pl.col("is_alert").fill_null(False))
    findings = []
    for day in days:
        week = alerts.filter(pl.col("day").is_between(day - _LOOK_BACK, day))
        told = week.select("day", "entity_id").unique().height
        if told > MOST_A_WEEK:
            text = f"{told} entities were told of in the week up to {day}"
            findings.append(Finding(text, None, day, _at_stake(week)))
    return verdict(
        findings,
        f"{alerts.height} alerts in {len(days)} days and the week before",
        currency=currency,
        likely_cause="days were computed by different versions of the rules.",
        next_step="materialise ml/anomalies again for these weeks.",
    )


def _at_stake(alerts: pl.DataFrame) -> Decimal:
    return sum((abs(Decimal(str(v))) for v in alerts["impact"].drop_nulls()), Decimal(0))


def contributors_add_up(rows: pl.DataFrame) -> Verdict:
    """Judges the contributors of every row that has some."""
    findings = []
    told = rows.filter(pl.col("contributors").is_not_null() & (pl.col("contributors") != "[]"))
    for row in told.select("day", "entity_name", "metric", "contributors").iter_rows(named=True):
        total = sum(part["share"] for part in json.loads(row["contributors"]))
        if abs(total - 1) > _SHARE_MISSED_BY:
            text = f"{row['metric']} of {row['entity_name']}: shares add up to {total:.4f}"
            findings.append(Finding(text, row["entity_name"], row["day"]))
    return verdict(
        findings,
        f"{told.height} unusual values",
        severity=dg.AssetCheckSeverity.ERROR,
        likely_cause="a part is known that its whole does not know.",
        next_step="compare the parts of these days in staging with the whole.",
    )
