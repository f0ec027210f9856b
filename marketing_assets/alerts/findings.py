"""What a run found wrong, and what it found in order: its check evaluations and steps as plain values.

`facts_of_run` reads Dagster's events; `findings` and `verdicts` are pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import dagster as dg
from dagster import DagsterEventType

from marketing_assets.alerts.retried import is_retried
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.redaction import redact
from marketing_assets.verdicts import NOT_JUDGED, State

_READ = {
    DagsterEventType.ASSET_CHECK_EVALUATION,
    DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    DagsterEventType.STEP_FAILURE,
    DagsterEventType.STEP_SUCCESS,
    DagsterEventType.RUN_FAILURE,
}
_PAGE = 1000
_PARTITION = "dagster/partition"
_CHECK_FAILED = "DagsterAssetCheckFailedError"
_INTERRUPTED = {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}
_LONGEST = 1000


class Key(NamedTuple):
    """What an incident is about: asset, check (or step, or `connection`), entity (empty: the asset)."""

    asset: str
    check: str
    entity: str = ""


@dataclass(frozen=True)
class Days:
    """The partitions of a verdict, ISO days; None where it has none."""

    first: str | None = None
    last: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something that is wrong. Money is in `currency`; `since` is an ISO date."""

    key: Key
    kind: str
    severity: str
    text: str
    days: Days = Days()
    covers: frozenset[str] = frozenset()
    """The assets it speaks of."""
    money: Decimal | None = None
    currency: str = ""
    since: str = ""
    likely_cause: str = ""
    next_step: str = ""
    metric: str = ""
    metric_filter: Mapping[str, str] = field(default_factory=dict)
    explains: tuple[Finding, ...] = ()
    """What follows from it and gets no incident of its own."""


@dataclass(frozen=True)
class RunFacts:
    """A finished run as this room needs it."""

    run_id: str
    job: str
    status: str
    days: Days
    is_retried: bool
    checks: tuple[dg.AssetCheckEvaluation, ...] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)
    successes: frozenset[str] = frozenset()
    assets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The assets of each step."""
    error: str = ""
    """Why the run failed, where no step did."""


@dataclass(frozen=True)
class Failure:
    """Why a step failed. `connection` is tenant/platform/account where a platform refused."""

    text: str
    error: str = ""
    connection: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Verdicts:
    """All that a run says: what is wrong, what was looked at and is in order, and over which days."""

    wrong: tuple[Finding, ...]
    looked_at: frozenset[tuple[str, str]]
    """(asset, check) of every verdict; a key of these that is not wrong is in order."""
    days: Days
    unsure: frozenset[Key] = frozenset()
    """Entities of which a check that looked at others could not tell: nothing of theirs ends."""


def facts_of_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> RunFacts:
    """Read what a finished run left in the event log."""
    checks: list[tuple[str, dg.AssetCheckEvaluation]] = []
    failures: dict[str, Failure] = {}
    successes: set[str] = set()
    assets: dict[str, set[str]] = {}
    error = ""
    for event in _events(instance, run.run_id):
        step = str(event.step_key or "")
        if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            checks.append((step, event.asset_check_evaluation_data))
        elif event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            checked = event.asset_check_planned_data.asset_key
            assets.setdefault(step, set()).add(checked.to_user_string())
        elif event.event_type is DagsterEventType.ASSET_MATERIALIZATION_PLANNED:
            if event.asset_key:
                assets.setdefault(step, set()).add(event.asset_key.to_user_string())
        elif event.event_type is DagsterEventType.STEP_FAILURE:
            failure = _failure(event.step_failure_data)
            if failure.error not in _INTERRUPTED:  # a cancelled run's step was only not computed
                failures[step] = failure
        elif event.event_type is DagsterEventType.STEP_SUCCESS:
            successes.add(step)
            failures.pop(step, None)  # a step may succeed when it is tried again
        else:
            data = event.job_failure_data
            error = data.error.message if data.error else event.message or ""
    return RunFacts(
        run_id=run.run_id,
        job=run.job_name,
        status=run.status.value,
        days=_days(run.tags),
        is_retried=is_retried(run),
        # What failed steps checked is checked again by the retry; what others did is not.
        checks=tuple(e for step, e in checks if not (is_retried(run) and step in failures)),
        failures=failures,
        successes=frozenset(successes),
        assets={step: frozenset(keys) for step, keys in assets.items()},
        error=clean(error),
    )


def verdicts(tenant_id: str, facts: RunFacts, tables_of: Mapping[str, Iterable[str]]) -> Verdicts:
    """All that a run says of one tenant; `tables_of` names the raw assets of each platform."""
    wrong = findings(tenant_id, facts, tables_of)
    looked_at = {
        (e.asset_key.to_user_string(), e.check_name)
        for e in facts.checks
        if _own(tenant_id, e.asset_key.to_user_string()) and not _is_unknown(e)
    }
    for step in facts.successes:
        own = {a for a in facts.assets.get(step, ()) if _own(tenant_id, a)}
        if own:
            looked_at.add((_subject(own), step))
    fetched = {a for step in facts.successes for a in facts.assets.get(step, ())}
    looked_at |= {
        (f"{tenant_id}/raw/{platform}", CONNECTION)
        for platform, tables in tables_of.items()
        if not fetched.isdisjoint(tables)
    }
    if facts.status == "SUCCESS":
        looked_at.add((f"{tenant_id}/{facts.job}", RUN))
    # What failed and is tried again is neither wrong yet nor in order.
    looked_at -= {(f.key.asset, f.key.check) for f in _of_steps(tenant_id, facts, tables_of, set())}
    looked_at |= {(f.key.asset, f.key.check) for f in wrong}
    unsure = frozenset(
        Key(e.asset_key.to_user_string(), e.check_name, entity)
        for e in facts.checks
        for entity in _not_judged(e)
    )
    return Verdicts(wrong, frozenset(looked_at), facts.days, unsure)


CONNECTION, RUN = "connection", "run"


def findings(tenant_id: str, facts: RunFacts, tables_of: Mapping[str, Iterable[str]]) -> tuple[Finding, ...]:
    """What is wrong by this run, each key once. Failures of a run that is tried again do not count."""
    found = [
        finding
        for evaluation in facts.checks
        if not evaluation.passed
        and not _is_unknown(evaluation)
        and _own(tenant_id, evaluation.asset_key.to_user_string())
        for finding in _of_check(evaluation, facts.days)
    ]
    if not facts.is_retried:
        found += _of_steps(tenant_id, facts, tables_of, {a for f in found for a in f.covers})
        about_assets = any(facts.assets.get(step) for step in facts.failures)
        if facts.status == "CANCELED" or (facts.status == "FAILURE" and not about_assets):
            found.append(_of_run(tenant_id, facts))
    # A check may be evaluated twice in a run; its last word counts.
    last = {(e.asset_key.to_user_string(), e.check_name): e.passed for e in facts.checks}
    by_key = {f.key: f for f in found if not last.get((f.key.asset, f.key.check), False)}
    return tuple(by_key.values())


def _of_check(evaluation: dg.AssetCheckEvaluation, days: Days) -> list[Finding]:
    """A failed check: one finding, or one for each entity that its metadata `findings` names."""
    told = {name: getattr(value, "value", None) for name, value in evaluation.metadata.items()}
    asset = evaluation.asset_key.to_user_string()
    if evaluation.partition:
        days = Days(evaluation.partition, evaluation.partition)
    text = evaluation.description or f"check {evaluation.check_name} failed"
    whole = Finding(
        key=Key(asset, evaluation.check_name, _text(told.get("entity"))),
        kind="check",
        severity=evaluation.severity.value,
        text=clean(text),
        days=days,
        covers=frozenset({asset}),
    )
    whole = _with_metadata(whole, told)
    parts = _listed(told.get("findings"))
    if not any(part.get("entity") for part in parts):
        return [whole]
    found: dict[Key, Finding] = {}
    for part in parts:
        key = Key(asset, evaluation.check_name, _text(part.get("entity")))
        one = _with_metadata(replace(whole, key=key, money=None, since=""), part)
        found[key] = _together(found[key], one) if key in found else one
    return list(found.values())


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


def _is_unknown(evaluation: dg.AssetCheckEvaluation) -> bool:
    """Whether a check could not tell: that neither opens an incident nor ends one."""
    return getattr(evaluation.metadata.get("state"), "value", None) == State.UNKNOWN


def _not_judged(evaluation: dg.AssetCheckEvaluation) -> list[str]:
    told = getattr(evaluation.metadata.get(NOT_JUDGED), "value", None)
    return [str(entity) for entity in told] if isinstance(told, list) else []


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


def _of_steps(
    tenant_id: str, facts: RunFacts, tables_of: Mapping[str, Iterable[str]], checked: set[str]
) -> list[Finding]:
    """Failed steps; those that one connection failed are one finding."""
    found: dict[Key, Finding] = {}
    for step, failure in sorted(facts.failures.items()):
        own = {a for a in facts.assets.get(step, ()) if _own(tenant_id, a)}
        if not own or (failure.error == _CHECK_FAILED and own & checked):
            continue  # that blocking check has a finding of its own
        if failure.connection.startswith(f"{tenant_id}/"):
            platform, _, account = failure.connection.partition("/")[2].partition("/")
            key = Key(f"{tenant_id}/raw/{platform}", CONNECTION, account)
            own |= set(tables_of.get(platform, ()))
            kind = CONNECTION
        else:
            key, kind = Key(_subject(own), step), "step"
        before = found.get(key)
        found[key] = Finding(
            key=key,
            kind=kind,
            severity="ERROR",
            text=before.text if before else failure.text,
            days=facts.days,
            covers=frozenset(own) | (before.covers if before else frozenset()),
            next_step=failure.remedy,
        )
    return list(found.values())


def _of_run(tenant_id: str, facts: RunFacts) -> Finding:
    canceled = facts.status == "CANCELED"
    why = next((f.text for f in facts.failures.values()), facts.error) or "failed before its first step"
    text = "was cancelled; what it had left was not computed" if canceled else why
    return Finding(
        key=Key(f"{tenant_id}/{facts.job}", RUN),
        kind=RUN,
        severity="WARN" if canceled else "ERROR",
        text=f"run of {facts.job}: {text}",
        days=facts.days,
        covers=frozenset(a for of_step in facts.assets.values() for a in of_step if _own(tenant_id, a)),
        next_step="Open the run, mend what it says, and run the job again.",
    )


def _events(instance: dg.DagsterInstance, run_id: str) -> Iterable[dg.DagsterEvent]:
    cursor: str | None = None
    while True:
        page = instance.get_records_for_run(run_id, cursor, _READ, _PAGE)
        yield from (r.event_log_entry.dagster_event for r in page.records if r.event_log_entry.dagster_event)
        if not page.has_more:
            return
        cursor = page.cursor


def _failure(data: Any) -> Failure:
    told = data.user_failure_data
    metadata = {k: getattr(v, "value", None) for k, v in told.metadata.items()} if told else {}
    text = (told.description if told else None) or (data.error.message if data.error else "failed")
    error = data.error.cls_name or "" if data.error else ""
    return Failure(
        text=clean(text),
        error=error,
        connection=_text(metadata.get("connection")),
        remedy=clean(_text(metadata.get("remedy"))),
    )


def _days(tags: Mapping[str, str]) -> Days:
    one = tags.get(_PARTITION)
    return Days(tags.get(RANGE_START, one), tags.get(RANGE_END, one))


def _subject(assets: set[str]) -> str:
    """The asset of a step; of several what their keys have in common."""
    paths = [a.split("/") for a in sorted(assets)]
    if len(paths) == 1:
        return "/".join(paths[0])
    shared = [parts[0] for parts in zip(*paths, strict=False) if len(set(parts)) == 1]
    return "/".join(shared)


def _own(tenant_id: str, asset: str) -> bool:
    return asset.split("/", maxsplit=1)[0] == tenant_id


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


def clean(text: str) -> str:
    """One paragraph without secrets, at most `_LONGEST` characters."""
    flat = " ".join(redact(text).split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"


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
