"""What a check found, in one form for everybody who reads it: the Dagster UI, alerts, people.

| metadata | holds |
|---|---|
| `state` | `passed`, `failed`, or `not enough to say` (which passes, with severity WARN) |
| `findings` | JSON list, worst first: `text`, `entity`, `since`, `money_at_stake` of each |
| `money_at_stake`, `currency` | text decimal, the sum over the findings, and its currency |
| `entity` | whom it is about; absent where that is the asset itself or several |
| `since` | ISO date on which the oldest of it began |
| `likely_cause`, `next_step` | a sentence each |
| `not_judged` | JSON list of entities of which there is not enough to say, where others were judged |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

import dagster as dg

SHOWN_FINDINGS = 20
CENT = Decimal("0.01")
NOT_JUDGED = "not_judged"


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "not enough to say"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `money` in the verdict's currency, None where it cannot be told in money."""

    text: str
    entity: str | None = None
    since: date | None = None
    money: Decimal | None = None


@dataclass(frozen=True)
class Verdict:
    """What came of a check. `reason` says what was looked at, or why there is not enough to say."""

    state: State
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN
    currency: str | None = None
    likely_cause: str | None = None
    next_step: str | None = None
    not_judged: tuple[str, ...] = ()
    """Entities of which there was not enough to say."""

    @property
    def money(self) -> Decimal | None:
        known = [f.money for f in self.findings if f.money is not None]
        return sum(known, Decimal(0)) if known else None


def passed(reason: str) -> Verdict:
    return Verdict(State.PASSED, reason=reason)


def unknown(reason: str) -> Verdict:
    """Nothing can be said yet. It passes, but says so: an empty table never looks like a healthy one."""
    return Verdict(State.UNKNOWN, reason=reason)


def verdict(findings: Iterable[Finding], reason: str, **more: Any) -> Verdict:
    """Failed where there are findings, the dearest and then the oldest first; else passed."""
    found = sorted(findings, key=lambda f: (-(f.money or Decimal(-1)), f.since or date.max, f.text))
    if not found:
        return replace(passed(reason), not_judged=more.get("not_judged", ()))
    return Verdict(State.FAILED, tuple(found), reason, **more)


def metadata(of: Verdict) -> dict[str, Any]:
    """The verdict as metadata of a check's result."""
    told: dict[str, Any] = {"state": of.state.value}
    if of.reason:
        told["looked_at"] = of.reason
    if of.not_judged:
        told[NOT_JUDGED] = dg.MetadataValue.json(sorted(of.not_judged))
    if not of.findings:
        return told
    told["findings"] = dg.MetadataValue.text(json.dumps([_told(f) for f in of.findings], ensure_ascii=False))
    entities = {f.entity for f in of.findings}
    since = [f.since for f in of.findings if f.since]
    optional = {
        "money_at_stake": None if of.money is None else amount(of.money),
        "currency": None if of.money is None else of.currency,
        "entity": entities.pop() if len(entities) == 1 else None,
        "since": min(since).isoformat() if since else None,
        "likely_cause": of.likely_cause,
        "next_step": of.next_step,
    }
    return told | {name: value for name, value in optional.items() if value is not None}


def check_result(key: dg.AssetKey, name: str, of: Verdict, **more: Any) -> dg.AssetCheckResult:
    """The verdict as Dagster takes it; `more` is further metadata."""
    shown = [f.text for f in of.findings[:SHOWN_FINDINGS]]
    if len(of.findings) > SHOWN_FINDINGS:
        shown.append(f"and {len(of.findings) - SHOWN_FINDINGS} more")
    words = "; ".join(shown) or (f"{of.state.value}: {of.reason}" if of.state is State.UNKNOWN else "")
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=of.state is not State.FAILED,
        severity=dg.AssetCheckSeverity.WARN if of.state is State.UNKNOWN else of.severity,
        description=words or None,
        metadata=metadata(of) | more,
    )


def amount(value: Decimal) -> str:
    """Money as text, to the cent."""
    return f"{value.quantize(CENT, ROUND_HALF_EVEN):f}"


def percent(share: Decimal) -> str:
    return f"{share * 100:.1f} %"


def _told(finding: Finding) -> Mapping[str, str]:
    told = {
        "text": finding.text,
        "entity": finding.entity,
        "since": finding.since and finding.since.isoformat(),
        "money_at_stake": None if finding.money is None else amount(finding.money),
    }
    return {name: value for name, value in told.items() if value}
