"""Running dbt inside this process, and what became of each node.

In-process, with the parsed manifest, a run starts in well under a second; the command line would parse the
project again first, because the vars differ with every run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.base_types import EventMsg

from marketing_assets.transform.manifest import DbtProject, base_arguments
from marketing_assets.warehouse.duckdb_connection import connect, writer_lock

REPORT = "written rows: "
_SHOWN_LEVELS = {"info", "warn", "error"}
_UNSHOWN = {"LogStartLine", "LogHookStartLine"}
_HELD = ("Could not set lock on file", "Unique file handle conflict")
_PAUSE_SECONDS = 0.5


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
    select: Iterable[str],
    variables: Mapping[str, Any],
    target_path: Path,
    log: Callable[[str], None],
    lock_timeout_seconds: float,
) -> DbtRun:
    """Build the selected models and run the selected checks, each check before what follows its model.

    `select` names exactly what is run. Waits for other writers of the tenant's file, at most the given
    time.
    """
    file = Path(variables["warehouse_file"])
    give_up = time.monotonic() + lock_timeout_seconds
    with writer_lock(file, lock_timeout_seconds):
        while True:
            # dbt gives up at once where the file is taken, so wait here until it is free. Somebody may
            # still come between; then dbt has written nothing and is started again.
            connect(file, lock_timeout_seconds=max(0.0, give_up - time.monotonic())).close()
            run = _invoke(project, select, variables, target_path, log)
            if not _was_held(run) or time.monotonic() > give_up:
                return run
            time.sleep(_PAUSE_SECONDS)


def let_go() -> None:
    """Close the tenant's file, which dbt would hold until it runs again in this process."""
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _was_held(run: DbtRun) -> bool:
    return not run.nodes and any(sign in (run.error or "") for sign in _HELD)


def _invoke(
    project: DbtProject,
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

    runner = dbtRunner(manifest=project.fresh_manifest(), callbacks=[listen])
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
                *base_arguments(project.project_dir, target_path),
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
        )
    for report in reports:
        for unique_id, found in orjson.loads(report).items():
            run.written[unique_id] = Written(found["rows"], tuple((n, t) for n, t in found["columns"]))
    if result.exception is not None:
        run.error = str(result.exception)
    return run
