"""Runs whose process ended before Dagster could say so."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.test_utils import freeze_time

from marketing_assets.orphans import WORKER_TAG, alive, end_orphans, end_own_run, stay_alive
from marketing_assets.settings import Settings
from marketing_assets_tests.commands.ports import consecutive_ports


@dg.job
def nothing() -> None:
    """A job without steps."""


def waiting_run(instance: dg.DagsterInstance, **tags: str) -> str:
    """A run that was made and never began."""
    return instance.create_run_for_job(nothing, tags=tags).run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_a_run_that_was_interrupted_before_it_began_is_ended_and_no_other(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with dg.DagsterInstance.ephemeral() as instance, alive(settings) as own, alive(settings) as others:
        mine, theirs, foreign = (waiting_run(instance, **tags) for tags in (own, others, {}))
        end_own_run(instance, own)
        end_orphans(instance, settings)  # the other process lives
        assert status(instance, mine) is dg.DagsterRunStatus.FAILURE
        assert status(instance, theirs) is status(instance, foreign) is dg.DagsterRunStatus.NOT_STARTED


def test_the_run_of_a_dead_process_is_ended_by_the_next_one(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        with alive(settings) as own:
            orphan = waiting_run(instance, **own)
        end_orphans(instance, settings)
        assert status(instance, orphan) is dg.DagsterRunStatus.FAILURE


def launched(instance: dg.DagsterInstance, run_id: str, port: int, ago: timedelta) -> None:
    """The run was handed to a code server on this machine a while ago."""
    instance.add_run_tags(run_id, {GRPC_INFO_TAG: json.dumps({"host": "localhost", "port": port})})
    then = datetime.now(UTC) - ago
    with freeze_time(then):
        instance.report_dagster_event(dg.DagsterEvent("PIPELINE_STARTING", "nothing"), run_id)


def test_a_run_that_its_code_server_does_not_know_is_ended_after_a_minute(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    nobody = consecutive_ports(1)
    with dg.DagsterInstance.ephemeral() as instance:
        dead, young, queued = (waiting_run(instance) for _ in range(3))
        launched(instance, dead, nobody, timedelta(minutes=2))
        launched(instance, young, nobody, timedelta(seconds=20))
        assert end_orphans(instance, settings) == [dead]
        assert status(instance, young) is dg.DagsterRunStatus.STARTING
        assert status(instance, queued) is dg.DagsterRunStatus.NOT_STARTED


def test_a_process_leaves_a_run_that_was_given_up(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = waiting_run(instance)
        run = instance.get_run_by_id(run_id)
        assert run is not None
        instance.report_run_failed(run)
        with pytest.raises(dg.Failure, match="taken for dead"):
            stay_alive(instance, run_id, Settings(home=tmp_path))


WORKER = """
import sys
from pathlib import Path
import dagster as dg
from marketing_assets.orphans import stay_alive
from marketing_assets.settings import Settings

with dg.DagsterInstance.local_temp(sys.argv[1]) as instance:
    stay_alive(instance, sys.argv[3], Settings(home=Path(sys.argv[2])))
    print("at work", flush=True)
    sys.stdin.read()
"""


def test_the_run_of_a_killed_process_is_ended_and_its_retry_is_not(tmp_path: Path) -> None:
    settings, storage = Settings(home=tmp_path / "home"), tmp_path / "dagster"
    storage.mkdir()
    with dg.DagsterInstance.local_temp(str(storage)) as instance:
        run_id = waiting_run(instance)
        command = [sys.executable, "-c", WORKER, str(storage), str(settings.home), run_id]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "at work\n"
            assert end_orphans(instance, settings) == []
            worker.kill()
        run = instance.get_run_by_id(run_id)
        assert run is not None
        retry = waiting_run(instance, **{WORKER_TAG: run.tags[WORKER_TAG]})
        elsewhere = waiting_run(instance)
        instance.add_run_tags(elsewhere, {WORKER_TAG: f"{elsewhere} another-machine abc"})
        assert end_orphans(instance, settings) == [run_id]
        assert status(instance, run_id) is dg.DagsterRunStatus.FAILURE
        assert status(instance, retry) is status(instance, elsewhere) is dg.DagsterRunStatus.NOT_STARTED
        stay_alive(instance, retry, settings)
        assert end_orphans(instance, settings) == []
