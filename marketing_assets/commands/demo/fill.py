"""Fill the warehouse: one process a tenant, progress bars for people."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from marketing_assets.automation.planning import plan
from marketing_assets.automation.schedules import run_tags
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.commands.demo.preflight import NotReady
from marketing_assets.commands.demo.services import program
from marketing_assets.ingest.assets import raw_asset_key
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.partitions import ONE_DAY, DayRange, group_consecutive, local_day
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.platforms.platform import Refresh
from marketing_assets.tenants import Tenant
from marketing_assets.with_models import WITH_MODELS

_STOP_SECONDS = 60
"""For a run to end in order: a write in DuckDB is finished first."""


@dataclass(frozen=True)
class Work:
    """One run of a tenant's job: a range of days with its run tags, over the selected assets."""

    tenant: Tenant
    days: DayRange
    tags: Mapping[str, str]
    assets: frozenset[dg.AssetKey] | None = None


def work_to_do(instance: dg.DagsterInstance, defs: dg.Definitions, tenant: Tenant, days: int) -> list[Work]:
    """The days that were never filled; where there are none, what a scheduled refresh would run."""
    today = local_day(now_utc(), tenant.zone)
    wanted = DayRange(max(tenant.start_date, today - (days - 1) * ONE_DAY), today)
    filled = _filled(instance, tenant)
    missing = group_consecutive(d for d in wanted if d not in filled)
    if missing and not (filled and missing == [DayRange(today, today)]):
        snapshots, others = split_snapshots(defs, tenant)
        # What tells only of today is run for today alone, and first: the other days need it.
        now = Work(tenant, DayRange(today, today), {}, snapshots)
        return [now, *(Work(tenant, m, WITH_MODELS, others) for m in missing)]
    platforms = [p for p in PLATFORMS.values() if connections(tenant, p)]
    planned, _ = plan(instance, tenant, platforms, now_utc())
    # The window of a refresh can reach further back than the demo was filled.
    first = min(filled | {today})
    runs = [p for p in planned if p.days.last >= first]
    return [Work(tenant, DayRange(max(first, p.days.first), p.days.last), run_tags(p)) for p in runs]


def split_snapshots(
    defs: dg.Definitions, tenant: Tenant
) -> tuple[frozenset[dg.AssetKey], frozenset[dg.AssetKey]]:
    """A tenant's assets that hang on snapshots alone; and what other days have: models of snapshots too."""
    graph = defs.resolve_asset_graph()
    snapshots = {
        raw_asset_key(tenant, t.name)
        for p in PLATFORMS.values()
        for t in p.tables
        if t.refresh is Refresh.SNAPSHOT
    }
    own = dg.AssetSelection.key_prefixes([tenant.id]).resolve(graph)
    alone = {
        key for key in own if dg.AssetSelection.assets(key).upstream().roots().resolve(graph) <= snapshots
    }
    return frozenset(alone), frozenset(own - snapshots)


def _filled(instance: dg.DagsterInstance, tenant: Tenant) -> set[date]:
    key = dg.AssetKey([tenant.id, "mart", "daily_performance"])
    return {date.fromisoformat(k) for k in instance.get_materialized_partitions(key)}


def fill(console: Console, work: Sequence[Work], env: Mapping[str, str]) -> None:
    """Run the work of all tenants side by side, each tenant's own runs one after the other."""
    by_tenant: dict[str, list[Work]] = {}
    for item in work:
        by_tenant.setdefault(item.tenant.id, []).append(item)
    columns = (TextColumn("{task.description:<58}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        queues = [_Queue(items, progress, env) for items in by_tenant.values()]
        with ThreadPoolExecutor(len(queues) or 1) as pool:
            try:
                for ended in as_completed([pool.submit(q.run) for q in queues]):
                    ended.result()
            finally:
                for queue in queues:
                    queue.stop()


class _Queue:
    """The runs of one tenant, one after the other."""

    def __init__(self, items: Sequence[Work], progress: Progress, env: Mapping[str, str]):
        self._items, self._progress, self._env = list(items), progress, env
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()
        # A file, because nobody reads a second pipe while the first one is read.
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the queue
        self._bar = progress.add_task("", total=None)

    def run(self) -> None:
        while (process := self._next()) is not None:
            assert process.stdout is not None
            for line in process.stdout:
                self._show(json.loads(line))
            if process.wait() != 0:
                self._errors.seek(0)
                error = self._errors.read().strip()
                raise NotReady(f"{self._label}: {error or 'the run failed'}")

    def _next(self) -> subprocess.Popen[str] | None:
        """The next run, started; None where there is none. Nothing starts any more after `stop`."""
        with self._turn:
            self._process = self._start(self._items.pop(0)) if self._items else None
            return self._process

    def stop(self) -> None:
        with self._turn:
            self._items, process = [], self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()  # the next start finds the run that this leaves, and ends it
                process.wait()

    def _start(self, work: Work) -> subprocess.Popen[str]:
        self._label = f"{work.tenant.id} {work.days}"
        self._progress.update(self._bar, description=self._label, completed=0, total=None)
        tags = {k: v for k, v in work.tags.items() if k not in {RANGE_START, RANGE_END}}
        command = [program("marketing"), "materialize", work.tenant.id, "--events"]
        command += ["--from", str(work.days.first), "--to", str(work.days.last), "--tags", json.dumps(tags)]
        if work.assets is not None:
            names = sorted(key.to_user_string() for key in work.assets)
            command += ["--select", " or ".join(f'key:"{name}"' for name in names)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=dict(self._env)
        )

    def _show(self, event: Mapping[str, object]) -> None:
        done, total = int(str(event["done"])), int(str(event["of"]))
        text = f"{self._label}  {str(event['asset']).split('/', 1)[1]}"
        self._progress.update(self._bar, description=text, completed=done, total=total)
