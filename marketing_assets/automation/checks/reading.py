"""What checks read: one opened warehouse, each table read once, rows as the facts that rules judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from marketing_assets.automation.checks.facts import Account, AccountDay, BusinessDay, CampaignDay, ProfitDay
from marketing_assets.ingest.landing import Landing
from marketing_assets.partitions import ONE_DAY, DayRange, local_day
from marketing_assets.rules import Rules
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.warehouse import Warehouse

HISTORY_DAYS = 66
"""Days of marts that are read: eight weeks of the same weekday, for a week of judged days."""

T = TypeVar("T")


@dataclass
class Reading:
    """One evaluation of checks. `days` are the run's, `fetched` those of them whose orders it fetched (None =
    all), `written` the assets it is over (None = all); `now` is UTC. `mistakes` are those of the tenant's
    rules."""

    tenant: Tenant
    rules: Rules
    warehouse: Warehouse
    landing: Landing
    now: datetime
    days: DayRange
    fetched: frozenset[date] | None = None
    written: frozenset[tuple[str, str]] | None = None
    mistakes: tuple[str, ...] = ()
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)
    _tables: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)

    @property
    def currency(self) -> str:
        return self.tenant.reporting_currency

    @cached_property
    def today(self) -> date:
        return local_day(self.now, self.tenant.zone)

    def last_ended(self, zone: ZoneInfo) -> date:
        """The last day of a zone that ended so long ago that a refresh has seen all of it."""
        return local_day(self.now - self.rules.ended, zone) - ONE_DAY

    @cached_property
    def judged(self) -> date:
        """The tenant's last ended day."""
        return self.last_ended(self.tenant.zone)

    @cached_property
    def oldest(self) -> date:
        return self.today - self.rules.oldest_days * ONE_DAY

    def has(self, layer: str, table: str) -> bool:
        if layer not in self._tables:
            self._tables[layer] = frozenset(self.warehouse.tables(layer))
        return table in self._tables[layer]

    def wrote(self, layer: str, table: str) -> bool:
        """Whether the run wrote a table; any other may be older than what it is made of."""
        return self.written is None or (layer, table) in self.written

    def remembered(self, what: str, read: Callable[[], T]) -> T:
        """What `read` gave the first time."""
        if what not in self._kept:
            self._kept[what] = read()
        kept: T = self._kept[what]
        return kept

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        return self.warehouse.query(sql, params).to_dicts()

    def history(self, table: str, columns: str, layer: str = "mart", tail: str = "") -> list[dict[str, Any]]:
        """Columns of the table's last `HISTORY_DAYS` days, today included."""
        relation = self.warehouse.relation(layer, table)
        since = self.today - HISTORY_DAYS * ONE_DAY
        sql = f"select day, {columns} from {relation} where day between $first and $last {tail}"
        return self.rows(sql, first=since, last=self.today)

    @cached_property
    def business(self) -> list[BusinessDay]:
        rows = self.history(
            "daily_performance",
            "total_revenue, total_orders, total_ad_spend, is_final, expected_revenue",
        )
        return [
            BusinessDay(
                r["day"],
                r["total_revenue"],
                Decimal(r["total_orders"]),
                r["total_ad_spend"],
                bool(r["is_final"]),
                r["expected_revenue"],
            )
            for r in rows
        ]

    @cached_property
    def accounts(self) -> list[AccountDay]:
        rows = self.history(
            "ads_channel_performance",
            "platform, account_id, spend, conversions, is_final, expected_conversions, "
            "case when unknown_budgets = 0 and not is_budget_backdated then daily_budget end as daily_budget",
        )
        return [
            AccountDay(
                r["day"],
                Account(r["platform"], r["account_id"]),
                r["spend"],
                r["conversions"],
                bool(r["is_final"]),
                r["expected_conversions"],
                r["daily_budget"],
            )
            for r in rows
        ]

    @cached_property
    def campaigns(self) -> list[CampaignDay]:
        rows = self.history(
            "campaign_performance",
            "platform, account_id, campaign_id, campaign_name, spend, clicks, conversions, is_active",
        )
        return [
            CampaignDay(
                r["day"],
                Account(r["platform"], r["account_id"]),
                r["campaign_id"],
                r["campaign_name"] or r["campaign_id"],
                r["spend"],
                r["clicks"],
                r["conversions"],
                r["is_active"],
            )
            for r in rows
        ]

    @cached_property
    def profit(self) -> list[ProfitDay]:
        rows = self.history("daily_profit", "orders, net_revenue, net_profit")
        return [ProfitDay(r["day"], r["orders"], r["net_revenue"], r["net_profit"]) for r in rows]

    @cached_property
    def ended_by_account(self) -> dict[Account, date]:
        """Of each ad account the last ended day, in its own zone: it may end long after the tenant's."""
        zones = self.history(
            "ads_performance",
            "platform, account_id, max(account_time_zone) as zone",
            "staging",
            "group by day, platform, account_id",
        )
        known = {Account(r["platform"], r["account_id"]): r["zone"] for r in zones if r["zone"]}
        return {
            a: min(self.last_ended(ZoneInfo(known.get(a, self.tenant.time_zone))), self.judged)
            for a in {d.account for d in self.accounts}
        }
