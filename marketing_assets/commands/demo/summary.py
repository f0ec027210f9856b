"""What the demo prints at the end: last week's headline numbers and the checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import dagster as dg
from rich.console import Console
from rich.table import Table

from marketing_assets.ingest.fetch import now_utc
from marketing_assets.partitions import ONE_DAY, DayRange, local_day
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.open import open_warehouse

DAYS_SHOWN = 7


@dataclass(frozen=True)
class Headline:
    """Sums of a week, in the tenant's reporting currency; None where a platform has no such figure."""

    platform: str
    revenue: Decimal | None
    spend: Decimal | None
    roas: Decimal | None


def last_week(tenant: Tenant) -> DayRange:
    """The last seven whole days of the tenant."""
    yesterday = local_day(now_utc(), tenant.zone) - ONE_DAY
    return DayRange(yesterday - (DAYS_SHOWN - 1) * ONE_DAY, yesterday)


def headlines(settings: Settings, tenant: Tenant, days: DayRange) -> list[Headline]:
    """Revenue by shop platform, spend and claimed ROAS by ad platform, and the total."""
    warehouse = open_warehouse(settings, tenant.id)
    bounds = {"first": days.first, "last": days.last}

    def rows(table: str, columns: str, group: str = "") -> list[tuple[object, ...]]:
        relation = warehouse.relation("mart", table)
        sql = f"select {columns} from {relation} where date between $first and $last {group}"
        return warehouse.query(sql, bounds).rows()

    found = [
        Headline(str(p), _decimal(revenue), None, None)
        for p, revenue in rows("shop_performance", "platform, sum(revenue)", "group by platform order by 1")
    ]
    for platform, spend, value in rows(
        "campaign_performance", "platform, sum(spend), sum(conversion_value)", "group by platform order by 1"
    ):
        found.append(Headline(str(platform), None, _decimal(spend), _ratio(value, spend)))
    [(revenue, spend)] = rows("daily_performance", "sum(total_revenue), sum(total_ad_spend)")
    found.append(Headline("total", _decimal(revenue), _decimal(spend), _ratio(revenue, spend)))
    return found


def print_headlines(console: Console, settings: Settings, tenants: Sequence[Tenant]) -> None:
    table = Table("tenant", "platform", title=f"The last {DAYS_SHOWN} days")
    for column in ("revenue", "spend", "ROAS"):
        table.add_column(column, justify="right")
    for tenant in tenants:
        for line in headlines(settings, tenant, last_week(tenant)):
            money = [_money(v, tenant.reporting_currency) for v in (line.revenue, line.spend)]
            table.add_row(tenant.id, line.platform, *money, "" if line.roas is None else f"{line.roas:.2f}")
    console.print(table)
    console.print(
        "ROAS of an ad platform is by its own claims; of the total, all revenue by all spend.", style="dim"
    )


def print_checks(console: Console, instance: dg.DagsterInstance, defs: dg.Definitions) -> int:
    """Print how the latest evaluation of every check ended; returns how many failed as errors."""
    outcomes: Counter[str] = Counter()
    failed = []
    keys = sorted(defs.resolve_asset_graph().asset_check_keys)
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    for key in keys:
        record = latest.get(key)
        event = record.event.dagster_event if record and record.event else None
        evaluation = event.asset_check_evaluation_data if event else None
        if evaluation is None:
            outcomes["not run"] += 1
        elif evaluation.passed:
            outcomes["passed"] += 1
        else:
            kind = "failed" if evaluation.severity is dg.AssetCheckSeverity.ERROR else "warned"
            outcomes[kind] += 1
            said = (evaluation.description or "").partition("\n")[0]
            failed.append(f"  {kind}: {key.to_user_string()}: {said}")
    counts = ", ".join(f"{n} {name}" for name, n in sorted(outcomes.items()))
    console.print(f"Checks: {counts}")
    for line in failed:
        console.print(line, markup=False)
    return outcomes["failed"]


def _decimal(value: object) -> Decimal:
    return Decimal(str(value or 0))


def _ratio(top: object, bottom: object) -> Decimal | None:
    return _decimal(top) / _decimal(bottom) if bottom else None


def _money(value: Decimal | None, currency: str) -> str:
    return "" if value is None else f"{value:,.2f} {currency}"
