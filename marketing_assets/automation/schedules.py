"""The schedules of a tenant, in its time zone, as a list of declarations; and the job they run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg

from marketing_assets.automation import priorities
from marketing_assets.automation.planning import plan
from marketing_assets.automation.refresh import PlannedRun
from marketing_assets.automation.selections import Selections
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.automation.waiting import not_waiting, waiting_runs
from marketing_assets.ingest.assets import CHANGED_DAYS_TAG
from marketing_assets.partitions import DayRange, local_day
from marketing_assets.platforms.platform import Platform
from marketing_assets.tenants import Schedules, Tenant
from marketing_assets.with_models import WITH_MODELS

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition


def refresh_job(
    tenant: Tenant, apart: Sequence[dg.AssetChecksDefinition] = ()
) -> "UnresolvedAssetJobDefinition":
    """The job over every asset of a tenant; a run of it serves this tenant alone.

    Checks that have a job of their own stay `apart`.
    """
    return dg.define_asset_job(
        name=f"{tenant.id}_refresh",
        selection=dg.AssetSelection.key_prefixes([tenant.id]) - dg.AssetSelection.checks(*apart),
        description=f"Everything of {tenant.display_name}: raw, staging and marts.",
        tags={"tenant": tenant.id},
    )


@dataclass(frozen=True)
class Tick:
    """What a schedule knows when it is due; `due` is an aware instant."""

    name: str
    context: dg.ScheduleEvaluationContext
    tenant: Tenant
    platforms: Sequence[Platform]
    chosen: Selections

    @property
    def due(self) -> datetime:
        return self.context.scheduled_execution_time

    @property
    def today(self) -> PlannedRun:
        """Today, without fetching an order."""
        day = local_day(self.due, self.tenant.zone)
        return PlannedRun(DayRange(day, day), (), everything=False)

    def request(
        self,
        run: PlannedRun,
        priority: int,
        assets: Sequence[dg.AssetKey] | None = None,
        with_models: bool = True,
    ) -> dg.RunRequest:
        """A planned run over `assets`, else over those that it names itself.

        Dagster starts a key once, also where a tick is evaluated again.
        """
        own = self.chosen.refreshed if run.everything else self.chosen.after_changes
        selected = list(own if assets is None else assets)
        return dg.RunRequest(
            run_key=f"{self.name}-{self.due:%Y%m%dT%H%M}-{run.days}",
            tags=run_tags(run, priority, with_models),
            asset_selection=selected,
            asset_check_keys=self.chosen.along.on(selected),
        )


@dataclass(frozen=True)
class Declared:
    """A schedule that every tenant has, where `assets` finds some for it."""

    name: Callable[[Schedules], str]
    cron: Callable[[Schedules], str]
    assets: Callable[[Selections], Sequence[dg.AssetKey]]
    requests: Callable[[Tick], list[dg.RunRequest]]
    description: str


REFRESH_HOURS = {"every_6_hours": "0 */6 * * *", "at_6_14_22": "0 6,14,22 * * *"}


def daily(clock_time: str) -> str:
    """The cron line of a time of day such as `06:00`."""
    hour, minute = clock_time.split(":")
    return f"{int(minute)} {int(hour)} * * *"


def _young(tick: Tick) -> list[dg.RunRequest]:
    """The recent days before the old ones with changed orders."""
    return [
        tick.request(run, priorities.TODAY if run.everything else priorities.WINDOW)
        for run in _planned(tick, whole_window=False)
    ]


def _window(tick: Tick) -> list[dg.RunRequest]:
    return [tick.request(run, priorities.WINDOW) for run in _planned(tick, whole_window=True)]


def _planned(tick: Tick, whole_window: bool) -> list[PlannedRun]:
    planned, complaint = plan(tick.context.instance, tick.tenant, tick.platforms, tick.due, whole_window)
    if complaint:
        tick.context.log.warning(complaint)
    return planned


def _snapshots(tick: Tick) -> list[dg.RunRequest]:
    return [tick.request(tick.today, priorities.SNAPSHOTS, tick.chosen.snapshots, with_models=False)]


def _intelligence(tick: Tick) -> list[dg.RunRequest]:
    # Yesterday's row of the daily mart shows what was unusual with the next refresh.
    return [tick.request(tick.today, priorities.TODAY, tick.chosen.intelligence, with_models=False)]


DECLARED = (
    Declared(
        name=lambda times: f"refresh_{times.refresh}",
        cron=lambda times: REFRESH_HOURS[times.refresh],
        assets=lambda chosen: chosen.refreshed,
        requests=_young,
        description="Refreshes the creation days of changed orders and the youngest days of ads.",
    ),
    Declared(
        name=lambda _: "products_daily",
        cron=lambda times: daily(times.products),
        assets=lambda chosen: chosen.snapshots,
        requests=_snapshots,
        description="Takes today's snapshots of products, campaigns and accounts; their models follow.",
    ),
    Declared(
        name=lambda _: "restatement_nightly",
        cron=lambda times: daily(times.restatement),
        assets=lambda chosen: chosen.refreshed,
        requests=_window,
        description="Refreshes every day whose numbers may still change.",
    ),
    Declared(
        name=lambda _: "intelligence_daily",
        cron=lambda times: daily(times.intelligence),
        assets=lambda chosen: chosen.intelligence,
        requests=_intelligence,
        description="Computes forecasts, anomalies and recommendations from the marts.",
    ),
)


def schedules(
    tenant: Tenant,
    platforms: Sequence[Platform],
    job: "UnresolvedAssetJobDefinition",
    chosen: Selections,
) -> list[dg.ScheduleDefinition]:
    """The declared schedules of a tenant; those without assets are left out."""
    return [_schedule(tenant, platforms, job, chosen, d) for d in DECLARED if d.assets(chosen)]


def _schedule(
    tenant: Tenant,
    platforms: Sequence[Platform],
    job: "UnresolvedAssetJobDefinition",
    chosen: Selections,
    declared: Declared,
) -> dg.ScheduleDefinition:
    name = f"{tenant.id}_{declared.name(tenant.schedules)}"

    @dg.schedule(
        name=name,
        job=job,
        cron_schedule=declared.cron(tenant.schedules),
        execution_timezone=tenant.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=declared.description,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        tick = Tick(name, context, tenant, platforms, chosen)
        asked = declared.requests(tick)
        new = not_waiting(asked, job.name, waiting_runs(context.instance, name))
        if asked and not new:
            return dg.SkipReason("a run that does the same still waits to start")
        return new

    return schedule


def run_tags(run: PlannedRun, priority: int = priorities.TODAY, with_models: bool = True) -> dict[str, str]:
    """The tags of a planned run, which Dagster takes as one single-run backfill over its range.

    `with_models` says that its assets hold every model of the tables among them.
    """
    tags = {
        RANGE_START: run.days.first.isoformat(),
        RANGE_END: run.days.last.isoformat(),
        priorities.PRIORITY: str(priority),
    }
    if with_models:
        tags |= WITH_MODELS
    if run.changed is not None:
        tags[CHANGED_DAYS_TAG] = ",".join(d.isoformat() for d in run.changed)
    return tags
