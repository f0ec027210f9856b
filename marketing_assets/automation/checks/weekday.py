"""Days against the norm of their weekday: revenue that is missing, spend that is unusual. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial

from marketing_assets.automation.checks.facts import Account, AccountDay, BusinessDay
from marketing_assets.norms import Norm, weekday_norm
from marketing_assets.partitions import ONE_DAY
from marketing_assets.rules import RevenueDrop, UnusualSpend
from marketing_assets.verdicts import Finding, Verdict, amount, percent, unknown, verdict

LONGEST_SINCE = 28
"""Days that a trouble is followed back."""


def streak(day: date, is_bad: Callable[[date], bool]) -> list[date]:
    """The consecutive bad days that end with `day`, newest first."""
    days = [day]
    while len(days) < LONGEST_SINCE and is_bad(days[-1] - ONE_DAY):
        days.append(days[-1] - ONE_DAY)
    return days


def revenue_drop(days: Iterable[BusinessDay], judged: date, rule: RevenueDrop, currency: str) -> Verdict:
    """Whether revenue of `judged` is missing by more than the rule's share and more than is usual."""
    known = {d.day: d for d in days}
    if judged not in known:
        return unknown(f"the mart has no row of {judged}, the last day that ended")
    revenue = {d.day: d.final_revenue for d in known.values()}
    orders = {d.day: d.orders for d in known.values()}
    usual = weekday_norm(revenue, judged, rule.weeks, rule.fewest_weeks)
    usual_orders = weekday_norm(orders, judged, rule.weeks, rule.fewest_weeks)
    if usual is None or usual_orders is None:
        return unknown(f"fewer than {rule.fewest_weeks} of the same weekdays before {judged} are known")
    if usual_orders.centre < rule.fewest_orders:
        said = f"usually {usual_orders.centre:.0f} orders, judged from {rule.fewest_orders} on"
        return unknown(f"{judged:%A}s are too small to judge: {said}")

    def shortfall(day: date) -> Decimal | None:
        its = weekday_norm(revenue, day, rule.weeks, rule.fewest_weeks) if day in revenue else None
        if its is None or not _is_low(revenue[day], its, rule):
            return None
        return its.centre - revenue[day]

    looked = f"{judged}: {amount(revenue[judged])} {currency}, usually {amount(usual.centre)} on {judged:%A}s"
    if shortfall(judged) is None:
        return verdict([], looked)
    bad = streak(judged, lambda d: shortfall(d) is not None)
    missing = sum((shortfall(d) or Decimal(0) for d in bad), Decimal(0))
    down = percent(1 - revenue[judged] / usual.centre)
    return verdict(
        [Finding(f"revenue of {looked}: down {down}", None, bad[-1], missing)],
        looked,
        severity=rule.as_severity,
        currency=currency,
        likely_cause=_cause_of_drop(known[judged], usual_orders),
        next_step="open mart/shop_performance for the shop that fell, then its stock, prices and campaigns.",
    )


def _is_low(value: Decimal, usual: Norm, rule: RevenueDrop) -> bool:
    return value < usual.centre * (1 - rule.drop) and (
        usual.distance(value, Decimal(0)) < -rule.usual_spreads
    )


def _cause_of_drop(day: BusinessDay, usual_orders: Norm) -> str:
    if day.orders == 0:
        return (
            "no order at all: a shop is closed, its checkout broken, or its connection answers with nothing."
        )
    if day.orders < usual_orders.centre * Decimal("0.85"):
        return f"fewer orders: {day.orders:.0f}, usually {usual_orders.centre:.0f}."
    return f"as many orders as usual ({day.orders:.0f}), but smaller ones: prices, discounts or the mix."


def unusual_spend(
    days: Iterable[AccountDay],
    judged: Mapping[Account, date],
    rule: UnusualSpend,
    target_cpa: Decimal,
    currency: str,
) -> Verdict:
    """Ad accounts whose spend of their last ended day lies far from its weekday's norm, either side."""
    series: dict[Account, dict[date, Decimal]] = defaultdict(dict)
    for row in days:
        series[row.account][row.day] = row.spend
    findings, seen, unseen = [], [], []
    for account, spend in sorted(series.items()):
        day = judged[account]
        usual = weekday_norm(spend, day, rule.weeks, rule.fewest_weeks) if day in spend else None
        if usual is None:
            unseen.append(f"{account}")
            continue
        seen.append(f"{account} {day}: {amount(spend[day])} {currency}, usually {amount(usual.centre)}")

        difference = partial(_unusual, spend, rule, target_cpa)
        if apart := difference(day):
            same_side = streak(day, partial(_is_same_side, difference, apart))
            money = sum((abs(difference(d)) for d in same_side), Decimal(0))
            word = "more" if apart > 0 else "less"
            text = f"{seen[-1]}: {amount(abs(apart))} {word} than usual"
            findings.append(Finding(text, f"{account}", same_side[-1], money))
    if not seen:
        return unknown(f"fewer than {rule.fewest_weeks} of the same weekdays are known of any ad account")
    more = any("more than usual" in f.text for f in findings)
    return verdict(
        findings,
        "; ".join(seen + [f"too young to say: {a}" for a in unseen]),
        severity=rule.as_severity,
        not_judged=tuple(unseen),
        currency=currency,
        likely_cause="a budget was raised or a campaign started."
        if more
        else "ads stopped: a refused payment, an ended or disapproved campaign, or a budget that is spent.",
        next_step="open mart/campaign_performance of the day, and the account's own history of changes.",
    )


def _unusual(spend: Mapping[date, Decimal], rule: UnusualSpend, target_cpa: Decimal, day: date) -> Decimal:
    """A day's difference from its norm, where it is unusual; else 0."""
    usual = weekday_norm(spend, day, rule.weeks, rule.fewest_weeks) if day in spend else None
    if usual is None:
        return Decimal(0)
    difference = spend[day] - usual.centre
    is_small = abs(difference) <= max(usual.centre * rule.least_share, rule.least_in_cpas * target_cpa)
    if is_small or abs(usual.distance(spend[day], Decimal(0))) <= rule.usual_spreads:
        return Decimal(0)
    return difference


def _is_same_side(difference: Callable[[date], Decimal], apart: Decimal, day: date) -> bool:
    return difference(day) * apart > 0
