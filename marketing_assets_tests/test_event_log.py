"""Dagster's event log by kept connections: the same files as Dagster's own, whoever reads and writes them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.errors import DagsterInvariantViolationError

from marketing_assets.event_log import _KEPT_FILES, KeptSqliteEventLogStorage

KEPT = {"module": "marketing_assets.event_log", "class": "KeptSqliteEventLogStorage"}

WRITE_AND_DIE = """
import os, signal, sys
import dagster as dg
from marketing_assets_tests.test_event_log import instance, run
from pathlib import Path
with instance(Path(sys.argv[1])) as kept:
    run(kept)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@dg.asset
def orders() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 3})


@dg.asset_check(asset=orders)
def whole() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset(
    partitions_def=dg.DailyPartitionsDefinition("2026-01-01"),
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def spend() -> None:
    """Nine days of it are written in one run."""


@dg.asset_check(asset=spend)
def paid() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@contextmanager
def instance(folder: Path, kept: bool = True) -> Iterator[dg.DagsterInstance]:
    (folder / "dagster.yaml").write_text(
        json.dumps({"telemetry": {"enabled": False}} | ({"event_log_storage": KEPT} if kept else {}))
    )
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(folder)
    try:
        with dg.DagsterInstance.get() as found:
            assert isinstance(found.event_log_storage, KeptSqliteEventLogStorage) is kept
            yield found
    finally:
        os.environ.pop("DAGSTER_HOME")
        os.environ.update({"DAGSTER_HOME": before} if before else {})


def run(found: dg.DagsterInstance) -> str:
    result = dg.materialize([orders, whole], instance=found, run_config={"loggers": {}})
    assert result.success
    return result.run_id


def seen(found: dg.DagsterInstance, run_id: str) -> tuple[list[str], int]:
    """The run's events in order, and the rows that its materialisation tells."""
    events = [str(e.dagster_event_type) for e in found.all_logs(run_id) if e.is_dagster_event]
    newest = found.get_latest_materialization_event(orders.key)
    assert newest is not None and newest.asset_materialization is not None
    return events, int(str(newest.asset_materialization.metadata["rows"].value))


def test_either_storage_reads_what_the_other_wrote(tmp_path: Path) -> None:
    with instance(tmp_path) as kept:
        mine = run(kept)
        by_kept = seen(kept, mine)
    with instance(tmp_path, kept=False) as dagsters:
        assert seen(dagsters, mine) == by_kept
        theirs = run(dagsters)
        by_dagster = seen(dagsters, theirs)
    with instance(tmp_path) as kept:
        assert seen(kept, theirs) == by_dagster
    assert len(by_kept[0]) == len(by_dagster[0]) > 10


def test_a_reader_sees_what_another_process_adds_to_a_file_that_it_keeps_open(tmp_path: Path) -> None:
    with instance(tmp_path) as kept, instance(tmp_path) as other:
        first = run(kept)
        before = seen(other, first)
        kept.report_engine_event("later", kept.get_run_by_id(first))
        assert len(seen(other, first)[0]) == len(before[0]) + 1


def test_files_of_old_runs_are_closed_and_opened_again(tmp_path: Path) -> None:
    with instance(tmp_path) as kept:
        runs = [run(kept) for _ in range(_KEPT_FILES + 2)]
        open_files = [os.path.realpath(fd) for fd in Path("/proc/self/fd").iterdir()]
        open_runs = {run_id for run_id in runs if any(f.endswith(f"{run_id}.db") for f in open_files)}
        assert open_runs == set(runs[2:])
        assert "RUN_SUCCESS" in str(seen(kept, runs[0])[0])


def test_events_of_a_killed_process_stay(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WRITE_AND_DIE, str(tmp_path)], check=False, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    with instance(tmp_path) as kept:
        (found,) = kept.get_runs()
        assert found.is_success
        assert seen(kept, found.run_id)[1] == 3


def test_events_that_come_together_are_kept_like_single_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {}
    for size in ("0", "4"):
        (tmp_path / size).mkdir()
        monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", size)
        with instance(tmp_path / size) as kept:
            found = dg.materialize(
                [spend, paid],
                instance=kept,
                tags={"dagster/asset_partition_range_start": "2026-01-01"}
                | {"dagster/asset_partition_range_end": "2026-01-09"},
            )
            assert found.success
            (kept_of_asset,) = kept.get_asset_records([spend.key])
            newest = kept_of_asset.asset_entry.last_materialization_record
            assert newest is not None and kept_of_asset.asset_entry.last_run_id == found.run_id
            assert kept.fetch_materializations(spend.key, limit=1).records == [newest]
            told[size] = (
                sorted(str(e.dagster_event_type) for e in kept.all_logs(found.run_id)),
                sorted(kept.get_materialized_partitions(spend.key)),
                len(kept.fetch_materializations(spend.key, limit=100).records),
                len(kept.event_log_storage.get_asset_check_execution_history(paid.check_key, 100)),
                newest.partition_key,
            )
    assert told["0"] == told["4"]
    assert told["4"][2] == 9 and told["4"][3] > 0
    assert told["4"][0].count("DagsterEventType.ASSET_MATERIALIZATION_PLANNED") == 9


def test_a_batch_that_cannot_be_kept_leaves_nothing_behind(tmp_path: Path) -> None:
    with instance(tmp_path) as kept:
        run_id = run(kept)
        before = seen(kept, run_id)[0]
        twice = [event for event in kept.all_logs(run_id) if event.is_dagster_event]
        with pytest.raises(DagsterInvariantViolationError, match="duplicate AssetCheckPlanned"):
            kept.event_log_storage.store_event_batch(twice)
        assert seen(kept, run_id)[0] == before
        kept.event_log_storage.store_event_batch(twice[:2])
        assert len(seen(kept, run_id)[0]) == len(before) + 2


def test_wiped_files_are_not_written_to(tmp_path: Path) -> None:
    with instance(tmp_path) as kept:
        before = run(kept)
        kept.wipe()
        after = run(kept)
        assert kept.all_logs(before) == []
        assert seen(kept, after)[1] == 3
