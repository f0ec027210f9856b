"""Runs whose process was killed: Dagster goes on to show them as started and counts them as running.

A run of `marketing materialize` holds a lock file, named in a tag of the run, while it lives; so does any
other run from its first step on. A started run whose lock is free has no process any more. Only the machine
that took a lock can judge it.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

import dagster as dg

from marketing_assets.locks import LockTimeout, exclusive
from marketing_assets.settings import Settings

PROCESS_TAG = "marketing/process"
WORKER_TAG = "marketing/worker"
"""Run, machine and lock of a run's process, by spaces. A retry inherits its parent's, which names another."""
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
    """Let others see that this process is at work on the run, until the process ends."""
    value = f"{run_id} {socket.gethostname()} {_own_lock(settings)}"
    run = instance.get_run_by_id(run_id)
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
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        name = _lock_of(run)
        if name is None:
            continue
        path = _lock_file(settings, name)
        with suppress(LockTimeout), exclusive(path, 0, "a run"):
            instance.report_run_failed(run, "The process of this run was ended from outside.")
            path.unlink(missing_ok=True)
            ended.append(run.run_id)
    return ended


def end_own_run(instance: dg.DagsterInstance, own_tag: Mapping[str, str]) -> None:
    """Mark the run of this process as failed where it was interrupted before Dagster could say so."""
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED, tags=own_tag)):
        instance.report_run_failed(run, "The run was interrupted before it began.")


def _lock_file(settings: Settings, name: str) -> Path:
    return settings.home.absolute() / "locks" / "runs" / f"{name}.lock"
