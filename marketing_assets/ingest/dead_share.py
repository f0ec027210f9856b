"""Dead letters as a share of a table's day: a few are told, more warn, many are an error. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import dagster as dg

from marketing_assets.rules import DeadLetters
from marketing_assets.verdicts import Finding, State, Verdict, percent, verdict


def dead_letters(rows: Mapping[date, int], dead: Mapping[date, int], rule: DeadLetters) -> Verdict:
    """`rows` were written and `dead` were not, by day. Days up to `warn_above` pass, and are told."""
    shares = {day: Decimal(n) / (n + rows.get(day, 0)) for day, n in dead.items() if n}
    told = "; ".join(f"{day}: {dead[day]} records, {percent(share)}" for day, share in sorted(shares.items()))
    many = {d for d, share in shares.items() if share > rule.error_above and dead[d] >= rule.fewest}
    found = verdict(
        [
            Finding(f"{day}: {dead[day]} records ({percent(share)} of the day)", None, day)
            for day, share in shares.items()
            if share > rule.warn_above
        ],
        told,
        severity=dg.AssetCheckSeverity.ERROR if many else rule.as_severity,
        likely_cause="the platform changed a field, or sends values that its own documentation excludes.",
        next_step="see `marketing dead-letters list`; replay them once the cause is mended.",
    )
    return found if rule.enabled else Verdict(State.PASSED, reason=f"switched off in alerts.yaml; {told}")
