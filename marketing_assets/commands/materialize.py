"""`marketing materialize`: run a tenant's job over a range of days in this process, with progress."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import dagster as dg
import typer
from dagster_shared.error import SerializableErrorInfo

from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.collector import leave_definitions_alone
from marketing_assets.commands.dagster_home import dagster_environment
from marketing_assets.commands.replay import DAY_FORMAT
from marketing_assets.commands.shared import day_range, end_in_order, fail, find_tenant
from marketing_assets.orphans import alive, end_orphans, end_own_run
from marketing_assets.settings import load_settings
from marketing_assets.with_models import WITH_MODELS

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def materialize(
    tenant: Annotated[str, typer.Argument(help="Tenant id.")],
    first: Annotated[datetime, typer.Option("--from", formats=DAY_FORMAT, help="First day.")],
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY_FORMAT, help="Last day.")] = None,
    select: Annotated[str, typer.Option(help="Asset selection, in Dagster's syntax.")] = "*",
    tags: Annotated[str, typer.Option(help="Further run tags, as JSON.")] = "{}",
    events: Annotated[bool, typer.Option(help="Print one JSON line an event, for programs.")] = False,
) -> None:
    """Materialise a tenant's assets for a range of days, as one run of its job."""
    settings = load_settings()
    find_tenant(settings, tenant)
    os.environ.update(dagster_environment(settings))
    days = day_range(first, last)
    run_tags = {RANGE_START: f"{days.first}", RANGE_END: f"{days.last}"} | _further_tags(tags)
    end_in_order()
    try:
        failures = run_job(tenant, run_tags, select, print_event if events else print_line)
    except NotRunnable as error:
        fail(str(error))
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        fail(f"stopped; {tenant} keeps what was written, run the same days again for the rest")
    if failures:
        fail("\n".join(failures))


def print_event(event: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def print_line(event: Mapping[str, Any]) -> None:
    rows = "" if event.get("rows") is None else f" ({event['rows']} rows)"
    typer.echo(f"{event['done']}/{event['of']} {event['asset']}{rows}")


class NotRunnable(Exception):
    """What was asked for cannot be run; the message says what to change."""


def _further_tags(text: str) -> dict[str, str]:
    try:
        tags = json.loads(text)
    except ValueError:
        tags = None
    if not isinstance(tags, dict):
        fail(f"--tags is no JSON object: {text}")
    return {str(name): str(value) for name, value in tags.items()}


def run_job(tenant: str, tags: Mapping[str, str], select: str, tell: Any) -> list[str]:
    """Run the tenant's job in this process; returns what failed, in words. Raises `NotRunnable`."""
    # The definitions read every tenant and the dbt manifest: loaded only by the command that needs them.
    from marketing_assets.code_location import build_definitions

    settings = load_settings()
    defs = build_definitions(settings)
    leave_definitions_alone()
    job = defs.resolve_job_def(f"{tenant}_refresh")
    keys = _selected(defs, tenant, select)
    _check_days(job, tenant, tags)
    with dg.DagsterInstance.get() as instance, alive(settings) as own_tag:
        end_orphans(instance, settings)
        watcher = _Watcher(instance, len(keys), tell)
        try:
            with watcher:
                result = job.execute_in_process(
                    instance=instance,
                    tags={**tags, **own_tag, **_models_tag(select), watcher.TAG: watcher.id},
                    asset_selection=sorted(keys),
                    run_config=QUIET,
                    raise_on_error=False,
                )
        except BaseException:
            # An interrupt between the making of a run and its start leaves it waiting for ever.
            end_own_run(instance, own_tag)
            raise
        return [] if result.success else _failures(instance, result.run_id)


def _models_tag(select: str) -> dict[str, str]:
    return WITH_MODELS if select == "*" else {}


def _selected(defs: dg.Definitions, tenant: str, select: str) -> set[dg.AssetKey]:
    graph = defs.resolve_asset_graph()
    own = dg.AssetSelection.key_prefixes([tenant])
    try:
        selection = own if select == "*" else own & dg.AssetSelection.from_string(select)
        found = set(selection.resolve(graph))
    except dg.DagsterError as error:
        raise NotRunnable(f"--select {select!r} is no asset selection: {error}") from error
    if not found:
        raise NotRunnable(f"--select {select!r} names no asset of {tenant}")
    return found


def _check_days(job: dg.JobDefinition, tenant: str, tags: Mapping[str, str]) -> None:
    days = job.partitions_def.get_partition_keys() if job.partitions_def else []
    for day in (tags[RANGE_START], tags[RANGE_END]):
        if day not in days:
            known = f"its days are {days[0]}..{days[-1]}" if days else "it has none yet"
            raise NotRunnable(f"{tenant} has no day {day}; {known}")


def _failures(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    records = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    words = []
    for record in records:
        data = record.get_dagster_event().step_failure_data
        metadata = data.user_failure_data
        text = (metadata.description if metadata else None) or (_cause(data.error) or "failed")
        words.append(f"{record.step_key}: {text.strip()}")
    return words or [f"run {run_id} failed; see it in the UI"]


def _cause(error: SerializableErrorInfo | None) -> str | None:
    """What went wrong at first: Dagster's own errors only say in which step."""
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message if error else None


class _Watcher(threading.Thread):
    """Tells of every asset as it is materialised, by reading the run's events while it works."""

    TAG = "marketing/watch"
    PAUSE_SECONDS = 0.5

    def __init__(self, instance: dg.DagsterInstance, total: int, tell: Any):
        super().__init__(daemon=True)
        self._instance, self._total, self._tell = instance, total, tell
        self._over = threading.Event()
        self._told: set[str] = set()
        self._cursor: str | None = None
        self.id = f"{id(self):x}-{datetime.now(UTC):%H%M%S%f}"

    def __enter__(self) -> _Watcher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(self.PAUSE_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        runs = self._instance.get_runs(dg.RunsFilter(tags={self.TAG: self.id}), limit=1)
        if not runs:
            return
        page = self._instance.get_records_for_run(
            runs[0].run_id, self._cursor, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
        )
        self._cursor = page.cursor
        for record in page.records:
            event = record.event_log_entry.get_dagster_event()
            key = event.asset_key.to_user_string() if event.asset_key else "?"
            if key in self._told:
                continue
            self._told.add(key)
            rows = event.materialization.metadata.get("dagster/row_count")
            self._tell(
                {
                    "asset": key,
                    "done": len(self._told),
                    "of": self._total,
                    "rows": rows.value if rows else None,
                }
            )
