"""Which finding explains which: what fails upstream takes what fails downstream along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from marketing_assets.alerts.finding import Finding, Key

Parents = Mapping[str, Set[str]]


def ancestors(asset: str, parents: Parents) -> frozenset[str]:
    """Everything an asset is made of."""
    found: set[str] = set()
    asked = set(parents.get(asset, ()))
    while asked:
        found |= asked
        asked = {p for a in asked for p in parents.get(a, ())} - found
    return frozenset(found)


def explain(
    found: Sequence[Finding], open_upstream: Iterable[Finding], parents: Parents
) -> tuple[list[Finding], dict[Key, list[Finding]]]:
    """The findings that stand for themselves, those that they explain folded in; and those that are
    explained by an incident that is open already, by its key.

    Only an error explains another finding; a warning upstream is named as a likely cause. Of several the
    one that lies furthest upstream takes all.
    """
    known = {f.key: f for f in (*open_upstream, *found)}
    roots = {f.key: _root(f, list(known.values()), parents) for f in found}
    folded: dict[Key, list[Finding]] = {}
    for finding in found:
        if (root := roots[finding.key]) is not None:
            folded.setdefault(root.key, []).append(finding)
    own = [f for f in found if roots[f.key] is None]
    names = {f.key for f in own}
    warnings = [f for f in known.values() if f.severity == "WARN"]
    standing = [
        replace(
            f,
            explains=tuple(folded.get(f.key, ())),
            likely_cause=f.likely_cause or _hint(f, warnings, parents),
        )
        for f in own
    ]
    return standing, {key: fs for key, fs in folded.items() if key not in names}


def _root(finding: Finding, known: Sequence[Finding], parents: Parents) -> Finding | None:
    """The error furthest upstream that explains a finding."""
    above = [f for f in known if f.severity == "ERROR" and _explains(f, finding, parents)]
    for candidate in above:
        if not any(_explains(other, candidate, parents) for other in above):
            return candidate
    return None


def _explains(cause: Finding, effect: Finding, parents: Parents) -> bool:
    if cause.key == effect.key:
        return False
    if effect.covers & cause.covers:
        # A table that could not be fetched explains that its own checks fail, not the other way round.
        return cause.kind != "check" and effect.kind == "check"
    upstream = frozenset[str]().union(*(ancestors(a, parents) for a in effect.covers))
    return bool(upstream & cause.covers)


def _hint(finding: Finding, warnings: Sequence[Finding], parents: Parents) -> str:
    upstream = [w for w in warnings if _explains(w, finding, parents)]
    if not upstream:
        return ""
    told = "; ".join(f"{w.key.asset}, {w.key.check}: {w.text}" for w in upstream[:3])
    return f"upstream checks warn: {told}"
