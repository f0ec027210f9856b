"""`ml/forecasts` with `forecast_outlook` and `forecast_errors`: what is expected of the days to come, as of a
day."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.intelligence.assets.common import HISTORY, AsOf, Computed, intelligence_asset
from marketing_assets.intelligence.assets.reading import known_until, read_facts
from marketing_assets.intelligence.assets.sale_calendar import tenant_calendar
from marketing_assets.intelligence.event_kinds import kinds_of
from marketing_assets.intelligence.forecast_frames import KindsOf, Said, fit_all, say
from marketing_assets.intelligence.forecast_lines import TENANT
from marketing_assets.intelligence.forecast_paths import Fitted, last_forecast, monday
from marketing_assets.intelligence.forecast_rows import About
from marketing_assets.intelligence.history import as_of
from marketing_assets.intelligence.ml_tables import FORECAST_ERRORS, FORECAST_OUTLOOK, FORECASTS
from marketing_assets.intelligence.planned_spend import ALL
from marketing_assets.intelligence.reconciling import Key
from marketing_assets.rules import read_rules
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

_SHOWN = ("revenue", "spend")
_HISTORY_SHOWN = timedelta(days=56)


def forecasts_asset(
    tenant: Tenant, partitions: dg.PartitionsDefinition, _settings: Settings
) -> dg.AssetsDefinition:
    """Ninety days ahead by tenant, platform, campaign and product. Models are fitted as of each week's
    Monday."""
    return intelligence_asset(tenant, partitions, FORECASTS, HISTORY, compute)


def compute(about: AsOf) -> Computed:
    """The rows of each day; what the UI shows is of the newest."""
    facts, asked = read_facts(about.warehouse, about.tenant), about_tenant(about.settings, about.tenant)

    def daily(day: date) -> pl.DataFrame:
        return as_of(facts, day, known_until(about.tenant, day, about.now), about.tenant.display_name)

    kinds, knows_market = calendar_kinds(about), bool(about.tenant.markets_or_own)
    fits: dict[date, dict[Key, Fitted]] = {}
    said: list[Said] = []
    for day in about.days:
        known, start = daily(day), monday(day)
        if start not in fits:
            fits[start] = fit_all(known if day == start else daily(start), start, kinds, knows_market)
            about.log(f"fitted {len(fits[start])} series as of {start}")
        said.append(say(asked, known, day, fits[start]))
    last = about.days[-1]
    return Computed(
        pl.concat([s.forecasts for s in said]),
        beside=(
            (FORECAST_OUTLOOK, pl.concat([s.outlook for s in said])),
            (FORECAST_ERRORS, pl.concat([s.errors for s in said])),
        ),
        metadata=_metadata(said[-1], last, fits[monday(last)], asked.currency),
    )


def about_tenant(settings: Settings, tenant: Tenant) -> About:
    """What is planned and aimed at: monthly budgets are those of the rule `budget_pacing`."""
    monthly = read_rules(settings.tenants_dir, tenant.id).rules.budget_pacing.monthly
    budgets = {scope: float(amount) for scope, amount in monthly.items()}
    targets: dict[str, float] = {metric: float(amount) for metric, amount in tenant.targets.monthly.items()}
    if ALL in budgets:
        targets.setdefault("spend", budgets[ALL])
    return About(tenant.id, tenant.reporting_currency, budgets, targets)


def calendar_kinds(about: AsOf) -> KindsOf:
    """The tenant's calendar, read once: from its first day on as far ahead as the run forecasts."""
    first, last = about.tenant.start_date, last_forecast(about.days[-1])
    known = kinds_of(tenant_calendar(about.settings, about.tenant, first, last))

    def between(since: date, until: date) -> Sequence[str | None]:
        return known[(since - first).days : (until - first).days + 1]

    return between


def _metadata(said: Said, day: date, fitted: Mapping[Key, Fitted], currency: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "series": len(fitted),
        "series_without_enough_to_say": len(said.reasons),
        "fitted_as_of": f"{monday(day)}",
        "outlook": dg.MetadataValue.md(outlook_table(said.outlook)),
        "models": dg.MetadataValue.json(_models(said)),
        "scores": dg.MetadataValue.json(_scores(said.errors)),
    }
    windows = [f.line.first for f in fitted.values()]
    if windows:
        told["data_window"] = f"{min(windows)} to {monday(day) - timedelta(days=1)}"
    if (plot := fan_plot(said, day, currency)) is not None:
        encoded = base64.b64encode(plot).decode()
        told["forecast_fan"] = dg.MetadataValue.md(f"![forecast](data:image/png;base64,{encoded})")
    return told


def _models(said: Said) -> dict[str, Any]:
    """What was found for each metric of the tenant: members and uplifts of events, or why nothing is said."""
    found: dict[str, Any] = {metric: why for (kind, _, metric), why in said.reasons.items() if kind == TENANT}
    for (kind, _, metric), path in said.paths.items():
        if kind == TENANT:
            uplifts = {name: f"{u.size:+.2f} ({u.days} days)" for name, u in path.uplifts.items()}
            found[metric] = {"members": path.model, "uplifts": uplifts}
    return found


def _scores(errors: pl.DataFrame) -> dict[str, Any]:
    """Back-tests of the tenant's metrics, and the mean over all series."""
    if errors.is_empty():
        return {}
    names = ("mase", "naive_mase", "coverage_50", "coverage_80", "coverage_95")
    own = errors.filter(pl.col("entity_type") == TENANT)
    rows = {row["metric"]: {name: round(row[name], 3) for name in names} for row in own.iter_rows(named=True)}
    mean = errors.select(pl.col(names).mean().round(3)).row(0, named=True)
    return {**rows, "mean of all series": mean}


def outlook_table(outlook: pl.DataFrame) -> str:
    """How the month ends, as a Markdown table."""
    lines = ["| metric | so far | month's end | 80 % | target |", "|---|---|---|---|---|"]
    for row in outlook.iter_rows(named=True):
        if row["value"] is None:
            lines.append(f"| {row['metric']} | {_whole(row['to_date'])} | {row['reason']} | | |")
            continue
        interval = f"{_whole(row['low_80'])} – {_whole(row['high_80'])}"
        numbers = [_whole(row["to_date"]), _whole(row["value"]), interval, _whole(row["target"])]
        lines.append(f"| {row['metric']} | " + " | ".join(numbers) + " |")
    return "\n".join(lines)


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def fan_plot(said: Said, day: date, currency: str) -> bytes | None:
    """The tenant's revenue and spend with their intervals; None where neither can be told."""
    # It takes half a second to import, which no other asset of the run should wait for.
    from marketing_assets.intelligence.forecast_plot import Fan, draw_fans

    fans = []
    for metric in _SHOWN:
        key = (TENANT, "", metric)
        if key in said.paths:
            line = said.lines[key]
            past = line.between(day - _HISTORY_SHOWN, day)
            fans.append(Fan(metric, past, said.paths[key].mean, said.paths[key].intervals))
    return draw_fans(fans, day, currency) if fans else None
