"""What one fetch says of a raw table: contract, completeness, schema drift. Pure."""

from __future__ import annotations

import dagster as dg

from marketing_assets.ingest.raw_table import RawOutcome
from marketing_assets.verdicts import Finding, Verdict, passed, verdict


def of_fetch(outcome: RawOutcome) -> dict[str, Verdict]:
    """The verdict of each check; all pass, and say why, where nothing was fetched."""
    if outcome.loaded is None:
        return dict.fromkeys(("contract", "completeness", "schema_drift"), passed(outcome.skipped or ""))
    days = outcome.loaded.days
    looked = f"{outcome.loaded.total:,} rows of {len(days)} days"
    if days:
        looked += f", {days[0]} to {days[-1]}"
    return {
        "contract": _contract(outcome, looked),
        "completeness": _completeness(outcome, looked),
        "schema_drift": _drift(outcome, looked),
    }


def _contract(outcome: RawOutcome, looked: str) -> Verdict:
    findings = []
    if outcome.duplicate_keys:
        findings.append(Finding(f"{outcome.duplicate_keys} keys stand more than once"))
    if outcome.missing_values:
        findings.append(Finding(f"{outcome.missing_values} rows lack a required value"))
    return verdict(
        findings,
        looked,
        severity=dg.AssetCheckSeverity.ERROR,
        likely_cause="rows were written past the pipeline, or the table's contract was changed",
        next_step="replay the days from landing (`marketing replay`); see docs/operations.md",
    )


def _completeness(outcome: RawOutcome, looked: str) -> Verdict:
    return verdict(
        [Finding(str(d), since=d.day) for d in outcome.differences],
        f"{looked}, against the platform's own counts",
        severity=dg.AssetCheckSeverity.ERROR,
        likely_cause="the platform left records out of its answers, or changed them while they were read",
        next_step="materialise these days again; if they still differ, compare them in the platform's own UI",
    )


def _drift(outcome: RawOutcome, looked: str) -> Verdict:
    return verdict(
        [Finding(f"{name}: in {n} records") for name, n in sorted(outcome.drift.items())],
        looked,
        likely_cause="the platform sends fields that are new; landing keeps them",
        next_step="add those that matter to the table's contract, then replay the days (`marketing replay`)",
    )
