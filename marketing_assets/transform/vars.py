"""What a dbt run is told: the days it is about and the tenant's settings, as dbt vars. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketing_assets.partitions import ONE_DAY, DayRange, comparing_days, month_before, year_before
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

WEEK = 7 * ONE_DAY

ORDERS_SETTLE_DAYS = 28
"""Days after which an order's day is taken to be final. Shops tell of every change, however late, so this
cuts no change off; it says when cancellations and returns are through but for a few."""


@dataclass(frozen=True)
class RunDays:
    """The days of a run.

    `days` are replaced in staging. `mart_days` are replaced in marts that compare days: the same, and the
    days that look back at one of them. `reference_days` are all that those marts read: the mart days and
    what they look back at. `onward_days` are replaced in marts whose rows tell all that is known up to their
    day: every day from the run's first to today. `today` is the tenant's own, when the run began.
    """

    today: date
    days: tuple[date, ...]
    mart_days: tuple[date, ...]
    reference_days: tuple[date, ...]
    onward_days: tuple[date, ...]


def days_for_run(days: Iterable[date], today: date) -> RunDays:
    """The days of a run over the given partitions."""
    run = tuple(sorted(set(days)))
    if not run:
        raise ValueError("a run is about at least one day")
    mart = tuple(comparing_days(run, today))
    reference = {d for day in mart for d in (day, *looks_back_at(day))}
    onward = tuple(DayRange(run[0], max(today, run[-1])))
    return RunDays(today, run, mart, tuple(sorted(reference)), onward)


def looks_back_at(day: date) -> tuple[date, ...]:
    """The days that a day is compared with."""
    return (day - ONE_DAY, day - WEEK, month_before(day), year_before(day))


def settles_after(tenant: Tenant) -> dict[str, int]:
    """Days after which the numbers of a day no longer move, by the tenant's platforms of orders and ads."""
    platforms = sorted({c.platform for c in tenant.connections})
    return {
        name: max(t.restatement_days for t in PLATFORMS[name].tables) or ORDERS_SETTLE_DAYS
        for name in platforms
        if PLATFORMS[name].kind in ("ads", "commerce")
    }


def dbt_vars(tenant: Tenant, settings: Settings, run: RunDays) -> dict[str, Any]:
    """Every var the dbt project declares, for one run of one tenant."""
    return {
        "tenant_id": tenant.id,
        "time_zone": tenant.time_zone,
        "reporting_currency": tenant.reporting_currency,
        "target_roas": str(tenant.targets.roas),
        "target_cpa": str(tenant.targets.cpa),
        "cogs_share": str(tenant.cogs_share),
        "vat_rate": str(tenant.vat.rate),
        "prices_include_vat": tenant.vat.prices_include_vat,
        "start_date": tenant.start_date.isoformat(),
        "today": run.today.isoformat(),
        "settles_after": settles_after(tenant),
        "first_day": run.days[0].isoformat(),
        "last_day": run.days[-1].isoformat(),
        "days": [d.isoformat() for d in run.days],
        "mart_days": [d.isoformat() for d in run.mart_days],
        "reference_days": [d.isoformat() for d in run.reference_days],
        "onward_days": [d.isoformat() for d in run.onward_days],
        "platforms": sorted({c.platform for c in tenant.connections}),
        "accounts": [{"platform": c.platform, "account_id": c.account_id} for c in tenant.connections],
        **_engine_vars(tenant, settings),
    }


def _engine_vars(tenant: Tenant, settings: Settings) -> dict[str, Any]:
    """What `dbt/profiles.yml` asks for."""
    if settings.warehouse == "bigquery":
        return {
            "environment": settings.environment,
            "bigquery_project": settings.bigquery_project,
            "bigquery_location": settings.bigquery_location,
            "bigquery_endpoint": settings.bigquery_endpoint,
            "bigquery_threads": settings.bigquery_threads,
            "maximum_bytes_billed": settings.bigquery_maximum_bytes_billed,
        }
    return {
        "warehouse_file": str(settings.warehouse_file(tenant.id)),
        "memory_limit": settings.duckdb_memory_limit,
    }
