"""Runs whose process was killed: Dagster goes on to show them as started and counts them as running.

A run of `marketing materialize` holds a lock file, named in a tag of the run, while it lives. A started run
whose lock is free has no process any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import dagster as dg

from marketing_assets.locks import LockTimeout, exclusive
from marketing_assets.settings import Settings

PROCESS_TAG = "marketing/process"
UNFINISHED = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


@contextmanager
def alive(settings: Settings) -> Iterator[dict[str, str]]:
    """The tag for a run of this process, which counts as alive until the end of the block."""
    name = uuid.uuid4().hex
    path = _lock_file(settings, name)
    with exclusive(path, 0, "this run"):
        yield {PROCESS_TAG: name}
    path.unlink(missing_ok=True)


def end_orphans(instance: dg.DagsterInstance, settings: Settings) -> None:
    """Mark the runs whose process is gone as failed."""
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        name = run.tags.get(PROCESS_TAG)
        if name is None:
            continue
        path = _lock_file(settings, name)
        with suppress(LockTimeout), exclusive(path, 0, "a run"):
            instance.report_run_failed(run, "The process of this run was ended from outside.")
            path.unlink(missing_ok=True)


def end_own_run(instance: dg.DagsterInstance, own_tag: Mapping[str, str]) -> None:
    """Mark the run of this process as failed where it was interrupted before Dagster could say so."""
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED, tags=own_tag)):
        instance.report_run_failed(run, "The run was interrupted before it began.")


def _lock_file(settings: Settings, name: str) -> Path:
    return settings.home.absolute() / "locks" / "runs" / f"{name}.lock"
