"""`ml/budget_recommendations`: how daily budgets should be split, as of a day."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.intelligence.assets.common import HISTORY, AsOf, Computed, intelligence_asset
from marketing_assets.intelligence.assets.reading import known_until, read_facts
from marketing_assets.intelligence.assets.sale_calendar import tenant_calendar
from marketing_assets.intelligence.budgeting.advice import (
    Advice,
    Asking,
    Calendar,
    Daily,
    Fit,
    advise,
    fit,
    monday_of,
)
from marketing_assets.intelligence.budgeting.rows import Row
from marketing_assets.intelligence.history import as_of
from marketing_assets.intelligence.ml_tables import BUDGET_RECOMMENDATIONS
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.rules import read_rules
from marketing_assets.schema import polars_schema
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.errors import NoSuchTable
from marketing_assets.warehouse.warehouse import Warehouse

NAMES = {platform.name: platform.title for platform in PLATFORMS.values()}
_PREVIEWED = 12


def budget_recommendations_asset(
    tenant: Tenant, partitions: dg.PartitionsDefinition, _settings: Settings
) -> dg.AssetsDefinition:
    """Daily budgets by channel and campaign. Response curves are fitted as of each week's Monday."""
    return intelligence_asset(tenant, partitions, BUDGET_RECOMMENDATIONS, HISTORY, compute)


def compute(about: AsOf) -> Computed:
    """The rows of each day; what the UI shows is of the newest."""
    found = advice_of(about)
    rows = [row for advice in found for row in advice.rows]
    return Computed(frame(BUDGET_RECOMMENDATIONS, rows), metadata=_metadata(found, about.days[-1]))


def advice_of(about: AsOf) -> list[Advice]:
    """Recommendations as of each of the days."""
    daily, asking = daily_of(about), asking_of(about.settings, about.tenant)
    calendar = calendar_of(about.settings, about.tenant)
    fits: dict[date, Fit | str] = {}
    found = []
    for day in about.days:
        known, monday = daily(day), monday_of(day)
        if monday not in fits:
            fits[monday] = fit(known if day == monday else daily(monday), monday, asking.currency, calendar)
        found.append(advise(asking, day, known, fits[monday], calendar))
    return found


def daily_of(about: AsOf) -> Daily:
    """The tenant's days as they were known on the morning of a day."""
    facts = read_facts(about.warehouse, about.tenant)

    def daily(day: date) -> pl.DataFrame:
        return as_of(facts, day, known_until(about.tenant, day, about.now), about.tenant.display_name)

    return daily


def calendar_of(settings: Settings, tenant: Tenant) -> Calendar:
    """What moved the tenant's shops from a first day to a last."""

    def calendar(first: date, last: date) -> pl.DataFrame:
        return tenant_calendar(settings, tenant, first, last)

    return calendar


def asking_of(settings: Settings, tenant: Tenant) -> Asking:
    monthly = read_rules(settings.tenants_dir, tenant.id).rules.budget_pacing.monthly
    return Asking(
        tenant.id,
        tenant.reporting_currency,
        tenant.budgets,
        {name: float(amount) for name, amount in monthly.items()},
        NAMES,
    )


def frame(spec: TableSpec, rows: Sequence[Row]) -> pl.DataFrame:
    """Rows with floats where the table has exact numbers."""
    exact = polars_schema(spec.columns)
    plain = {name: pl.Float64() if dtype.is_decimal() else dtype for name, dtype in exact.items()}
    return pl.DataFrame(rows, schema=plain)


def rows_of(warehouse: Warehouse, table: TableSpec, days: DayRange) -> pl.DataFrame:
    """The rows of the days in the layer `ml`; none where the table was never written."""
    try:
        return warehouse.read("ml", table.name, days)
    except NoSuchTable:
        return pl.DataFrame(schema=polars_schema(table.columns))


def _metadata(found: Sequence[Advice], last: date) -> dict[str, Any]:
    newest = found[-1]
    told: dict[str, Any] = {
        "as_of": f"{last}",
        "preview": dg.MetadataValue.md(_preview(newest.rows)),
        "days_with_nothing_to_say": sum(advice.plan is None for advice in found),
    }
    if newest.fit is None or newest.plan is None:
        return told
    # It takes half a second to import, which a code location should not wait for.
    from marketing_assets.intelligence.budget_plot import response_plot

    png = base64.b64encode(response_plot(newest.fit, newest.plan, NAMES, newest.rows[0]["currency"])).decode()
    worth = newest.plan.worth
    return {
        **told,
        "response_curves": dg.MetadataValue.md(f"![response curves](data:image/png;base64,{png})"),
        "fitted_to": f"{newest.fit.spent.first}..{newest.fit.spent.last}",
        "goal": newest.plan.goal,
        "margin": newest.plan.margin,
        "expected_impact": worth.mean,
        "expected_impact_80": f"{worth.low:,.2f} to {worth.high:,.2f}",
    }


def _preview(rows: Sequence[Row]) -> str:
    lines = ["| | now | recommended | why |", "|---|---|---|---|"]
    for row in rows[:_PREVIEWED]:
        ends = ["" if row[n] is None else f"{row[n]:,.0f}" for n in ("current_value", "recommended_value")]
        name, reason = (str(row[n]).replace("|", "\\|") for n in ("name", "reason"))
        lines.append(f"| {name} | {ends[0]} | {ends[1]} | {reason} |")
    return "\n".join(lines)
