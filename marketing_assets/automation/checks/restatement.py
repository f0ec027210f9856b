"""Days that should hold still and did not: the newest look at an old day against the look before. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from marketing_assets.norms import norm
from marketing_assets.rules import Restatement
from marketing_assets.verdicts import Finding, Verdict, amount, percent, unknown, verdict

ONE_LOOK = timedelta(hours=24)
"""Looks within this time of an account's newest belong to the same refreshes."""


@dataclass(frozen=True)
class Change:
    """Two consecutive looks at a mature day. `counted` is by how many orders or conversions they differ,
    where that is what the money comes from; a single late order is no event."""

    entity: str
    metric: str
    currency: str
    day: date
    seen_at: datetime
    before: Decimal
    after: Decimal
    counted: Decimal | None = None

    @property
    def relative(self) -> Decimal:
        """Size of the change, in parts of what was said before (of what is said now, where that was zero)."""
        base = max(abs(self.before), abs(self.after)) if self.before == 0 else abs(self.before)
        return abs(self.after - self.before) / base if base else Decimal(0)


FEWEST_COUNTED = 3


def larger_than_usual(changes: Iterable[Change], rule: Restatement, currency: str) -> Verdict:
    """Whether the newest looks moved old days more than earlier looks of the same account did."""
    by_subject: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        by_subject[change.entity, change.metric].append(change)
    findings, seen, unseen = [], [], []
    judged: set[str] = set()
    for (entity, metric), found in sorted(by_subject.items()):
        newest = max(c.seen_at for c in found) - ONE_LOOK
        usual = norm((c.relative for c in found if c.seen_at <= newest), rule.fewest)
        if usual is None:
            unseen.append(f"{entity} {metric}")
            continue
        limit = max(rule.least_share, usual.centre + rule.usual_spreads * usual.spread)
        judged.add(entity)
        seen.append(f"{entity} {metric}: up to {percent(limit)} is usual")
        large = [c for c in found if c.seen_at > newest and c.relative > limit and _counts(c)]
        if large:
            findings.append(_finding(entity, metric, large, limit, currency))
    if not seen:
        return unknown(f"fewer than {rule.fewest} earlier looks at days older than {rule.mature_days} days")
    return verdict(
        findings,
        "; ".join(seen + [f"not enough to say: {u}" for u in unseen]),
        severity=rule.as_severity,
        not_judged=tuple({entity for entity, _ in by_subject} - judged),
        currency=currency,
        likely_cause="the platform corrected itself (invalid clicks, attribution, cancellations in bulk), or "
        "the account's settings changed.",
        next_step="compare the looks in ops.observations; what was reported of these days has changed.",
    )


def _counts(change: Change) -> bool:
    return change.counted is None or abs(change.counted) >= FEWEST_COUNTED


def _finding(entity: str, metric: str, large: Sequence[Change], limit: Decimal, currency: str) -> Finding:
    worst = max(large, key=lambda c: c.relative)
    moved = sum((abs(c.after - c.before) for c in large), Decimal(0))
    text = (
        f"{entity} {metric}: {len(large)} old days moved by more than {percent(limit)}, together "
        f"{amount(moved)} {worst.currency}; {worst.day} from {amount(worst.before)} to {amount(worst.after)}"
    )
    return Finding(text, entity, min(c.day for c in large), moved if worst.currency == currency else None)
