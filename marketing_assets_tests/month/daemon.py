"""What Dagster's daemon does, in this process: evaluates schedules and sensors, starts what they ask for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import dagster as dg
from dagster._core.storage import tags as names

from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.partitions import group_consecutive
from marketing_assets_tests.installation import QUIET

WILL_RETRY = "dagster/will_retry"
MOST_TRIES = 3


@dataclass(frozen=True)
class Done:
    """A run: what asked for it, how it ended, its days, and the seconds that it took."""

    at: datetime
    cause: str
    job: str
    status: str
    days: str
    seconds: float
    failures: Mapping[str, str]
    failed_checks: tuple[str, ...]
    run_id: str


@dataclass
class Daemon:
    """Keeps the cursors of sensors, as Dagster's own does."""

    definitions: dg.Definitions
    instance: dg.DagsterInstance
    runs: list[Done] = field(default_factory=list)
    cursors: dict[str, str | None] = field(default_factory=dict)
    looked: Counter[str] = field(default_factory=Counter)
    """Evaluations by schedule or sensor."""
    skips: dict[str, str] = field(default_factory=dict)
    """What a sensor said last, where it asked for nothing."""
    seconds: Counter[str] = field(default_factory=Counter)
    _automation: Any = None

    def __post_init__(self) -> None:
        self.repository = self.definitions.get_repository_def()

    def due(self, names_of_schedules: Sequence[str], at: datetime) -> int:
        """Evaluate schedules that are due at one instant; returns how many runs they gave.

        The most urgent run comes first, whichever schedule asked for it.
        """
        asked = [one for name in names_of_schedules for one in self._asked_by(name, at)]
        return sum(
            self.start([request], name, job, tags)
            for request, name, job, tags in sorted(asked, key=lambda one: _priority(one[0]))
        )

    def _asked_by(
        self, name: str, at: datetime
    ) -> Iterator[tuple[dg.RunRequest, str, str, Mapping[str, str]]]:
        """The runs that a schedule asks for, with its name, job and tags."""
        began = time.process_time()
        schedule = self.definitions.resolve_schedule_def(name)
        context = dg.build_schedule_context(self.instance, at, repository_def=self.repository)
        asked = schedule.evaluate_tick(context).run_requests or []
        self._note(name, began)
        tags = {names.SCHEDULE_NAME_TAG: name, names.SCHEDULED_EXECUTION_TIME_TAG: at.isoformat()}
        yield from ((request, name, schedule.job_name, tags) for request in asked)

    def look(self, name: str) -> int:
        """Evaluate a sensor; returns how many runs it gave."""
        began = time.process_time()
        sensor = self.definitions.resolve_sensor_def(name)
        context = dg.build_sensor_context(
            self.instance, self.cursors.get(name), repository_def=self.repository
        )
        tick = sensor.evaluate_tick(context)
        self.cursors[name] = tick.cursor or self.cursors.get(name)
        self.skips[name] = tick.skip_message or ""
        self._note(name, began)
        job = sensor.job_name if sensor.has_jobs else ""
        return self.start(tick.run_requests or [], name, job, {names.SENSOR_NAME_TAG: name})

    def follow(self, tenant: str) -> int:
        """Evaluate the conditions of the models; days that follow each other are one run."""
        began = time.process_time()
        found = dg.evaluate_automation_conditions(
            defs=self.definitions,
            instance=self.instance,
            asset_selection=dg.AssetSelection.key_prefixes([tenant]),
            cursor=self._automation,
            evaluation_time=datetime.now().astimezone(),
        )
        self._automation = found.cursor
        wanted: dict[frozenset[str], list[dg.AssetKey]] = {}
        for key in sorted(self.definitions.resolve_asset_graph().get_all_asset_keys()):
            days = frozenset(map(str, found.get_requested_partitions(key))) - {"None"}
            if days:
                wanted.setdefault(days, []).append(key)
        self._note(f"{tenant}_automation", began)
        requests = [
            dg.RunRequest(
                tags={RANGE_START: f"{span.first}", RANGE_END: f"{span.last}"}, asset_selection=keys
            )
            for days, keys in wanted.items()
            for span in group_consecutive(date.fromisoformat(day) for day in days)
        ]
        return self.start(requests, f"{tenant}_automation", f"{tenant}_refresh", {})

    def _note(self, name: str, began: float) -> None:
        self.looked[name] += 1
        self.seconds[name] += time.process_time() - began

    def start(
        self,
        requests: Sequence[dg.RunRequest],
        cause: str,
        job: str,
        tags: Mapping[str, str] | None = None,
    ) -> int:
        """Run what was asked for, what is urgent first; returns how many runs that gave."""
        tags = tags or {}
        started = 0
        for request in sorted(requests, key=_priority):
            own = {**request.tags, **tags}
            if request.run_key:
                if self._was_started(request.run_key, tags):
                    continue
                own[names.RUN_KEY_TAG] = request.run_key
            started += 1
            chosen = list(request.asset_selection) if request.asset_selection else None
            self._run(cause, request.job_name or job, own, chosen)
        return started

    def _was_started(self, key: str, tags: Mapping[str, str]) -> bool:
        source = {k: v for k, v in tags.items() if k != names.SCHEDULED_EXECUTION_TIME_TAG}
        wanted = dg.RunsFilter(tags={names.RUN_KEY_TAG: key, **source})
        return bool(self.instance.get_run_records(wanted, limit=1))

    def _run(self, cause: str, job: str, tags: Mapping[str, str], chosen: list[dg.AssetKey] | None) -> None:
        """A run, and its retries from the steps that failed, where its tags say that they follow."""
        first: str | None = None
        parent: str | None = None
        for number in range(MOST_TRIES):
            again = {}
            if first and parent:
                again = {
                    names.PARENT_RUN_ID_TAG: parent,
                    names.ROOT_RUN_ID_TAG: first,
                    names.RETRY_NUMBER_TAG: str(number),
                }
            done, left = self._try(
                cause if not number else f"{cause} (retry)", job, {**tags, **again}, chosen
            )
            run = self.instance.get_run_by_id(done.run_id)
            if run is None or run.tags.get(WILL_RETRY) != "true":
                return
            first, parent, chosen = first or done.run_id, done.run_id, left

    def _try(
        self, cause: str, job: str, tags: Mapping[str, str], chosen: list[dg.AssetKey] | None
    ) -> tuple[Done, list[dg.AssetKey]]:
        began, at = time.process_time(), datetime.now().astimezone()
        definition = self.definitions.resolve_job_def(job)
        result = definition.execute_in_process(
            instance=self.instance,
            tags=dict(tags),
            asset_selection=chosen,
            run_config=QUIET,
            raise_on_error=False,
        )
        failures, written, planned = {}, set(), set()
        for event in result.all_events:
            if event.is_step_failure:
                failures[str(event.step_key)] = _words(event.step_failure_data)
            elif event.is_step_materialization:
                written.add(event.asset_key)
            elif event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED:
                planned.add(event.asset_key)
        failed = sorted(
            f"{e.asset_key.to_user_string()}:{e.check_name}"
            for e in result.get_asset_check_evaluations()
            if not e.passed
        )
        run = self.instance.get_run_by_id(result.run_id)
        done = Done(
            at=at,
            cause=cause,
            job=job,
            status=run.status.value if run else "?",
            days=f"{tags.get(RANGE_START, '')}..{tags.get(RANGE_END, '')}",
            seconds=time.process_time() - began,
            failures=failures,
            failed_checks=tuple(failed),
            run_id=result.run_id,
        )
        self.runs.append(done)
        left = set(chosen or planned) - written
        return done, sorted(left)


def _priority(request: dg.RunRequest) -> int:
    return -int(request.tags.get("dagster/priority", "0"))


def _words(data: Any) -> str:
    told = data.user_failure_data.description if data.user_failure_data else None
    return told or (data.error.message if data.error else "")


def sensors_of(definitions: dg.Definitions, tenant: str) -> Iterable[str]:
    """The tenant's sensors by name."""
    found = definitions.get_repository_def().sensor_defs
    return sorted(s.name for s in found if s.name.startswith(f"{tenant}_"))
