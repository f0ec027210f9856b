"""What each run did to each table, read from Dagster's own records: rows of `ops.run_history`.

Dagster's event log is the source, so nothing is written while a run works and nothing is lost when it dies.
Runs that ended are told by the next run of the tenant; telling one twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.automation.asset_runs import asset_runs
from marketing_assets.partitions import local_day
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.schema import DAY, Column, Type, polars_schema
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant

RUN_HISTORY = TableSpec(
    name="run_history",
    description="What became of each table in each run that ended: a row a run and table.",
    columns=(
        Column("run_id", Type.STRING, "Dagster's run.", required=True),
        Column("tenant_id", Type.STRING, "The tenant.", required=True),
        Column(DAY, Type.DATE, "The tenant's day on which the run ended.", required=True),
        Column("platform", Type.STRING, "The platform of a raw table; null for models."),
        Column("table_name", Type.STRING, "Layer and table, such as `raw.shopee_orders`.", required=True),
        Column("partitions", Type.STRING, "First and last day of the run, joined by `..`.", required=True),
        Column("days", Type.INT64, "How many days were planned.", required=True),
        Column("rows", Type.INT64, "Rows written; null where nothing was."),
        Column("api_calls", Type.INT64, "Calls sent to the platform, repeated ones included."),
        Column("retries", Type.INT64, "Calls among them that repeat another."),
        Column("bytes", Type.INT64, "Bytes received from the platform, or billed by the warehouse."),
        Column("cost", Type.NUMERIC, "Price of the bytes billed, in US dollars; null where none were."),
        Column("outcome", Type.STRING, "`written`, `skipped`, `failed` or `not_run`.", required=True),
        Column("failure", Type.STRING, "Class of the failure, such as `auth-dead`."),
        Column("error", Type.STRING, "What the failed step said, remedy included."),
        Column("started_at", Type.TIMESTAMP, "When the run started; null where it never did."),
        Column("ended_at", Type.TIMESTAMP, "When the run ended.", required=True),
    ),
    key=("run_id", "table_name"),
)

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
BYTES_PER_TIB = 1024**4
ERROR_LENGTH = 1000

_TABLES = {t.name: p.name for p in PLATFORMS.values() for t in p.tables}


@dataclass
class _Told:
    """What the events of a run say of one asset; counters are summed over its connections already."""

    days: set[str] = field(default_factory=set)
    metadata: Mapping[str, Any] | None = None


def is_of(run: dg.DagsterRun, tenant_id: str) -> bool:
    """Whether a run is a tenant's: a run serves one tenant alone."""
    if run.asset_selection:
        return next(iter(run.asset_selection)).path[0] == tenant_id
    return run.tags.get("tenant") == tenant_id or run.job_name == f"{tenant_id}_refresh"


def ended_runs(
    instance: dg.DagsterInstance, tenant_id: str, since: datetime | None, known: Collection[str], limit: int
) -> list[dg.RunRecord]:
    """A tenant's runs that ended after `since` and are not `known`, the oldest first."""
    job = f"{tenant_id}_refresh"
    records = asset_runs(instance, job, limit, ascending=True, statuses=ENDED, updated_after=since)
    return [r for r in records if r.dagster_run.run_id not in known and is_of(r.dagster_run, tenant_id)]


def history_rows(
    instance: dg.DagsterInstance, tenant: Tenant, record: dg.RunRecord, usd_per_tib: Decimal
) -> list[dict[str, Any]]:
    """A row for each table that a run which ended was to write."""
    run = record.dagster_run
    ended = _instant(record.end_time) or record.update_timestamp.replace(tzinfo=UTC)
    told, failures = _events(instance, run.run_id)
    rows = []
    for key, of_asset in sorted(told.items()):
        if key.path[0] != tenant.id:
            continue
        failure = _failure_of(key, failures) if of_asset.metadata is None else None
        rows.append(
            {
                "run_id": run.run_id,
                "tenant_id": tenant.id,
                DAY: local_day(ended, tenant.zone),
                "platform": _TABLES.get(key.path[-1]) if key.path[1] == "raw" else None,
                "table_name": ".".join(key.path[1:]),
                "partitions": "..".join(dict.fromkeys((min(of_asset.days), max(of_asset.days))))
                if of_asset.days
                else "",
                "days": len(of_asset.days),
                **_figures(of_asset.metadata or {}, usd_per_tib),
                "outcome": _outcome(of_asset.metadata, failure),
                "failure": failure.kind if failure else None,
                "error": failure.text[:ERROR_LENGTH] if failure else None,
                "started_at": _instant(record.start_time),
                "ended_at": ended,
            }
        )
    return rows


def history_frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=polars_schema(RUN_HISTORY.columns))


@dataclass(frozen=True)
class StepFailure:
    """A failed step: its key, what it said, and what it told programs (`ingest/assets.failure_metadata`)."""

    step: str
    text: str
    kind: str | None
    connection: str | None
    remedy: str | None
    at: float


def step_failures(instance: dg.DagsterInstance, run_id: str) -> list[StepFailure]:
    records = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return [_step_failure(record) for record in records]


def _step_failure(entry: dg.EventLogEntry) -> StepFailure:
    data = entry.get_dagster_event().step_failure_data
    told = data.user_failure_data
    metadata = {name: str(value.value) for name, value in (told.metadata if told else {}).items()}
    text = (told.description if told else None) or (data.error.message if data.error else None) or "failed"
    return StepFailure(
        step=str(entry.step_key),
        text=text.strip(),
        kind=metadata.get("failure"),
        connection=metadata.get("connection"),
        remedy=metadata.get("remedy"),
        at=entry.timestamp,
    )


def materialized(instance: dg.DagsterInstance, run_id: str) -> Iterator[tuple[dg.AssetKey, float, Any]]:
    """Key, Unix time and metadata of each materialisation of a run; one for each day."""
    yield from map(
        materialization, instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    )


def materialization(entry: dg.EventLogEntry) -> tuple[dg.AssetKey, float, Any]:
    """Key, Unix time and metadata of one materialisation."""
    event = entry.get_dagster_event().step_materialization_data.materialization
    return event.asset_key, entry.timestamp, event


def _events(instance: dg.DagsterInstance, run_id: str) -> tuple[dict[dg.AssetKey, _Told], list[StepFailure]]:
    told: dict[dg.AssetKey, _Told] = {}
    planned = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    for entry in instance.all_logs(run_id, of_type=planned):
        data = entry.get_dagster_event().asset_materialization_planned_data
        days = told.setdefault(data.asset_key, _Told()).days
        days |= {data.partition} if data.partition else set(_keys_of(data))
    for key, _, event in materialized(instance, run_id):
        of_asset = told.setdefault(key, _Told())
        of_asset.metadata = {name: value.value for name, value in event.metadata.items()}
        if event.partition:
            of_asset.days.add(event.partition)
    return told, step_failures(instance, run_id)


def _keys_of(planned: Any) -> Iterable[str]:
    subset = planned.partitions_subset
    return subset.get_partition_keys() if subset is not None else ()


def _figures(metadata: Mapping[str, Any], usd_per_tib: Decimal) -> dict[str, Any]:
    api = metadata.get("api") or {}
    billed = metadata.get("bytes_billed")
    calls, retries, received = (api.get(n) for n in ("calls", "retries", "bytes_received"))
    return {
        "rows": metadata.get("dagster/row_count"),
        "api_calls": None if calls is None else int(calls),
        "retries": None if retries is None else int(retries),
        "bytes": int(received) if received is not None else billed,
        "cost": None if billed is None else round(usd_per_tib * billed / BYTES_PER_TIB, 9),
    }


def _outcome(metadata: Mapping[str, Any] | None, failure: StepFailure | None) -> str:
    if metadata is not None:
        return "skipped" if "skipped" in metadata else "written"
    return "failed" if failure else "not_run"


def _failure_of(key: dg.AssetKey, failures: Iterable[StepFailure]) -> StepFailure | None:
    """The failure that kept an asset from being written: its own step's, or a dbt step's that names it."""
    own, named = "__".join(key.path), re.compile(rf"(^|\W){re.escape(key.path[-1])}: ", re.MULTILINE)
    for failure in failures:
        if failure.step == own or ("_transform_" in failure.step and named.search(failure.text)):
            return failure
    return None


def _instant(unix: float | None) -> datetime | None:
    return None if unix is None else datetime.fromtimestamp(unix, UTC)
