"""What people are told as of a day: ranked by money, each once, and known again on other days. Pure.

A recommendation is known by its subject (an anomaly of a shop's revenue, a campaign's budget to be raised),
never by its numbers, which move every day. While its subject keeps coming up it stays the same one, with the
same id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from marketing_assets.intelligence.recommendations.candidate import Candidate, Kind

QUIET_DAYS = {Kind.ANOMALY: 2, Kind.BUDGET: 7, Kind.PREDICTION: 7, Kind.ACTION: 7}
"""Days that a subject may be missing and still be the same recommendation when it comes back.

A second spike is news; a budget recommendation that is silent over a weekend is not another one.
"""

MEMORY_DAYS = max(QUIET_DAYS.values()) + 1
"""How far before and after its day a recommendation looks for itself."""


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody took care of a recommendation told from `first` to `last` by then; `at` is UTC."""

    recommendation_id: str
    subject: str
    first: date
    last: date
    by: str
    at: datetime


@dataclass(frozen=True)
class Told:
    """A recommendation as it stands in another day's partition."""

    recommendation_id: str
    subject: str
    day: date
    first_seen_on: date
    generated_at: datetime


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One a subject, that with most at stake; the most money first, what is no money last."""
    found: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=_rank):
        found.setdefault(candidate.key, candidate)
    return list(found.values())


def _rank(candidate: Candidate) -> tuple[bool, float, float, str, str]:
    impact = candidate.expected_impact
    return impact is None, -abs(impact or 0.0), -candidate.confidence, candidate.key, candidate.title


def recommendations(
    tenant_id: str,
    day: date,
    candidates: Iterable[Candidate],
    told: Sequence[Told],
    acknowledged: Sequence[Acknowledgement],
    now: datetime,
) -> list[dict[str, Any]]:
    """The rows of a day, most important first; `told` are the rows of days around it, its own included.

    Ids and the instant of the first telling are those that were told before, so that a day that is computed
    again, in whatever order, says the same.
    """
    rows = []
    for priority, candidate in enumerate(ranked(candidates), 1):
        known = _known_as(tenant_id, day, candidate, told, now)
        taken = _acknowledgement(known, candidate.kind, acknowledged)
        rows.append(
            {
                "recommendation_id": known.recommendation_id,
                "tenant_id": tenant_id,
                "day": day,
                "generated_at": known.generated_at,
                "recommendation_type": candidate.kind.value,
                "priority": priority,
                "title": candidate.title,
                "description": candidate.description,
                "current_value": candidate.current_value,
                "recommended_value": candidate.recommended_value,
                "expected_impact": candidate.expected_impact,
                "confidence_score": min(max(candidate.confidence, 0.0), 1.0),
                "currency": candidate.currency,
                "affected_platform": candidate.platform,
                "affected_campaign_id": candidate.campaign_id,
                "is_acknowledged": taken is not None,
                "acknowledged_at": taken.at if taken else None,
                "acknowledged_by": taken.by if taken else None,
                "first_seen_on": known.first_seen_on,
                "subject": candidate.key,
                "is_reconstructed": candidate.is_reconstructed,
            }
        )
    return rows


def _known_as(tenant_id: str, day: date, candidate: Candidate, told: Sequence[Told], now: datetime) -> Told:
    """What the candidate is known as on the days before, else on those after, else as something new."""
    reach = timedelta(days=QUIET_DAYS[candidate.kind] + 1)
    mine = [t for t in told if t.subject == candidate.key and abs(t.day - day) <= reach]
    before = max((t for t in mine if t.day < day), key=lambda t: t.day, default=None)
    if before is not None:
        return Told(before.recommendation_id, candidate.key, day, before.first_seen_on, before.generated_at)
    # A partition that is filled after a later one: people know the recommendation by the later one's id.
    later = min((t for t in mine if t.day > day), key=lambda t: t.day, default=None)
    if later is not None:
        return Told(later.recommendation_id, candidate.key, day, day, later.generated_at)
    own = next((t for t in mine if t.day == day), None)
    if own is not None:
        return Told(own.recommendation_id, candidate.key, day, day, own.generated_at)
    return Told(_new_id(tenant_id, candidate.key, day), candidate.key, day, day, now)


def _new_id(tenant_id: str, subject: str, day: date) -> str:
    return hashlib.sha256("\n".join((tenant_id, subject, day.isoformat())).encode()).hexdigest()[:16]


def _acknowledgement(told: Told, kind: Kind, given: Sequence[Acknowledgement]) -> Acknowledgement | None:
    """The first acknowledgement of this recommendation, also where it went by another id then.

    Days that were filled later can join what was told as two recommendations.
    """
    reach = timedelta(days=QUIET_DAYS[kind] + 1)
    mine = [
        a
        for a in given
        if a.recommendation_id == told.recommendation_id
        or (
            a.subject == told.subject and a.first - told.day <= reach and told.first_seen_on - a.last <= reach
        )
    ]
    return min(mine, key=lambda a: a.at, default=None)
