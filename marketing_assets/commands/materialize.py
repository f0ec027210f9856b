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

from marketing_assets.automation.schedules import RANGE_END, RANGE_START
from marketing_assets.commands.dagster_home import dagster_environment
from marketing_assets.commands.replay import DAY_FORMAT
from marketing_assets.commands.shared import day_range, fail, find_tenant
from marketing_assets.settings import load_settings

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
    run_tags = {RANGE_START: f"{days.first}", RANGE_END: f"{days.last}"} | json.loads(tags)
    failures = run_job(tenant, run_tags, select, print_event if events else print_line)
    if failures:
        fail("\n".join(failures))


def print_event(event: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def print_line(event: Mapping[str, Any]) -> None:
    rows = "" if event.get("rows") is None else f" ({event['rows']} rows)"
    typer.echo(f"{event['done']}/{event['of']} {event['asset']}{rows}")


def run_job(tenant: str, tags: Mapping[str, str], select: str, tell: Any) -> list[str]:
    """Run the tenant's job in this process; returns what failed, in words."""
    # The definitions read every tenant and the dbt manifest: loaded only by the command that needs them.
    from marketing_assets.definitions import defs

    job = defs.resolve_job_def(f"{tenant}_refresh")
    keys = _selected(defs, tenant, select)
    with dg.DagsterInstance.get() as instance:
        watcher = _Watcher(instance, len(keys), tell)
        with watcher:
            result = job.execute_in_process(
                instance=instance,
                tags={**tags, watcher.TAG: watcher.id},
                asset_selection=sorted(keys),
                run_config=QUIET,
                raise_on_error=False,
            )
        return [] if result.success else _failures(instance, result.run_id)


def _selected(defs: dg.Definitions, tenant: str, select: str) -> set[dg.AssetKey]:
    graph = defs.resolve_asset_graph()
    own = dg.AssetSelection.key_prefixes([tenant])
    selection = own if select == "*" else own & dg.AssetSelection.from_string(select)
    return set(selection.resolve(graph))


def _failures(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    records = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    words = []
    for record in records:
        data = record.get_dagster_event().step_failure_data
        metadata = data.user_failure_data
        text = (metadata.description if metadata else None) or (
            data.error.message if data.error else "failed"
        )
        words.append(f"{record.step_key}: {text.strip()}")
    return words or [f"run {run_id} failed; see it in the UI"]


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
