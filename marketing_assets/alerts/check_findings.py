"""The findings of a failed check, from its description and the metadata that alerts read. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import dagster as dg

from marketing_assets.alerts.finding import Days, Finding, Key, clean
from marketing_assets.verdicts import NOT_JUDGED, State


def of_check(evaluation: dg.AssetCheckEvaluation, days: Days) -> list[Finding]:
    """A failed check: one finding, or one for each entity that its metadata `findings` names."""
    told = {name: getattr(value, "value", None) for name, value in evaluation.metadata.items()}
    asset = evaluation.asset_key.to_user_string()
    if evaluation.partition:
        days = Days(evaluation.partition, evaluation.partition)
    parts = _listed(told.get("findings"))
    # The description says the rest too, which has its own places in a message.
    texts = "; ".join(filter(None, (_text(part.get("text")) for part in parts)))
    text = texts or evaluation.description or f"check {evaluation.check_name} failed"
    whole = Finding(
        key=Key(asset, evaluation.check_name, _text(told.get("entity"))),
        kind="check",
        severity=evaluation.severity.value,
        text=clean(text),
        days=days,
        covers=frozenset({asset}),
    )
    whole = _with_metadata(whole, told)
    if not any(part.get("entity") for part in parts):
        return [whole]
    found: dict[Key, Finding] = {}
    for part in parts:
        key = Key(asset, evaluation.check_name, _text(part.get("entity")))
        one = _with_metadata(replace(whole, key=key, money=None, since=""), part)
        found[key] = _together(found[key], one) if key in found else one
    return list(found.values())


def is_unknown(evaluation: dg.AssetCheckEvaluation) -> bool:
    """Whether a check could not tell: that neither opens an incident nor ends one."""
    return getattr(evaluation.metadata.get("state"), "value", None) == State.UNKNOWN


def not_judged(evaluation: dg.AssetCheckEvaluation) -> list[str]:
    told = getattr(evaluation.metadata.get(NOT_JUDGED), "value", None)
    return [str(entity) for entity in told] if isinstance(told, list) else []


def _together(one: Finding, other: Finding) -> Finding:
    """Two findings of one entity, such as of two days."""
    money = [m for m in (one.money, other.money) if m is not None]
    return replace(
        one,
        text=clean(f"{one.text}; {other.text}"),
        severity="ERROR" if "ERROR" in {one.severity, other.severity} else "WARN",
        money=sum(money, Decimal(0)) if money else None,
        since=min(filter(None, (one.since, other.since)), default=""),
    )


def _with_metadata(finding: Finding, told: Mapping[str, Any]) -> Finding:
    severity = _text(told.get("severity"))
    limits = told.get("metric_filter")
    return replace(
        finding,
        severity=severity if severity in {"WARN", "ERROR"} else finding.severity,
        text=clean(_text(told.get("text"))) or finding.text,
        money=_decimal(told.get("money_at_stake"), finding.money),
        currency=_text(told.get("currency")) or finding.currency,
        since=_day(told.get("since")) or finding.since,
        likely_cause=clean(_text(told.get("likely_cause"))) or finding.likely_cause,
        next_step=clean(_text(told.get("next_step"))) or finding.next_step,
        metric=_text(told.get("metric")) or finding.metric,
        metric_filter={str(k): str(v) for k, v in limits.items()} if isinstance(limits, dict) else {},
    )


def _listed(value: Any) -> Sequence[Mapping[str, Any]]:
    """The findings of a check that are mappings; text that is no such list has none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _decimal(value: Any, otherwise: Decimal | None) -> Decimal | None:
    try:
        number = Decimal(_text(value))
    except InvalidOperation:
        return otherwise
    return number if number.is_finite() else otherwise


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(_text(value)[:10]).isoformat()
    except ValueError:
        return ""
