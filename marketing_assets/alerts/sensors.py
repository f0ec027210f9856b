"""The sensors of a tenant's alerts: three that follow its runs, one that delivers.

Dagster moves a run-status sensor on even where its evaluation raised, starts it at the runs of the day it
is turned on, and shows it the runs of its own jobs only. So each of them looks at *every* finished run that
nobody looked at yet, and so does the one that delivers: none is lost, and the state knows which were seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from marketing_assets.alerts.chart_files import remove_old_charts
from marketing_assets.alerts.config import AlertsFileError
from marketing_assets.alerts.delivery import deliver_due
from marketing_assets.alerts.history import is_behind
from marketing_assets.alerts.watching import Graph, graph_of, look, look_at_clock, look_at_requests
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

    Job = UnresolvedAssetJobDefinition | dg.JobDefinition

SECONDS = 30
_STATUSES = {
    "success": dg.DagsterRunStatus.SUCCESS,
    "failure": dg.DagsterRunStatus.FAILURE,
    "cancel": dg.DagsterRunStatus.CANCELED,
}


def alert_sensors(
    tenant: Tenant, jobs: Sequence[Job], history_job: dg.JobDefinition, assets: Iterable[dg.AssetsDefinition]
) -> list[dg.SensorDefinition]:
    """`{tenant}_alerts_on_success`, `…_on_failure`, `…_on_cancel` and `{tenant}_alert_delivery`.

    `jobs` are those whose runs are followed at once; runs of others are found by the delivery.
    """
    graph = graph_of(assets)
    following = [_status_sensor(tenant, jobs, graph, word) for word in _STATUSES]
    return [*following, _delivery_sensor(tenant, history_job, graph)]


def _status_sensor(tenant: Tenant, jobs: Sequence[Job], graph: Graph, word: str) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        run_status=_STATUSES[word],
        name=f"{tenant.id}_alerts_on_{word}",
        monitored_jobs=list(jobs),
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reads the run's check evaluations and failures, and turns them into incidents.",
    )
    def sensor(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
        try:
            look(load_settings(), tenant, context.instance, graph, now_utc())
        except AlertsFileError as error:
            # Nothing is lost: the run is looked at once the file is mended.
            return dg.SkipReason(str(error))
        return None

    return sensor


def _delivery_sensor(tenant: Tenant, history_job: dg.JobDefinition, graph: Graph) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{tenant.id}_alert_delivery",
        job=history_job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends what is in the outbox; finds runs that nobody looked at; asks for ops.alerts.",
    )
    def deliver(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        settings, now = load_settings(), now_utc()
        seen = look(settings, tenant, context.instance, graph, now)
        look_at_clock(settings, tenant, now)
        look_at_requests(settings, tenant, now)
        done = deliver_due(settings, tenant, now_utc)
        remove_old_charts(settings, now)
        said = [f"{seen} runs looked at, {done.sent} messages sent"]
        said += [f"{channel}: {why}" for channel, why in done.complaints.items()]
        requests = []
        if is_behind(settings, tenant):
            # At most one an hour: each is a process that needs the warehouse's turn.
            requests.append(dg.RunRequest(run_key=f"{tenant.id}-alerts-{now:%Y%m%dT%H}"))
        if requests:
            context.log.info("\n".join(said))
            return dg.SensorResult(run_requests=requests)
        return dg.SensorResult(skip_reason=dg.SkipReason("\n".join(said)))

    return deliver
