"""The checks of models: what each is called, what it looks at, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from marketing_assets.automation.checks import chains
from marketing_assets.automation.checks.allowances import cost_above_budget
from marketing_assets.automation.checks.looks import ads_changes, order_changes
from marketing_assets.automation.checks.money import budget_pacing, margin_drop
from marketing_assets.automation.checks.ranges import ranges_sql, within_ranges
from marketing_assets.automation.checks.reading import Reading
from marketing_assets.automation.checks.restatement import larger_than_usual
from marketing_assets.automation.checks.targets import cpa_over_limit, no_conversions, roas_under_target
from marketing_assets.automation.checks.weekday import revenue_drop, unusual_spend
from marketing_assets.partitions import ONE_DAY, start_of_day
from marketing_assets.verdicts import Finding, Verdict, verdict


@dataclass(frozen=True)
class MartCheck:
    """A check of `layer`.`table`. `rule` names the rule that can switch it off; without one it is always on.

    `every_day` says that the table has a row for each day that was run, so that none is a failure.
    """

    name: str
    layer: str
    table: str
    description: str
    judge: Callable[[Reading], Verdict]
    rule: str | None = None
    blocking: bool = False
    every_day: bool = False
    only_on: str | None = None


def _revenue_drop(r: Reading) -> Verdict:
    return revenue_drop(r.business, r.judged, r.rules.revenue_drop, r.currency)


def _roas(r: Reading) -> Verdict:
    rule = r.rules.roas_under_target
    return roas_under_target(r.business, r.judged, rule.target or r.tenant.targets.roas, rule, r.currency)


def _margin(r: Reading) -> Verdict:
    return margin_drop(r.profit, r.judged, r.rules.margin_drop, r.currency)


def _cpa(r: Reading) -> Verdict:
    rule = r.rules.cpa_over_limit
    limit = rule.limit or r.tenant.targets.cpa
    return cpa_over_limit(r.accounts, r.judged, r.oldest, limit, rule, r.currency)


def _spend(r: Reading) -> Verdict:
    cpa = r.tenant.targets.cpa
    return unusual_spend(r.accounts, r.ended_by_account, r.rules.unusual_spend, cpa, r.currency)


def _pacing(r: Reading) -> Verdict:
    judged = min(r.ended_by_account.values(), default=r.judged)
    return budget_pacing(r.accounts, judged, r.rules.budget_pacing, r.currency)


def _no_conversions(r: Reading) -> Verdict:
    cpa = r.tenant.targets.cpa
    return no_conversions(
        r.campaigns, r.accounts, r.judged, r.oldest, cpa, r.rules.no_conversions, r.currency
    )


def _ranges(table: str) -> Callable[[Reading], Verdict]:
    def judge(r: Reading) -> Verdict:
        sql = ranges_sql(table, r.warehouse.relation("staging", table))
        moments: dict[str, Any] = {
            "today": r.today,
            "tomorrow": start_of_day(r.today + ONE_DAY, r.tenant.zone),
            "ended": r.today - ONE_DAY,
        }
        # DuckDB refuses parameters that a statement does not use.
        used = {name: value for name, value in moments.items() if f"${name}" in sql}
        [counted] = r.rows(sql, first=r.days.first, last=r.days.last, **used)
        return within_ranges(table, counted, f"{r.days}")

    return judge


def _restatement(read: Callable[[Reading], Any]) -> Callable[[Reading], Verdict]:
    return lambda r: larger_than_usual(read(r), r.rules.restatement, r.currency)


def _cost(r: Reading) -> Verdict:
    first = r.now.date().replace(day=1)
    billed = 0
    if r.has("ops", "warehouse_costs"):
        relation = r.warehouse.relation("ops", "warehouse_costs")
        sql = f"select sum(bytes_billed) as billed from {relation} where day between $first and $last"
        billed = int(r.rows(sql, first=first, last=r.now.date())[0]["billed"] or 0)
    return cost_above_budget(billed, first, r.rules.warehouse_cost)


def _rules_readable(r: Reading) -> Verdict:
    return verdict(
        [Finding(m) for m in r.mistakes],
        "section rules of alerts.yaml",
        severity=dg.AssetCheckSeverity.ERROR,
        likely_cause="a mistake in the file; every rule holds with its default until it is mended.",
        next_step="mend the fields that are named; docs/checks.md lists all of them.",
    )


MART_CHECKS: tuple[MartCheck, ...] = (
    MartCheck(
        "totals_agree",
        "mart",
        "daily_performance",
        "The platform's total = raw = staging = mart, by day; a difference names the link that broke.",
        chains.judge,
        blocking=True,
        every_day=True,
    ),
    MartCheck(
        "rules_are_readable",
        "mart",
        "daily_performance",
        "The tenant's rules can be read.",
        _rules_readable,
    ),
    MartCheck(
        "revenue_drop",
        "mart",
        "daily_performance",
        "Revenue of the last ended day is not far below its weekday's norm.",
        _revenue_drop,
        "revenue_drop",
        every_day=True,
    ),
    MartCheck(
        "roas_under_target",
        "mart",
        "daily_performance",
        "Revenue ÷ ad spend of the last week meets the target.",
        _roas,
        "roas_under_target",
        every_day=True,
    ),
    MartCheck(
        "margin_drop",
        "mart",
        "daily_profit",
        "The last week's margin is not far below that of the weeks before.",
        _margin,
        "margin_drop",
        every_day=True,
    ),
    MartCheck(
        "warehouse_cost",
        "mart",
        "daily_performance",
        "The warehouse's cost of the month is within the tenant's budget.",
        _cost,
        "warehouse_cost",
        only_on="bigquery",
    ),
    MartCheck(
        "cpa_over_limit",
        "mart",
        "ads_channel_performance",
        "Spend ÷ conversions of each ad account is within the limit.",
        _cpa,
        "cpa_over_limit",
    ),
    MartCheck(
        "unusual_spend",
        "mart",
        "ads_channel_performance",
        "Each ad account's spend of its last ended day is near its weekday's norm.",
        _spend,
        "unusual_spend",
    ),
    MartCheck(
        "budget_pacing",
        "mart",
        "ads_channel_performance",
        "Spend of the month keeps to its budget.",
        _pacing,
        "budget_pacing",
    ),
    MartCheck(
        "no_conversions",
        "mart",
        "campaign_performance",
        "No campaign goes on spending without a conversion.",
        _no_conversions,
        "no_conversions",
    ),
    MartCheck(
        "values_in_range",
        "staging",
        "orders",
        "No order lies in the future, pays back more than it cost, or was converted at an impossible rate.",
        _ranges("orders"),
    ),
    MartCheck(
        "values_in_range",
        "staging",
        "ads_performance",
        "No ad was clicked more often than shown, cost unseen, or lies in the future.",
        _ranges("ads_performance"),
    ),
    MartCheck(
        "restatement",
        "ops",
        "ads_observations",
        "The newest look at old days moved them no more than looks before did.",
        _restatement(ads_changes),
        "restatement",
    ),
    MartCheck(
        "restatement",
        "ops",
        "order_observations",
        "The newest look at old days moved them no more than looks before did.",
        _restatement(order_changes),
        "restatement",
    ),
)

BY_TABLE: Mapping[tuple[str, str], tuple[MartCheck, ...]] = {
    (c.layer, c.table): tuple(o for o in MART_CHECKS if (o.layer, o.table) == (c.layer, c.table))
    for c in MART_CHECKS
}
