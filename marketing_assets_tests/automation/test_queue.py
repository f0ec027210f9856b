"""Which waiting run starts, and which failed run is started again: Dagster's own daemons on the shipped
`dagster.yaml`, with runs over the product's assets. Only the launcher notes a run in place of a process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    CodeLocationOrigin,
    InProcessCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget, WorkspaceLoadTarget
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

from marketing_assets.automation import priorities
from marketing_assets.automation.refresh import PlannedRun
from marketing_assets.automation.schedules import refresh_job, run_tags
from marketing_assets.commands.dagster_home import CONFIG
from marketing_assets.ingest.assets import raw_asset_key, raw_assets
from marketing_assets.partitions import ONE_DAY, DayRange, partitions_definition
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.tenants import Tenant, parse_tenant
from marketing_assets_tests.installation import REPOSITORY

NOTING = "run_launcher: {module: dagster._core.test_utils, class: MockedRunLauncher}\n"
HERE = (
    "run_launcher: {module: dagster._core.launcher.sync_in_memory_run_launcher, "
    "class: SyncInMemoryRunLauncher}\n"
)
NOWHERE = RemoteRepositoryOrigin(
    InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="none"), location_name="none"), "none"
)
TODAY = date(2026, 11, 20)


@contextmanager
def opened(home: Path, launcher: str) -> Iterator[dg.DagsterInstance]:
    (home / "dagster.yaml").write_text(CONFIG.read_text() + launcher)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        patch.setenv("MARKETING_HOME", str(home / "marketing"))
        with dg.DagsterInstance.get() as instance:
            yield instance


@dataclass
class Queue:
    """The queue of an instance; runs of tenants wait in it, start and end."""

    instance: dg.DagsterInstance
    workspace: WorkspaceProcessContext

    def __post_init__(self) -> None:
        self._daemon = QueuedRunCoordinatorDaemon(interval_seconds=5)
        self._tenants = {name: _tenant(name) for name in ("siam", "northwind")}
        self._jobs = {name: _job(tenant) for name, tenant in self._tenants.items()}

    def put(self, tenant: str, priority: int, *tables: str, days: int = 1, is_marked: bool = True) -> str:
        """A waiting run over the newest days of raw tables; its id. One that is marked says whose it is."""
        of = PlannedRun(DayRange(TODAY - (days - 1) * ONE_DAY, TODAY), None, everything=False)
        chosen = {raw_asset_key(self._tenants[tenant], table) for table in tables}
        run = self.instance.create_run_for_job(
            self._jobs[tenant],
            tags=run_tags(of, priority) | ({"tenant": tenant} if is_marked else {}),
            asset_selection=chosen,
            remote_job_origin=RemoteJobOrigin(NOWHERE, f"{tenant}_refresh"),
        )
        self.instance.report_dagster_event(dg.DagsterEvent.job_enqueue(run), run.run_id)
        return run.run_id

    def starts(self) -> list[str]:
        """What one look of the daemon launches, in its order."""
        before = len(self.instance.run_launcher.queue())  # type: ignore[attr-defined]
        list(self._daemon.run_iteration(self.workspace))
        launched = self.instance.run_launcher.queue()[before:]  # type: ignore[attr-defined]
        for run in launched:
            self.instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", run.job_name), run.run_id)
        return [run.run_id for run in launched]

    def ends(self, run_id: str) -> None:
        self.instance.report_dagster_event(dg.DagsterEvent("PIPELINE_SUCCESS", "siam_refresh"), run_id)


def _tenant(name: str) -> Tenant:
    tenant, problems = parse_tenant(REPOSITORY / "tenants" / f"{name}.yaml")
    assert tenant is not None, problems
    return tenant


def _job(tenant: Tenant) -> dg.JobDefinition:
    days = partitions_definition(tenant.start_date, tenant.time_zone)
    platforms = [p for p in PLATFORMS.values() if connections(tenant, p)]
    return dg.Definitions(
        assets=raw_assets(tenant, platforms, days),
        jobs=[refresh_job(tenant)],
        resources={f"{tenant.id}_warehouse": dg.fs_io_manager},
    ).resolve_job_def(f"{tenant.id}_refresh")


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with (
        opened(tmp_path, NOTING) as instance,
        create_test_daemon_workspace_context(EmptyWorkspaceTarget(), instance) as workspace,
    ):
        yield Queue(instance, workspace)


def test_today_goes_before_a_backfill_that_waits_longer(queue: Queue) -> None:
    history = queue.put("siam", priorities.HISTORY, "shopee_orders", days=15)
    by_hand = queue.put("siam", priorities.WINDOW, "shopee_orders", days=30)
    today = queue.put("siam", priorities.TODAY, "shopee_orders")
    snapshots = queue.put("siam", priorities.SNAPSHOTS, "shopee_products")
    order = []
    for _ in range(4):
        [started] = queue.starts()
        assert queue.starts() == [], "a tenant has one run at once"
        order.append(started)
        queue.ends(started)
    assert order == [snapshots, today, by_hand, history]


def test_two_runs_of_one_pool_are_never_at_once(queue: Queue) -> None:
    """Also where a person started one that does not say whose it is, as a backfill from the UI does not."""
    first = queue.put("siam", priorities.WINDOW, "shopee_orders", is_marked=False)
    assert queue.starts() == [first]
    same = queue.put("siam", priorities.TODAY, "shopee_orders", "ecb_fx_rates")
    assert queue.starts() == []
    other = queue.put("northwind", priorities.HISTORY, "shopee_orders")
    assert queue.starts() == [other], "another tenant's connection is another pool"
    queue.ends(first)
    assert queue.starts() == [same]
    third = queue.put("northwind", priorities.TODAY, "shopify_orders")
    queue.ends(same)
    assert queue.starts() == [], "the tenant has a run"
    queue.ends(other)
    assert queue.starts() == [third]


def test_a_code_server_that_is_away_for_a_while_fails_no_run(queue: Queue) -> None:
    run_id = queue.put("siam", priorities.TODAY, "shopee_orders")
    launcher = queue.instance.run_launcher
    launcher.bad_user_code_run_ids = {run_id}  # type: ignore[attr-defined]
    assert queue.starts() == []
    run = queue.instance.get_run_by_id(run_id)
    assert run is not None and run.status is dg.DagsterRunStatus.QUEUED


class Failing(WorkspaceLoadTarget):
    """A code location in this process."""

    def create_origins(self) -> Sequence[CodeLocationOrigin]:
        module = LoadableTargetOrigin(
            module_name="marketing_assets_tests.automation.failing", attribute="defs"
        )
        return [InProcessCodeLocationOrigin(module, location_name="failing")]


@pytest.mark.parametrize(("cause", "tries"), [("passing", 3), ("lasting", 1)])
def test_a_run_is_tried_again_for_a_cause_that_passes_and_for_no_other(
    tmp_path: Path, cause: str, tries: int
) -> None:
    with (
        opened(tmp_path, HERE) as instance,
        create_test_daemon_workspace_context(Failing(), instance) as workspace,
    ):
        queue, retries = QueuedRunCoordinatorDaemon(interval_seconds=5), EventLogConsumerDaemon()
        list(retries.run_iteration(workspace))  # its first look says from where on it reads
        _submit(instance, workspace, cause)
        for _ in range(5):
            list(queue.run_iteration(workspace))
            list(retries.run_iteration(workspace))
        runs = instance.get_runs()
        assert [run.status for run in runs] == [dg.DagsterRunStatus.FAILURE] * tries
        assert [run.tags.get("dagster/retry_number") for run in reversed(runs)] == [None, "1", "2"][:tries]


def _submit(instance: dg.DagsterInstance, workspace: WorkspaceProcessContext, job: str) -> None:
    from marketing_assets_tests.automation.failing import defs

    context = workspace.create_request_context()
    [repository] = context.get_code_location("failing").get_repositories().values()
    remote = repository.get_full_job(job)
    run = instance.create_run_for_job(
        defs.resolve_job_def(job),
        remote_job_origin=remote.get_remote_origin(),
        job_code_origin=remote.get_python_origin(),
    )
    instance.submit_run(run.run_id, context)
