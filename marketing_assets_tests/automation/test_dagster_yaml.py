"""The shipped `dagster.yaml`, as Dagster's own scheduler, queue and retries follow it."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import CodeLocationOrigin, InProcessCodeLocationOrigin
from dagster._core.scheduler import DagsterDaemonScheduler
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.load_target import WorkspaceLoadTarget
from dagster._scheduler.scheduler import launch_scheduled_runs

from marketing_assets.commands.dagster_home import CONFIG
from marketing_assets.retries import RETRY, judge
from marketing_assets_tests.installation import QUIET


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster.yaml").write_bytes(CONFIG.read_bytes())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as made:
        yield made


def test_pools_hold_for_runs_and_a_tenant_has_one_at_once(instance: dg.DagsterInstance) -> None:
    limits = instance.get_concurrency_config()
    assert limits.pool_config.pool_granularity is not None
    assert (limits.pool_config.pool_granularity.value, limits.pool_config.default_pool_limit) == ("run", 1)
    [of_tenant] = limits.run_queue_config.tag_concurrency_limits
    assert of_tenant == {"key": "tenant", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}


@pytest.mark.parametrize(
    ("causes", "retried"),
    [
        (["passes"], "true"),
        (["stays"], "false"),
        (["stays", "passes"], "true"),
        (["passes", "stays"], "true"),
    ],
    ids=["passing", "lasting", "one of two", "the other of two"],
)
def test_a_failed_run_is_started_again_only_for_a_cause_that_passes(
    instance: dg.DagsterInstance, causes: list[str], retried: str
) -> None:
    def failing(number: int, cause: str) -> dg.OpDefinition:
        @dg.op(name=f"{cause}_{number}")
        def fails(context: dg.OpExecutionContext) -> None:
            judge(context.instance, context.run_id, passes=cause == "passes")
            raise dg.Failure(cause)

        return fails

    @dg.job(executor_def=dg.in_process_executor)
    def fetch() -> None:
        for number, cause in enumerate(causes):
            failing(number, cause)()

    # A retry inherits its parent's tags: they must not decide for it.
    inherited = {RETRY: "true", "marketing/passing_cause_in": "the parent"}
    ended = fetch.execute_in_process(
        instance=instance, tags=inherited, run_config=QUIET, raise_on_error=False
    )
    run = instance.get_run_by_id(ended.run_id)
    assert run is not None
    assert run.tags["dagster/will_retry"] == retried


class Here(WorkspaceLoadTarget):
    """A code location in this process."""

    def create_origins(self) -> Sequence[CodeLocationOrigin]:
        module = LoadableTargetOrigin(module_name="marketing_assets_tests.automation.due", attribute="defs")
        return [InProcessCodeLocationOrigin(module, location_name="here")]


def test_after_two_days_of_downtime_there_is_one_refresh(instance: dg.DagsterInstance) -> None:
    scheduler = instance.scheduler
    assert isinstance(scheduler, DagsterDaemonScheduler)

    def look(at: datetime) -> list[str]:
        """The scheduled times of all runs, after the scheduler has looked at `at`."""
        with freeze_time(at):
            list(
                launch_scheduled_runs(
                    workspace,
                    logging.getLogger("scheduler"),
                    end_datetime_utc=at,
                    iteration_times={},
                    max_catchup_runs=scheduler.max_catchup_runs,
                )
            )
        return sorted(run.tags[".dagster/scheduled_execution_time"][:16] for run in instance.get_runs())

    with create_test_daemon_workspace_context(Here(), instance) as workspace:
        assert look(datetime(2026, 11, 10, 4, 59, tzinfo=UTC)) == []
        assert look(datetime(2026, 11, 10, 5, 1, tzinfo=UTC)) == ["2026-11-10T05:00"]
        after = ["2026-11-10T05:00", "2026-11-12T05:00"]
        assert look(datetime(2026, 11, 12, 9, 30, tzinfo=UTC)) == after, "eight were missed, one is made up"
        assert look(datetime(2026, 11, 12, 9, 31, tzinfo=UTC)) == after
        assert look(datetime(2026, 11, 12, 11, 1, tzinfo=UTC)) == [*after, "2026-11-12T11:00"]
