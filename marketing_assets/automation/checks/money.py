"""Margin against the weeks before, and spend against its budget. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from marketing_assets.automation.checks.facts import AccountDay, ProfitDay
from marketing_assets.norms import WEEK, norm
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.rules import BudgetPacing, MarginDrop
from marketing_assets.verdicts import Finding, Verdict, amount, percent, unknown, verdict

ALL = "all"
RECENT_DAYS = 7


def margin_drop(days: Iterable[ProfitDay], judged: date, rule: MarginDrop, currency: str) -> Verdict:
    """Margin of the seven days up to `judged` against the margins of the weeks before."""
    known = {d.day: d for d in days}
    weeks = [_week(known, judged - i * WEEK) for i in range(rule.weeks + 1)]
    now, before = weeks[0], [w for w in weeks[1:] if w]
    window = DayRange(judged - 6 * ONE_DAY, judged)
    if now is None:
        return unknown(f"{window.words}: not every day is in the mart, or nothing was sold")
    if now.orders < rule.fewest_orders:
        return unknown(f"{window.words}: {now.orders} orders, judged from {rule.fewest_orders} on")
    usual = norm((w.net_profit / w.net_revenue for w in before), rule.fewest_weeks)
    if usual is None:
        return unknown(f"{len(before)} of {rule.fewest_weeks} whole weeks before {window.first} are known")
    margin = now.net_profit / now.net_revenue
    looked = f"{window.words}: margin {percent(margin)}, usually {percent(usual.centre)}"
    low = margin < usual.centre - rule.points
    found = low and usual.distance(margin, Decimal(0)) < -rule.usual_spreads
    lost = (usual.centre - margin) * now.net_revenue
    return verdict(
        [Finding(looked, None, window.first, lost)] if found else [],
        looked,
        severity=rule.as_severity,
        currency=currency,
        likely_cause="discounts, unit costs, fees or ad spend rose faster than revenue.",
        next_step="open mart/daily_profit and compare the steps from gross revenue to net profit.",
    )


def _week(known: Mapping[date, ProfitDay], last: date) -> ProfitDay | None:
    """Seven days up to `last` as one; None where a day is missing or nothing was sold."""
    rows = [known[d] for d in DayRange(last - 6 * ONE_DAY, last) if d in known]
    revenue = sum((r.net_revenue for r in rows), Decimal(0))
    if len(rows) < RECENT_DAYS or revenue <= 0:
        return None
    return ProfitDay(
        last, sum(r.orders for r in rows), revenue, sum((r.net_profit for r in rows), Decimal(0))
    )


def budget_pacing(days: Iterable[AccountDay], judged: date, rule: BudgetPacing, currency: str) -> Verdict:
    """Spend of the month of `judged`: against monthly budgets, projected to the month's end, where the tenant
    set any; else of each account against the daily budgets that were in force."""
    if judged.day < rule.from_day:
        return unknown(f"{judged} is before day {rule.from_day} of the month")
    first = judged.replace(day=1)
    month = [d for d in days if first <= d.day <= judged]
    if not month:
        return unknown(f"no ad account has a row of {first} to {judged}")
    found, seen = (
        _monthly(month, judged, rule, currency) if rule.monthly else _daily(month, judged, rule, currency)
    )
    if not seen:
        return unknown("no budget of the whole month so far is known")
    return verdict(
        found,
        "; ".join(seen),
        severity=rule.as_severity,
        currency=currency,
        likely_cause="daily budgets do not add up to the month's budget."
        if rule.monthly
        else "budgets were raised, or the platform overspends its daily budgets.",
        next_step="adjust the daily budgets of the campaigns that spend most (mart/ads_channel_performance).",
    )


def _monthly(
    month: list[AccountDay], judged: date, rule: BudgetPacing, currency: str
) -> tuple[list[Finding], list[str]]:
    length = calendar.monthrange(judged.year, judged.month)[1]
    left = length - judged.day
    found, seen = [], []
    for scope, budget in sorted(rule.monthly.items()):
        rows = [d for d in month if scope in (ALL, d.account.platform, f"{d.account}")]
        spend = sum((d.spend for d in rows), Decimal(0))
        recent_days = min(RECENT_DAYS, judged.day)
        recent = sum((d.spend for d in rows if d.day > judged - recent_days * ONE_DAY), Decimal(0))
        projected = spend + recent / recent_days * left
        said = f"{scope}: {amount(spend)} {currency} by {judged}, {amount(projected)} by the month's end"
        seen.append(f"{said}, budget {amount(budget)}")
        if not budget * (1 - rule.under) <= projected <= budget * (1 + rule.over):
            entity = None if scope == ALL else scope
            found.append(Finding(seen[-1], entity, judged.replace(day=1), abs(projected - budget)))
    return found, seen


def _daily(
    month: list[AccountDay], judged: date, rule: BudgetPacing, currency: str
) -> tuple[list[Finding], list[str]]:
    found, seen = [], []
    for account in sorted({d.account for d in month}):
        rows = [d for d in month if d.account == account]
        budgets = [d.daily_budget for d in rows if d.daily_budget is not None]
        if len(budgets) < judged.day:
            continue
        spend, budget = sum((d.spend for d in rows), Decimal(0)), sum(budgets, Decimal(0))
        seen.append(f"{account}: {amount(spend)} {currency} by {judged}, daily budgets {amount(budget)}")
        if spend > budget * (1 + rule.over):
            found.append(Finding(seen[-1], f"{account}", judged.replace(day=1), spend - budget))
    return found, seen
