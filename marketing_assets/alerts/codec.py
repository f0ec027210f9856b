"""Incidents and findings as JSON, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marketing_assets.alerts.finding import Days, Finding, Key
from marketing_assets.alerts.lifecycle import Incident

_INSTANTS = ("opened_at", "last_at", "told_at", "aged_at", "acknowledged_at", "muted_until", "recovered_at")
_PLAIN = ("first_run", "last_run", "seen", "told_severity", "acknowledged_by", "escalated")


def incident_to_json(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "key": list(incident.key),
        "finding": finding_to_json(incident.finding),
        "days": [incident.days.first, incident.days.last],
        **{name: _instant(getattr(incident, name)) for name in _INSTANTS},
        **{name: getattr(incident, name) for name in _PLAIN},
    }


def incident_from_json(body: dict[str, Any]) -> Incident:
    fields: dict[str, Any] = {
        "id": body["id"],
        "key": Key(*body["key"]),
        "finding": finding_from_json(body["finding"]),
        "days": Days(*body["days"]),
        **{name: body[name] and datetime.fromisoformat(body[name]) for name in _INSTANTS},
        **{name: body[name] for name in _PLAIN},
    }
    return Incident(**fields)


def finding_to_json(finding: Finding) -> dict[str, Any]:
    return {
        "key": list(finding.key),
        "kind": finding.kind,
        "severity": finding.severity,
        "text": finding.text,
        "days": [finding.days.first, finding.days.last],
        "covers": sorted(finding.covers),
        "money": None if finding.money is None else str(finding.money),
        "currency": finding.currency,
        "since": finding.since,
        "likely_cause": finding.likely_cause,
        "next_step": finding.next_step,
        "metric": finding.metric,
        "metric_filter": dict(finding.metric_filter),
        "explains": [finding_to_json(f) for f in finding.explains],
    }


def finding_from_json(body: dict[str, Any]) -> Finding:
    return Finding(
        **{
            **body,
            "key": Key(*body["key"]),
            "days": Days(*body["days"]),
            "covers": frozenset(body["covers"]),
            "money": None if body["money"] is None else Decimal(body["money"]),
            "explains": tuple(finding_from_json(f) for f in body["explains"]),
        }
    )


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()
