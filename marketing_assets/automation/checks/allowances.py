"""What is used up: the platforms' allowances of calls, and the month's budget of the warehouse. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from marketing_assets.rules import Quota, WarehouseCost
from marketing_assets.verdicts import Finding, Verdict, amount, passed, percent, unknown, verdict

TIB = Decimal(1024**4)


def quota_nearly_used(used: Mapping[str, Decimal], rule: Quota, day: date) -> Verdict:
    """`used` is the share of the allowance that each account used at most today, as the platform tells it or
    as our calls add up to."""
    if not used:
        return unknown(f"no call was made on {day} (UTC)")
    looked = "; ".join(f"{account}: {percent(share)}" for account, share in sorted(used.items()))
    return verdict(
        [
            Finding(f"{account} used {percent(share)} of its allowance of calls", account, day)
            for account, share in used.items()
            if share > rule.used_above
        ],
        looked,
        severity=rule.as_severity,
        likely_cause="a long backfill, many accounts on one app, or another program with the same keys.",
        next_step="let backfills wait until the allowance is back, or ask the platform for a higher one.",
    )


def cost_above_budget(bytes_billed: int, month: date, rule: WarehouseCost) -> Verdict:
    """BigQuery's bytes of the month so far, at the on-demand price, against the tenant's budget."""
    cost = Decimal(bytes_billed) / TIB * rule.price_per_tib
    looked = f"{month:%Y-%m}: {amount(cost)} {rule.currency} ({bytes_billed / 1024**3:.1f} GiB billed)"
    if rule.monthly_budget is None:
        return passed(f"{looked}; no monthly_budget is set")
    over = cost - rule.monthly_budget
    return verdict(
        [Finding(f"{looked}, budget {amount(rule.monthly_budget)}", None, month, over)] if over > 0 else [],
        looked,
        severity=rule.as_severity,
        currency=rule.currency,
        likely_cause="backfills, or models that read more days than they need.",
        next_step="see ops.warehouse_costs by node; MARKETING_BIGQUERY_MAXIMUM_BYTES_BILLED caps a query.",
    )
