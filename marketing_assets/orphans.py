"""Runs whose process was killed: Dagster goes on to show them as started and counts them as running.

A run of `marketing materialize` holds a lock file, named in a tag of the run, while it lives; so does any
other run from its first step on. A started run whose lock is free has no process any more. Only the machine
that took a lock can judge it.

A run that was killed before its first step has no lock. Its code server knows whether it is at work on it.
"""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import dagster as dg
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

from marketing_assets.locks import LockTimeout, exclusive
from marketing_assets.settings import Settings

PROCESS_TAG = "marketing/process"
WORKER_TAG = "marketing/worker"
"""Run, machine and lock of a run's process, by spaces. A retry inherits its parent's, which names another."""
LAUNCHING = timedelta(seconds=60)
"""How long a run may take from its launch to its first step where its code server does not know of it: it is
being told of it just now, or the server died and the run's process, which lives on, is on its way."""
SERVER_SECONDS = 10

_LAUNCHED = {dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED}
UNFINISHED = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


@contextmanager
def alive(settings: Settings) -> Iterator[dict[str, str]]:
    """The tag for a run of this process, which counts as alive until the end of the block."""
    name = uuid.uuid4().hex
    path = _lock_file(settings, name)
    with exclusive(path, 0, "this run"):
        yield {PROCESS_TAG: name}
    path.unlink(missing_ok=True)


_HELD = ExitStack()
"""Locks that this process holds until it ends, however that is."""


@cache
def _own_lock(settings: Settings) -> str:
    name = uuid.uuid4().hex
    _HELD.enter_context(exclusive(_lock_file(settings, name), 0, "this process"))
    return name


def stay_alive(instance: dg.DagsterInstance, run_id: str, settings: Settings) -> None:
    """Let others see that this process is at work on the run, until the process ends.

    Raises `dagster.Failure` where the run was given up meanwhile, since another may be at work in its place.
    """
    value = f"{run_id} {socket.gethostname()} {_own_lock(settings)}"
    run = instance.get_run_by_id(run_id)
    if run is not None and run.is_finished:
        raise dg.Failure("This run was taken for dead before its first step; a retry may be at work.")
    if run is not None and run.tags.get(WORKER_TAG) != value:
        instance.add_run_tags(run_id, {WORKER_TAG: value})


def _lock_of(run: dg.DagsterRun) -> str | None:
    """The lock that shows whether the run's process lives; None where this machine cannot tell."""
    run_id, machine, name = [*run.tags.get(WORKER_TAG, "").split(), "", "", ""][:3]
    if run_id == run.run_id:
        return name if machine == socket.gethostname() else None
    return run.tags.get(PROCESS_TAG)


def end_orphans(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Mark the runs whose process is gone as failed; returns their ids."""
    ended = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
        run = record.dagster_run
        name = _lock_of(run)
        if name is None:
            if _died_at_launch(record):
                instance.report_run_failed(run, "The process of this run was ended before its first step.")
                ended.append(run.run_id)
            continue
        path = _lock_file(settings, name)
        with suppress(LockTimeout), exclusive(path, 0, "a run"):
            instance.report_run_failed(run, "The process of this run was ended from outside.")
            path.unlink(missing_ok=True)
            ended.append(run.run_id)
    return ended


def _died_at_launch(record: dg.RunRecord) -> bool:
    """Whether a run without a lock was launched a while ago and its code server does not know of it."""
    run, changed = record.dagster_run, record.update_timestamp
    is_elsewhere = run.tags.get(WORKER_TAG, "").split()[:1] == [run.run_id]
    is_recent = datetime.now(UTC) - changed.replace(tzinfo=changed.tzinfo or UTC) < LAUNCHING
    if run.status not in _LAUNCHED or GRPC_INFO_TAG not in run.tags or is_elsewhere or is_recent:
        return False
    server = json.loads(run.tags[GRPC_INFO_TAG])
    client = DagsterGrpcClient(
        server.get("port"), server.get("socket"), server["host"], use_ssl=server.get("use_ssl", False)
    )
    try:
        answer = client.can_cancel_execution(
            CanCancelExecutionRequest(run_id=run.run_id), timeout=SERVER_SECONDS
        )
    except DagsterUserCodeUnreachableError:
        # A server of another machine may be there and only not be reached.
        return server["host"] in {"localhost", "127.0.0.1"}
    return not deserialize_value(answer, CanCancelExecutionResult).can_cancel


def end_own_run(instance: dg.DagsterInstance, own_tag: Mapping[str, str]) -> None:
    """Mark the run of this process as failed where it was interrupted before Dagster could say so."""
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED, tags=own_tag)):
        instance.report_run_failed(run, "The run was interrupted before it began.")


def _lock_file(settings: Settings, name: str) -> Path:
    return settings.home.absolute() / "locks" / "runs" / f"{name}.lock"
