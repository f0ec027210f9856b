"""`ml/anomalies`: what was unusual on the day before each partition, and the picture of it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.intelligence.anomaly_rules import FALSE_A_WEEK, MOST_A_WEEK
from marketing_assets.intelligence.anomaly_table import MODEL_VERSION, anomaly_rows
from marketing_assets.intelligence.assets.common import HISTORY, AsOf, Computed, intelligence_asset
from marketing_assets.intelligence.assets.reading import known_until, read_facts
from marketing_assets.intelligence.assets.sale_calendar import tenant_calendar
from marketing_assets.intelligence.facts import Facts
from marketing_assets.intelligence.history import as_known
from marketing_assets.intelligence.ml_tables import ANOMALIES
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

SHOWN = timedelta(days=90)


def anomalies_asset(
    tenant: Tenant, partitions: dg.PartitionsDefinition, _settings: Settings
) -> dg.AssetsDefinition:
    return intelligence_asset(tenant, partitions, ANOMALIES, HISTORY, compute)


def compute(about: AsOf) -> Computed:
    """One pass over all days serves every day asked for."""
    tenant = about.tenant
    facts = read_facts(about.warehouse, tenant)
    history = as_known(facts, mornings_of(facts, tenant, about.days[-1], about.now), tenant.display_name)
    calendar = tenant_calendar(about.settings, tenant, tenant.start_date, about.days[-1])
    rows = anomaly_rows(history, calendar, about.days, tenant.display_name).with_columns(
        tenant_id=pl.lit(tenant.id), currency=pl.lit(tenant.reporting_currency)
    )
    return Computed(rows, metadata=_metadata(rows, history, about))


def mornings_of(facts: Facts, tenant: Tenant, last: date, now: datetime) -> pl.DataFrame:
    """Each day before `last` with the morning after it, when it was known first (see `history.as_known`)."""
    dates = pl.concat([f["date"] for f in (facts.shops, facts.ads, facts.looks)]).unique().sort()
    days = [day for day in dates.to_list() if day < last]
    return pl.DataFrame(
        {
            "date": days,
            "as_of": [day + ONE_DAY for day in days],
            "known_until": [known_until(tenant, day + ONE_DAY, now) for day in days],
        },
        schema={"date": pl.Date, "as_of": pl.Date, "known_until": pl.Datetime("us", "UTC")},
    )


def _metadata(rows: pl.DataFrame, history: pl.DataFrame, about: AsOf) -> dict[str, Any]:
    alerts = rows.filter("is_alert")
    told: dict[str, Any] = {
        "alerts": alerts.height,
        "series_judged": rows.filter(pl.col("expected").is_not_null()).height,
        "model_version": MODEL_VERSION,
        "data_window": _window(history),
        "parameters": dg.MetadataValue.json({"false_a_week": FALSE_A_WEEK, "most_a_week": MOST_A_WEEK}),
        "preview": dg.MetadataValue.md(preview(rows.filter(pl.col("day") == about.days[-1]))),
    }
    days = DayRange(about.days[-1] - SHOWN, about.days[-1])
    if png := _picture(_with_stored(rows, about, days), about.tenant):
        encoded = base64.b64encode(png).decode()
        told["timeline"] = dg.MetadataValue.md(f"![anomalies](data:image/png;base64,{encoded})")
    return told


def _window(history: pl.DataFrame) -> str:
    if history.is_empty():
        return "none"
    days = history["date"].sort()
    return f"{days[0]}..{days[-1]}"


def _with_stored(rows: pl.DataFrame, about: AsOf, days: DayRange) -> pl.DataFrame:
    """The rows of the days, those that are in the table already included."""
    shown = rows.filter(pl.col("day").is_between(days.first, days.last)).drop("tenant_id")
    if ANOMALIES.name not in about.warehouse.tables("ml"):
        return shown
    stored = about.warehouse.read("ml", ANOMALIES.name, days, shown.columns)
    others = stored.filter(~pl.col("day").is_in(about.days))
    return pl.concat([others.with_columns(pl.col(pl.Decimal).cast(pl.Float64)), shown], how="vertical")


def _picture(rows: pl.DataFrame, tenant: Tenant) -> bytes | None:
    # It takes half a second to import, which the loading of definitions should not wait for.
    from marketing_assets.intelligence.anomaly_plot import timeline

    return timeline(rows, tenant.display_name, tenant.reporting_currency)


def preview(rows: pl.DataFrame) -> str:
    """The alerts of a day as a Markdown table; else why there is none."""
    alerts = rows.filter("is_alert").sort("score", "entity_id", "metric", descending=[True, False, False])
    if alerts.is_empty():
        return _silence(rows)
    lines = ["| whose | what | value | expected | money | score |", "|---|---|---|---|---|---|"]
    for row in alerts.head(10).iter_rows(named=True):
        money = "" if row["impact"] is None else f"{row['impact']:,.0f} {row['currency']}"
        name = str(row["entity_name"]).replace("|", "\\|")
        lines.append(
            f"| {name} | {row['metric']} {row['anomaly_type']} | {row['value']:,.4g} "
            f"| {row['expected']:,.4g} | {money} | {row['score']:.2f} |"
        )
    return "\n".join(lines)


def _silence(rows: pl.DataFrame) -> str:
    judged = rows.filter(pl.col("expected").is_not_null())
    if judged.height:
        return f"{judged.height} series were judged; nothing is told of."
    reasons: Sequence[str] = rows["suppressed_because"].drop_nulls().unique().sort().to_list()
    return f"Not enough to say: {reasons[0]}." if reasons else "Nothing was judged."
