"""What a dbt run says, in Dagster's words: materialisations, check results and a failure that names names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from marketing_assets.transform.runner import DbtRun, NodeOutcome, Written
from marketing_assets.transform.vars import RunDays

_NO_TABLE = re.compile(r"Table with name \S+ does not exist|Not found: Table")
NEXT_STEP = (
    "run the file compiled_sql in the warehouse: it gives the rows. Mend where they come from "
    "(docs/operations.md has the remedies) and materialise the days again."
)
CHECK_STATUSES = {"pass", "warn", "fail", "error"}


def materializations(
    run: DbtRun,
    keys: Mapping[str, dg.AssetKey],
    nodes: Mapping[str, Any],
    days: RunDays,
) -> Iterator[dg.MaterializeResult[None]]:
    """One result for each asset that was written. `keys` gives the asset of each selected node."""
    # In dbt's order, because Dagster wants a table after those it reads from.
    for unique_id, outcome in run.nodes.items():
        if unique_id in keys and outcome.status == "success":
            key, written = keys[unique_id], run.written.get(unique_id)
            yield dg.MaterializeResult(
                asset_key=key, metadata=_metadata(key, outcome, written, nodes[unique_id], days)
            )


def _metadata(
    key: dg.AssetKey, outcome: NodeOutcome, written: Written | None, node: Mapping[str, Any], days: RunDays
) -> dict[str, Any]:
    replaced: tuple[date, ...] = getattr(days, _replaces(node))
    found: dict[str, Any] = {
        "dagster/table_name": ".".join(key.path),
        "days": len(replaced),
        "first_day": str(replaced[0]),
        "last_day": str(replaced[-1]),
        "execution_seconds": round(outcome.seconds, 3),
    }
    if outcome.compiled_path:
        found["compiled_sql"] = dg.MetadataValue.path(outcome.compiled_path)
    if outcome.job:
        found["bigquery_job"] = f"{outcome.job.project}:{outcome.job.location}.{outcome.job.id}"
        found["bytes_billed"] = outcome.job.bytes_billed
        found["slot_seconds"] = outcome.job.slot_ms / 1000
    if written is not None:
        found["dagster/row_count"] = written.rows
        found["dagster/column_schema"] = column_schema(written, node)
    return found


def _replaces(node: Mapping[str, Any]) -> str:
    """Which of the run's lists of days the node's table was replaced for."""
    return str((node["config"].get("meta") or {}).get("replaces", "days"))


def column_schema(written: Written, node: Mapping[str, Any]) -> dg.TableSchema:
    """The table's columns as the engine has them, with the project's descriptions."""
    described = node.get("columns") or {}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, type=kind, description=described.get(name, {}).get("description"))
            for name, kind in written.columns
        ]
    )


def check_results(
    run: DbtRun, checks: Mapping[str, dg.AssetCheckKey], nodes: Mapping[str, Any]
) -> Iterator[dg.AssetCheckResult]:
    """One result for each check that ran; a check that dbt skipped has said nothing.

    `nodes` are the manifest's: they give severity, description, and in `meta` the next step.
    """
    for unique_id, key in checks.items():
        outcome = run.nodes.get(unique_id)
        if outcome is None or outcome.status not in CHECK_STATUSES:
            continue
        metadata: dict[str, Any] = {"execution_seconds": round(outcome.seconds, 3)}
        if outcome.failures is not None:
            metadata["failed_rows"] = outcome.failures
        if outcome.compiled_path:
            metadata["compiled_sql"] = dg.MetadataValue.path(outcome.compiled_path)
        passed, node = outcome.status == "pass", nodes[unique_id]
        if not passed:
            metadata["next_step"] = (node["config"].get("meta") or {}).get("next_step") or NEXT_STEP
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=passed,
            severity=_severity(node),
            description=None if passed else _what_is_wrong(outcome, node),
            metadata=metadata,
        )


def _severity(node: Mapping[str, Any]) -> dg.AssetCheckSeverity:
    warns = str(node["config"].get("severity") or "error").lower() == "warn"
    return dg.AssetCheckSeverity.WARN if warns else dg.AssetCheckSeverity.ERROR


def _what_is_wrong(outcome: NodeOutcome, node: Mapping[str, Any]) -> str:
    """How many rows break which rule; dbt itself only counts them."""
    if outcome.status == "error" or outcome.failures is None:
        return f"the check could not be evaluated: {outcome.message}"
    rule = node.get("description") or node["name"]
    return f"{outcome.failures:,} {'row breaks' if outcome.failures == 1 else 'rows break'} the rule: {rule}"


def failure(run: DbtRun, selected: Collection[str]) -> str | None:
    """Why the run is a failure, with each model's name and the engine's words; None where it is none.

    Failed checks are not counted here: Dagster fails the step for those that block.
    """
    broken = [o for o in run.nodes.values() if o.status == "error" and o.unique_id in selected]
    if broken:
        lines = [f"{o.unique_id.split('.')[-1]}: {o.message}" for o in broken]
        if any(_NO_TABLE.search(o.message) for o in broken):
            lines.append("materialise the table that does not exist yet, for these days, and run again")
        waiting = sum(1 for o in run.nodes.values() if o.status == "skipped" and o.unique_id in selected)
        if waiting:
            lines.append(f"{waiting} tables that read from them were skipped")
        return "\n".join(lines)
    if run.error is not None:
        return run.error
    return None
