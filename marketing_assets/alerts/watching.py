"""Looks at finished runs, each exactly once and in the order of their ends, and at the clock.

What a run changes and the messages that tell of it are one transaction, so a process that dies leaves both
or neither.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import sqlalchemy as sa

from marketing_assets.alerts import lifecycle, outbox
from marketing_assets.alerts.causes import explain
from marketing_assets.alerts.compose import Told, compose, severity_of
from marketing_assets.alerts.config import AlertsConfig, read_config
from marketing_assets.alerts.finding import Days, Finding, Key
from marketing_assets.alerts.findings import Verdicts, verdicts
from marketing_assets.alerts.lifecycle import Incident, Notice
from marketing_assets.alerts.privacy import PRIVACY, finding_of
from marketing_assets.alerts.retried import is_undecided
from marketing_assets.alerts.routing import channels_for, not_before
from marketing_assets.alerts.run_facts import facts_of_run
from marketing_assets.alerts.store import (
    Kept,
    alerts_state,
    claim_run,
    kept_incidents,
    looked_until,
    mutes,
    save,
    seen_runs,
    set_looked_until,
    turn,
)
from marketing_assets.protection.requests import waiting
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_RUNS_AT_ONCE = 200
_FIRST_LOOK = timedelta(days=1)
"""How far back runs are looked at when a tenant is looked at first."""
_OVERLAP = timedelta(hours=1)
"""Clocks of machines differ, and a run is written down a little after its end."""


@dataclass(frozen=True)
class Graph:
    """What the assets of a tenant are made of, and which raw assets each platform fills."""

    parents: Mapping[str, Set[str]]
    tables_of: Mapping[str, Set[str]]


def graph_of(assets: Iterable[dg.AssetsDefinition]) -> Graph:
    parents: dict[str, set[str]] = {}
    tables: dict[str, set[str]] = {}
    for spec in (s for definition in assets for s in definition.specs):
        name = spec.key.to_user_string()
        parents[name] = {d.asset_key.to_user_string() for d in spec.deps}
        if platform := spec.tags.get("platform"):
            tables.setdefault(platform, set()).add(name)
    return Graph(parents, tables)


def look(
    settings: Settings, tenant: Tenant, instance: dg.DagsterInstance, graph: Graph, now: datetime
) -> int:
    """Look at every finished run that nobody looked at yet; returns how many. Raises `AlertsFileError`."""
    config = read_config(settings, tenant)
    with alerts_state(settings) as engine:
        since = looked_until(engine, tenant.id) or datetime.now(UTC) - _FIRST_LOOK
        records = _finished(instance, since - _OVERLAP)
        own = [r for r in records if concerns(r.dagster_run, tenant)]
        seen = seen_runs(engine, tenant.id, [r.dagster_run.run_id for r in own])
        fresh = [
            r.dagster_run for r in own if r.dagster_run.run_id not in seen and not is_undecided(instance, r)
        ]
        for run in fresh:
            said = verdicts(tenant.id, facts_of_run(instance, run), graph.tables_of)
            with turn(engine, tenant.id) as (connection, change):
                if claim_run(connection, tenant.id, run.run_id, now):
                    _apply(connection, tenant, config, graph, said, run.run_id, now, change)
        if records:
            newest = records[-1].update_timestamp
            set_looked_until(engine, tenant.id, newest.replace(tzinfo=newest.tzinfo or UTC))
    return len(fresh)


def _finished(instance: dg.DagsterInstance, since: datetime) -> list[dg.RunRecord]:
    """Every run, of any tenant, that ended since; in the order of their ends."""
    found: dict[str, dg.RunRecord] = {}
    while True:
        page = instance.get_run_records(
            filters=dg.RunsFilter(statuses=FINISHED, updated_after=since),
            limit=_RUNS_AT_ONCE,
            order_by="update_timestamp",
            ascending=True,
        )
        found |= {record.dagster_run.run_id: record for record in page}
        if len(page) < _RUNS_AT_ONCE:
            return list(found.values())
        since = page[-1].update_timestamp


def look_at_clock(settings: Settings, tenant: Tenant, now: datetime) -> int:
    """Tell what only time brings: old incidents, ended mutes; returns how many notices that gave."""
    config = read_config(settings, tenant)
    hours = config.escalate_after_hours
    limit = None if hours is None else timedelta(hours=hours)
    with alerts_state(settings) as engine:
        with engine.connect() as connection:
            due = [k for k in kept_incidents(connection, tenant.id) if _differs(k.incident, now, limit)]
        if not due:
            return 0
        with turn(engine, tenant.id) as (connection, change):
            steps = [
                (kept, lifecycle.time_passed(kept.incident, now, limit))
                for kept in kept_incidents(connection, tenant.id)
            ]
            return _keep_and_tell(connection, tenant, config, steps, now, change)


def look_at_requests(settings: Settings, tenant: Tenant, now: datetime) -> int:
    """Requests in a person's name are incidents until somebody closes them; returns the notices."""
    config = read_config(settings, tenant)
    asked = {f.key: f for f in (finding_of(tenant.id, r) for r in waiting(settings, tenant.id))}
    with alerts_state(settings) as engine:
        with engine.connect() as connection:
            if asked.keys() == _of_requests(connection, tenant).keys():
                return 0
        with turn(engine, tenant.id) as (connection, change):
            kept = _of_requests(connection, tenant)
            steps = [
                (k, lifecycle.passed(k.incident, Days(), "", now))
                for key, k in kept.items()
                if key not in asked
            ]
            for key in asked.keys() - kept.keys():
                step = lifecycle.opened(uuid.uuid4().hex[:12], asked[key], "", now)
                steps.append((Kept(step[0]), step))
            return _keep_and_tell(connection, tenant, config, steps, now, change)


def _of_requests(connection: sa.Connection, tenant: Tenant) -> dict[Key, Kept]:
    kept = kept_incidents(connection, tenant.id)
    return {k.incident.key: k for k in kept if k.incident.finding.kind == PRIVACY}


def concerns(run: dg.DagsterRun, tenant: Tenant) -> bool:
    """Whether a run is over anything of the tenant."""
    keys = [*(run.asset_selection or ()), *(k.asset_key for k in run.asset_check_selection or ())]
    return run.tags.get("tenant") == tenant.id or any(k.path[0] == tenant.id for k in keys)


def _differs(incident: Incident, now: datetime, limit: timedelta | None) -> bool:
    return lifecycle.time_passed(incident, now, limit) != (incident, None)


Stepped = tuple[Kept, lifecycle.Step]


def _apply(
    connection: sa.Connection,
    tenant: Tenant,
    config: AlertsConfig,
    graph: Graph,
    said: Verdicts,
    run_id: str,
    now: datetime,
    change: int,
) -> None:
    """Carry out what a run says."""
    kept = {k.incident.key: k for k in kept_incidents(connection, tenant.id)}
    muted = mutes(connection, tenant.id)
    wrong = {f.key: f for f in said.wrong}
    steps: list[Stepped] = [
        (k, lifecycle.passed(k.incident, said.days, run_id, now))
        for key, k in kept.items()
        if key not in wrong and key not in said.unsure and (key.asset, key.check) in said.looked_at
    ]
    over = {k.incident.key for k, (after, _) in steps if after.recovered_at is not None}
    still = [k.incident.finding for key, k in kept.items() if key not in over and key not in wrong]
    again = [f for f in said.wrong if f.key in kept]
    fresh, explained = explain([f for f in said.wrong if f.key not in kept], [*still, *again], graph.parents)
    for finding in again:
        taken = replace(finding, explains=tuple(explained.pop(finding.key, ())))
        steps.append(
            (kept[finding.key], lifecycle.failed_again(kept[finding.key].incident, taken, run_id, now))
        )
    for key, more in explained.items():
        steps.append(_takes_along(kept[key], more))
    for finding in fresh:
        until = muted.get(finding.key)
        step = lifecycle.opened(uuid.uuid4().hex[:12], finding, run_id, now, until)
        steps.append((Kept(step[0]), step))
    _keep_and_tell(connection, tenant, config, steps, now, change)


def _takes_along(kept: Kept, more: Sequence[Finding]) -> Stepped:
    """An open incident that this run did not look at explains more."""
    finding = kept.incident.finding
    together = {f.key: f for f in (*finding.explains, *more)}
    taken = replace(finding, explains=tuple(together.values()))
    return kept, (replace(kept.incident, finding=taken), None)


def _keep_and_tell(
    connection: sa.Connection,
    tenant: Tenant,
    config: AlertsConfig,
    steps: Sequence[Stepped],
    now: datetime,
    change: int,
) -> int:
    """Save what changed and put one message a channel (and time) into the outbox; returns the notices."""
    told: dict[tuple[str, datetime], list[Told]] = {}
    notices = 0
    for kept, (after, notice) in steps:
        channels = kept.channels
        if notice is not None:
            notices += 1
            receivers = _receivers(config, notice, after, channels)
            channels = tuple(dict.fromkeys((*channels, *receivers)))
            at = not_before(config.quiet_hours, tenant.zone, now, severity_of(notice, after))
            for channel in receivers:
                told.setdefault((channel, at), []).append((notice, after))
        is_new = kept.change == 0
        if is_new or after != kept.incident or channels != kept.channels:
            save(connection, tenant.id, Kept(after, channels), change)
    for (channel, at), items in told.items():
        outbox.put(
            connection,
            tenant.id,
            channel,
            compose(tenant, config, items, now),
            now=now,
            not_before=at,
            incidents=[incident.id for _, incident in items],
        )
    return notices


def _receivers(
    config: AlertsConfig, notice: Notice, incident: Incident, told: tuple[str, ...]
) -> tuple[str, ...]:
    """Who hears of it: a recovery goes to all who heard of the incident and to nobody else."""
    if notice is Notice.RECOVERED:
        return tuple(name for name in told if name in config.channels)
    finding = incident.finding
    return channels_for(config, severity=finding.severity, kind=finding.kind, asset=finding.key.asset)
