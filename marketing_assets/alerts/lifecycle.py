"""The life of an incident: open, ongoing, escalated, acknowledged, muted, recovered. All functions are pure.

Whoever was told of an incident is told once, again when it gets worse, and once when it is over; nobody is
told that something is over of which they never heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from marketing_assets.alerts.finding import Days, Finding, Key


class Status(StrEnum):
    OPEN = "open"
    ONGOING = "ongoing"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RECOVERED = "recovered"


class Notice(StrEnum):
    """What people are told of an incident."""

    OPENED = "opened"
    ESCALATED = "escalated"
    RECOVERED = "recovered"


@dataclass(frozen=True)
class Incident:
    """One thing that is wrong, from the first run that found it to the run that found it in order.

    Instants are in UTC. `finding` is the latest; `days` reach from the first to the last partition that
    failed. `told_severity` is empty until somebody was told.
    """

    id: str
    key: Key
    finding: Finding
    days: Days
    opened_at: datetime
    last_at: datetime
    first_run: str
    last_run: str
    seen: int = 1
    told_at: datetime | None = None
    told_severity: str = ""
    aged_at: datetime | None = None
    """When people were told again for its age."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    muted_until: datetime | None = None
    recovered_at: datetime | None = None

    def is_muted(self, now: datetime) -> bool:
        return self.muted_until is not None and now < self.muted_until

    def status(self, now: datetime) -> Status:
        if self.recovered_at is not None:
            return Status.RECOVERED
        if self.is_muted(now):
            return Status.MUTED
        if self.acknowledged_at is not None:
            return Status.ACKNOWLEDGED
        if self.aged_at is not None or (self.told_severity == "ERROR" and self.escalated):
            return Status.ESCALATED
        return Status.ONGOING if self.seen > 1 else Status.OPEN

    escalated: bool = False
    """Whether it went from a warning to an error after people were told."""


Step = tuple[Incident, Notice | None]


def opened(
    incident_id: str, finding: Finding, run_id: str, now: datetime, muted_until: datetime | None = None
) -> Step:
    """A new incident; nobody is told while its key is muted."""
    fresh = Incident(
        id=incident_id,
        key=finding.key,
        finding=finding,
        days=finding.days,
        opened_at=now,
        last_at=now,
        first_run=run_id,
        last_run=run_id,
        muted_until=muted_until,
    )
    return _tell_if_untold(fresh, now)


def failed_again(incident: Incident, finding: Finding, run_id: str, now: datetime) -> Step:
    """It was found wrong once more. A warning that became an error is told, unless it is muted."""
    seen = replace(
        incident,
        finding=replace(finding, explains=_union(incident.finding.explains, finding.explains)),
        days=_span(incident.days, finding.days),
        last_at=now,
        last_run=run_id,
        seen=incident.seen + 1,
    )
    return _worse(seen, now)


def passed(incident: Incident, days: Days, run_id: str, now: datetime) -> Step:
    """It was found in order; that ends it where the same or newer partitions were looked at."""
    if incident.recovered_at is not None or not _as_new(days, incident.days):
        return incident, None
    over = replace(incident, recovered_at=now, last_at=now, last_run=run_id)
    return over, Notice.RECOVERED if incident.told_at is not None else None


def time_passed(incident: Incident, now: datetime, escalate_after: timedelta | None) -> Step:
    """What only the clock brings: the end of a mute, and an age at which people are told again.

    Who acknowledged it needs no reminder.
    """
    if incident.recovered_at is not None or incident.is_muted(now):
        return incident, None
    if incident.told_at is None:
        return _tell_if_untold(incident, now)
    worse, notice = _worse(incident, now)
    if notice is not None:
        return worse, notice
    is_old = escalate_after is not None and now - incident.opened_at >= escalate_after
    if is_old and incident.aged_at is None and incident.acknowledged_at is None:
        return replace(incident, aged_at=now), Notice.ESCALATED
    return incident, None


def acknowledged(incident: Incident, by: str, now: datetime) -> Incident:
    """Somebody takes care of it. Raises ValueError where it is over."""
    if incident.recovered_at is not None:
        raise ValueError(f"incident {incident.id} is over since {incident.recovered_at:%Y-%m-%d %H:%M} UTC")
    return replace(incident, acknowledged_at=now, acknowledged_by=by)


def muted(incident: Incident, until: datetime | None) -> Incident:
    """Nothing more is told of it until then, but that it is over where people know of it; None ends that."""
    return replace(incident, muted_until=until)


def _tell_if_untold(incident: Incident, now: datetime) -> Step:
    if incident.is_muted(now) or incident.told_at is not None:
        return incident, None
    return replace(incident, told_at=now, told_severity=incident.finding.severity), Notice.OPENED


def _worse(incident: Incident, now: datetime) -> Step:
    if incident.told_at is None:
        return _tell_if_untold(incident, now)
    if incident.is_muted(now) or (incident.told_severity, incident.finding.severity) != ("WARN", "ERROR"):
        return incident, None
    return replace(incident, told_severity="ERROR", escalated=True), Notice.ESCALATED


def _as_new(days: Days, failed: Days) -> bool:
    """Whether these days are the failed ones or newer; a verdict without days is on the table as it is."""
    return failed.last is None or days.last is None or days.last >= failed.last


def _span(one: Days, other: Days) -> Days:
    firsts = [d for d in (one.first, other.first) if d is not None]
    lasts = [d for d in (one.last, other.last) if d is not None]
    return Days(min(firsts, default=None), max(lasts, default=None))


def _union(one: Iterable[Finding], other: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({f.key: f for f in (*one, *other)}.values())
