"""Running dbt inside this process, and what became of each node.

In-process, with the parsed manifest, a run starts in well under a second; the command line would parse the
project again first, because the vars differ with every run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg

from marketing_assets.locks import exclusive
from marketing_assets.settings import Settings
from marketing_assets.transform.manifest import DbtProject, base_arguments
from marketing_assets.warehouse.duckdb_connection import connect, writer_lock

REPORT = "written rows: "
_SHOWN_LEVELS = {"info", "warn", "error"}
_UNSHOWN = {"LogStartLine", "LogHookStartLine"}
_HELD = ("Could not set lock on file", "Unique file handle conflict")
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Job:
    """The last job of a node on BigQuery, and what it cost: bytes read and billed, milliseconds of slots."""

    id: str
    project: str
    location: str
    bytes_processed: int
    bytes_billed: int
    slot_ms: int


@dataclass(frozen=True)
class NodeOutcome:
    """What became of one node: a model, a seed or a check.

    `status` is dbt's word: success, error, skipped, pass, warn, fail, partial success. `message` is what
    the engine or dbt said; `failures` counts the rows a check found.
    """

    unique_id: str
    status: str
    message: str
    seconds: float
    failures: int | None = None
    compiled_path: str | None = None
    job: Job | None = None


@dataclass(frozen=True)
class Written:
    """What a table holds after a run: rows of the run's days, columns with the engine's types."""

    rows: int
    columns: tuple[tuple[str, str], ...]


@dataclass
class DbtRun:
    """The outcome of one dbt command. `error` is set where dbt itself could not run."""

    nodes: dict[str, NodeOutcome] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    error: str | None = None


def build(
    project: DbtProject,
    tenant_id: str,
    settings: Settings,
    select: Collection[str],
    variables: Mapping[str, Any],
    target_path: Path,
    log: Callable[[str], None],
) -> DbtRun:
    """Build the selected models and run the selected checks, each check before what follows its model.

    `select` names exactly what is run. Waits for other writers of the tenant's warehouse, at most the time
    that the settings give.
    """

    def invoke(manifest: Manifest) -> DbtRun:
        return _invoke(project, manifest, select, variables, target_path, log)

    if settings.warehouse == "duckdb":
        file = settings.warehouse_file(tenant_id)
        return _in_file(file, settings.lock_timeout_seconds, lambda: invoke(project.fresh_manifest(select)))
    # Google's libraries take half a second to import, which nobody on DuckDB should wait for.
    from marketing_assets.transform.datasets import point_at

    manifest = project.fresh_manifest(select)
    point_at(manifest, settings, tenant_id)
    # dbt's own tables of incoming rows have one name a model, so two runs of a tenant take turns.
    lock = settings.home.absolute() / "locks" / tenant_id / "transform.lock"
    with exclusive(lock, settings.lock_timeout_seconds, f"{tenant_id}: the models"):
        return invoke(manifest)


def _in_file(file: Path, timeout: float, invoke: Callable[[], DbtRun]) -> DbtRun:
    """Run dbt on a tenant's DuckDB file as soon as nobody else holds it."""
    give_up = time.monotonic() + timeout
    with writer_lock(file, timeout):
        while True:
            # dbt gives up at once where the file is taken, so wait here until it is free. Somebody may
            # still come between; then dbt has written nothing and is started again.
            connect(file, lock_timeout_seconds=max(0.0, give_up - time.monotonic())).close()
            run = invoke()
            if not _was_held(run) or time.monotonic() > give_up:
                return run
            time.sleep(_PAUSE_SECONDS)


def let_go() -> None:
    """Close the tenant's file, which dbt would hold until it runs again in this process."""
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _was_held(run: DbtRun) -> bool:
    return not run.nodes and any(sign in (run.error or "") for sign in _HELD)


def _invoke(
    project: DbtProject,
    manifest: Manifest,
    select: Iterable[str],
    variables: Mapping[str, Any],
    target_path: Path,
    log: Callable[[str], None],
) -> DbtRun:
    reports: list[str] = []

    def listen(event: EventMsg) -> None:
        text = str(event.info.msg)  # type: ignore[attr-defined]  # a protobuf message
        if text.startswith(REPORT):
            reports.append(text.removeprefix(REPORT))
        elif event.info.level in _SHOWN_LEVELS and event.info.name not in _UNSHOWN and text.strip():
            log(text)

    runner = dbtRunner(manifest=manifest, callbacks=[listen])
    try:
        result = runner.invoke(
            [
                "build",
                *("--select", *select),
                *("--indirect-selection", "empty"),
                *("--exclude-resource-type", "unit_test"),
                *("--vars", orjson.dumps(dict(variables)).decode()),
                # Its artefacts would repeat the manifest for every run; the outcome is read from memory.
                "--no-write-json",
                *base_arguments(project.project_dir, target_path, project.target),
            ]
        )
    finally:
        let_go()
    return _read(result, reports)


def _read(result: dbtRunnerResult, reports: list[str]) -> DbtRun:
    run = DbtRun()
    for node in getattr(result.result, "results", None) or []:
        if node.node.resource_type == "operation":
            if node.status == "error":
                run.error = f"{node.node.name}: {node.message}"
            continue
        run.nodes[node.node.unique_id] = NodeOutcome(
            unique_id=node.node.unique_id,
            status=str(node.status),
            message=node.message or "",
            seconds=node.execution_time,
            failures=node.failures,
            compiled_path=getattr(node.node, "compiled_path", None),
            job=_job(node.adapter_response or {}),
        )
    for report in reports:
        for unique_id, found in orjson.loads(report).items():
            run.written[unique_id] = Written(found["rows"], tuple((n, t) for n, t in found["columns"]))
    if result.exception is not None:
        run.error = str(result.exception)
    return run


def _job(response: Mapping[str, Any]) -> Job | None:
    if not response.get("job_id"):
        return None
    return Job(
        id=str(response["job_id"]),
        project=str(response.get("project_id") or ""),
        location=str(response.get("location") or ""),
        bytes_processed=int(response.get("bytes_processed") or 0),
        bytes_billed=int(response.get("bytes_billed") or 0),
        slot_ms=int(response.get("slot_ms") or 0),
    )
