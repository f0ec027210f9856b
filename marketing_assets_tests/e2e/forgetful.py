"""A Dagster instance for houses that are only filled and read.

A run over sixty days is several thousand events, one for each asset and day, and keeping them in Dagster's
event log takes a third of the run. Who asks only what the run returned, and the tables, need not pay for it.
"""

from __future__ import annotations

import dagster as dg
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage

OF_DAYS = {
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
}
"""Events of which a run has one for each asset or check and day."""


class ForgetfulEventLog(InMemoryEventLogStorage):
    """Keeps what became of runs and steps, and forgets what was written for which day."""

    def store_event(self, event: dg.EventLogEntry) -> None:
        if event.dagster_event is None or event.dagster_event.event_type not in OF_DAYS:
            super().store_event(event)


def forgetful_instance() -> dg.DagsterInstance:
    """An instance in memory, as `DagsterInstance.ephemeral()` gives it, with an event log that forgets."""
    return dg.DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),
        run_storage=InMemoryRunStorage(),
        event_storage=ForgetfulEventLog(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )
