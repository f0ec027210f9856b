"""Ads against the tenant's targets: ROAS, CPA, campaigns that cost and bring nothing. Pure.

A ratio is only judged on enough of what it counts, and conversions of young days only where the account's own
history says what they will become: low numbers of a day whose conversions are still to come mean nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from marketing_assets.automation.checks.facts import Account, AccountDay, BusinessDay, CampaignDay
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.rules import CpaOverLimit, NoConversions, RoasUnderTarget
from marketing_assets.verdicts import Finding, Verdict, amount, passed, unknown, verdict

KNOWN_SHARE = Decimal("0.8")
"""Share of its conversions from which a day counts as evidence that a campaign has none."""

STILL_SPENDS_DAYS = 7


def roas_under_target(
    days: Iterable[BusinessDay], judged: date, target: Decimal, rule: RoasUnderTarget, currency: str
) -> Verdict:
    """Revenue ÷ spend of the `rule.days` days up to `judged`, against the target."""
    window = DayRange(judged - (rule.days - 1) * ONE_DAY, judged)
    rows = [d for d in days if d.day in window]
    if len(rows) < rule.days:
        return unknown(f"{len(rows)} of the {rule.days} days {window} are in the mart")
    spend = sum((d.spend for d in rows), Decimal(0))
    revenue = sum((d.final_revenue for d in rows), Decimal(0))
    orders = sum((d.orders for d in rows), Decimal(0))
    if spend <= 0:
        return passed(f"{window}: no ad spend")
    if orders < rule.fewest_orders:
        return unknown(f"{window}: {orders:.0f} orders, judged from {rule.fewest_orders} on")
    roas = revenue / spend
    looked = f"{window}: ROAS {roas:.2f} ({amount(revenue)} ÷ {amount(spend)} {currency}), target {target:f}"
    wasted = spend - revenue / target
    found = [Finding(looked, None, window.first, wasted)] if roas < target else []
    return verdict(
        found,
        looked,
        severity=rule.as_severity,
        currency=currency,
        likely_cause="spend rose without revenue, or revenue fell while spend went on.",
        next_step="open mart/campaign_performance and move budget from campaigns marked poor.",
    )


def cpa_over_limit(
    days: Iterable[AccountDay], last: date, oldest: date, limit: Decimal, rule: CpaOverLimit, currency: str
) -> Verdict:
    """Spend ÷ conversions of each account's newest `rule.days` days that can be judged."""
    findings, seen = [], []
    unseen: dict[str, str] = {}
    for account, rows in by_account(days, oldest, last).items():
        window = [d for d in rows if d.final_conversions is not None][-rule.days :]
        if len(window) < rule.days:
            unseen[f"{account}"] = f"{account} ({len(window)} of {rule.days} days can be judged)"
            continue
        spend = sum((d.spend for d in window), Decimal(0))
        conversions = sum((d.final_conversions or Decimal(0) for d in window), Decimal(0))
        if conversions < rule.fewest_conversions and spend < rule.fewest_conversions * limit:
            unseen[f"{account}"] = f"{account} ({conversions:.0f} conversions)"
            continue
        said = f"CPA {spend / conversions:.2f}" if conversions else "no conversion"
        first, until = window[0].day, window[-1].day
        counted = f"{amount(spend)} {currency} ÷ {conversions:.1f}"
        seen.append(f"{account} {first}..{until}: {said} ({counted}), limit {limit:f}")
        if spend > limit * conversions:
            findings.append(Finding(seen[-1], f"{account}", first, spend - limit * conversions))
    if not seen:
        return unknown(
            _enough("no ad account has enough conversions of days that can be judged", unseen.values())
        )
    return verdict(
        findings,
        _enough("; ".join(seen), unseen.values()),
        severity=rule.as_severity,
        not_judged=tuple(unseen),
        currency=currency,
        likely_cause="dearer clicks or fewer of them that buy: see cpc and conversion rate by campaign.",
        next_step="open mart/campaign_performance, lower bids or pause campaigns over the limit.",
    )


def no_conversions(
    campaigns: Iterable[CampaignDay],
    accounts: Iterable[AccountDay],
    last: date,
    oldest: date,
    target_cpa: Decimal,
    rule: NoConversions,
    currency: str,
) -> Verdict:
    """Campaigns that still spend, and on the account's newest mature days spent much for no conversion."""
    windows = {
        account: [d.day for d in rows if d.is_mature(KNOWN_SHARE)][-rule.days :]
        for account, rows in by_account(accounts, oldest, last).items()
    }
    rows_of: dict[tuple[Account, str], list[CampaignDay]] = defaultdict(list)
    for row in sorted(campaigns, key=lambda r: r.day):
        if row.day <= last:
            rows_of[row.account, row.campaign_id].append(row)
    cost = rule.cost or rule.cost_in_cpas * target_cpa
    findings, judged = [], 0
    for (account, _), rows in sorted(rows_of.items()):
        mature = [r for r in rows if r.day in set(windows.get(account, ()))]
        judged += bool(mature)
        spend, clicks = sum((r.spend for r in mature), Decimal(0)), sum(r.clicks for r in mature)
        silent = spend >= cost and clicks >= rule.fewest_clicks and not any(r.conversions for r in mature)
        if silent and _still_spends(rows, last):
            first = next(r.day for r in mature if r.spend)
            text = (
                f"{rows[-1].entity}: {amount(spend)} {currency}, {clicks} clicks, no conversion since {first}"
            )
            findings.append(Finding(text, rows[-1].entity, first, spend))
    if not judged:
        return unknown("no day is old enough to say that conversions will not come")
    return verdict(
        findings,
        f"{judged} campaigns, from {amount(cost)} {currency} on the newest {rule.days} mature days",
        severity=rule.as_severity,
        currency=currency,
        likely_cause="the wrong audience or keywords, a broken landing page, or a lost conversion tag.",
        next_step="open the campaign's landing page and tag; pause it if both work.",
    )


def _still_spends(rows: Sequence[CampaignDay], last: date) -> bool:
    recent = last - STILL_SPENDS_DAYS * ONE_DAY
    return rows[-1].is_active is not False and any(r.spend for r in rows if r.day > recent)


def by_account(days: Iterable[AccountDay], oldest: date, last: date) -> dict[Account, list[AccountDay]]:
    """The rows of `oldest`..`last` by account, in order of days."""
    found: dict[Account, list[AccountDay]] = defaultdict(list)
    for row in sorted(days, key=lambda d: (d.account, d.day)):
        if oldest <= row.day <= last:
            found[row.account].append(row)
    return found


def _enough(said: str, unseen: Iterable[str]) -> str:
    return "; ".join([said, *(f"not enough to say: {u}" for u in unseen)])
