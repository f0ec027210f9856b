"""What a run found wrong, and what it found in order: its check evaluations and steps as findings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from marketing_assets.alerts.check_findings import is_unknown, not_judged, of_check
from marketing_assets.alerts.finding import Days, Finding, Key
from marketing_assets.alerts.run_facts import RunFacts

CONNECTION, RUN = "connection", "run"
_CHECK_FAILED = "DagsterAssetCheckFailedError"


@dataclass(frozen=True)
class Verdicts:
    """All that a run says: what is wrong, what was looked at and is in order, and over which days."""

    wrong: tuple[Finding, ...]
    looked_at: frozenset[tuple[str, str]]
    """(asset, check) of every verdict; a key of these that is not wrong is in order."""
    days: Days
    unsure: frozenset[Key] = frozenset()
    """Entities of which a check that looked at others could not tell: nothing of theirs ends."""


def verdicts(tenant_id: str, facts: RunFacts, tables_of: Mapping[str, Iterable[str]]) -> Verdicts:
    """All that a run says of one tenant; `tables_of` names the raw assets of each platform."""
    wrong = findings(tenant_id, facts, tables_of)
    looked_at = {
        (e.asset_key.to_user_string(), e.check_name)
        for e in facts.checks
        if _own(tenant_id, e.asset_key.to_user_string()) and not is_unknown(e)
    }
    for step in facts.successes:
        own = {a for a in facts.assets.get(step, ()) if _own(tenant_id, a)}
        if own:
            looked_at.add((_subject(own), step))
    # A step that only checks tables has not spoken with their platform.
    fetched = {a for step in facts.successes for a in facts.computed.get(step, ())}
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
        for entity in not_judged(e)
    )
    return Verdicts(wrong, frozenset(looked_at), facts.days, unsure)


def findings(tenant_id: str, facts: RunFacts, tables_of: Mapping[str, Iterable[str]]) -> tuple[Finding, ...]:
    """What is wrong by this run, each key once. Failures of a run that is tried again do not count."""
    found = [
        finding
        for evaluation in facts.checks
        if not evaluation.passed
        and not is_unknown(evaluation)
        and _own(tenant_id, evaluation.asset_key.to_user_string())
        for finding in of_check(evaluation, facts.days)
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


def _subject(assets: set[str]) -> str:
    """The asset of a step; of several what their keys have in common."""
    paths = [a.split("/") for a in sorted(assets)]
    if len(paths) == 1:
        return "/".join(paths[0])
    shared = [parts[0] for parts in zip(*paths, strict=False) if len(set(parts)) == 1]
    return "/".join(shared)


def _own(tenant_id: str, asset: str) -> bool:
    return asset.split("/", maxsplit=1)[0] == tenant_id
