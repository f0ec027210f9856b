"""`mart/ai_recommendations`: what people read of the intelligence layer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.intelligence.assets.acknowledgements import acknowledgements
from marketing_assets.intelligence.assets.common import (
    HISTORY,
    AsOf,
    Computed,
    intelligence_asset,
)
from marketing_assets.intelligence.assets.reading import known_until, read_facts
from marketing_assets.intelligence.assets.recommendation_reading import MART, read_said, read_told, told_of
from marketing_assets.intelligence.history import as_of
from marketing_assets.intelligence.ml_tables import (
    AI_RECOMMENDATIONS,
    ANOMALIES,
    BUDGET_RECOMMENDATIONS,
    FORECASTS,
)
from marketing_assets.intelligence.recommendations.candidate import Kind
from marketing_assets.intelligence.recommendations.idle_spend import of_idle_spend
from marketing_assets.intelligence.recommendations.ranking import recommendations
from marketing_assets.intelligence.recommendations.wording import share
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.schema import polars_schema
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

NAMES = {platform.name: platform.title for platform in PLATFORMS.values()}
PREVIEWED = 5

_DEPENDENCIES = (
    *(("ml", spec.name) for spec in (ANOMALIES, FORECASTS, BUDGET_RECOMMENDATIONS)),
    *HISTORY,
)


def recommendations_asset(
    tenant: Tenant, partitions: dg.PartitionsDefinition, settings: Settings
) -> dg.AssetsDefinition:
    """The day's recommendations of a tenant, ranked, with what people did about them."""
    return intelligence_asset(tenant, partitions, AI_RECOMMENDATIONS, _DEPENDENCIES, compute, MART)


def compute(about: AsOf) -> Computed:
    """The rows of each day, the earlier days first: a day knows its recommendations by those before."""
    days = DayRange(about.days[0], about.days[-1])
    with about.warehouse.held():
        said, told = read_said(about.warehouse, days), read_told(about.warehouse, days)
        facts = read_facts(about.warehouse, about.tenant)
    taken = acknowledgements(about.settings, about.tenant.id)
    rows: list[dict[str, Any]] = []
    silent: dict[str, str] = {}
    for day in about.days:
        daily = as_of(facts, day, known_until(about.tenant, day, about.now), about.tenant.display_name)
        idle = of_idle_spend(daily, day, about.tenant.reporting_currency, NAMES)
        worth = [*said.candidates(day, NAMES), *idle]
        of_day = recommendations(about.tenant.id, day, worth, told, taken, about.now)
        told = [t for t in told if t.day != day] + [told_of(row) for row in of_day]
        rows += of_day
        if not of_day:
            silent[day.isoformat()] = said.silence(day)
    return Computed(rows=_frame(rows), metadata=_metadata(rows, silent, days.last))


def _frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    exact = polars_schema(AI_RECOMMENDATIONS.columns)
    plain = {name: pl.Float64() if dtype.is_decimal() else dtype for name, dtype in exact.items()}
    return pl.DataFrame(rows, schema=plain)


def _metadata(rows: Sequence[dict[str, Any]], silent: dict[str, str], last: date) -> dict[str, Any]:
    newest = [row for row in rows if row["day"] == last]
    told: dict[str, Any] = {
        "preview": dg.MetadataValue.md(preview(newest) if newest else silent[last.isoformat()]),
        "acknowledged": sum(row["is_acknowledged"] for row in rows),
        **{kind.value: sum(row["recommendation_type"] == kind for row in rows) for kind in Kind},
    }
    if silent:
        told["nothing_to_say"] = dg.MetadataValue.json(silent)
    return told


def preview(rows: Sequence[dict[str, Any]]) -> str:
    """The dearest of a day as a Markdown table."""
    lines = ["| | what | money | sure | id |", "|---|---|---|---|---|"]
    for row in rows[:PREVIEWED]:
        impact = row["expected_impact"]
        money = "" if impact is None else f"{impact:,.0f} {row['currency']}"
        title = row["title"].replace("|", "\\|")
        sure = share(row["confidence_score"])
        lines.append(f"| {row['priority']} | {title} | {money} | {sure} | `{row['recommendation_id']}` |")
    if len(rows) > PREVIEWED:
        lines.append(f"\nand {len(rows) - PREVIEWED} more")
    return "\n".join(lines)
