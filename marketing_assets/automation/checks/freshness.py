"""Freshness: how old the data of a table may be, looked at also when no run comes by.

Dagster's own freshness checks take any materialisation for news. Here a run over old days is none, and
neither is one that skipped the table: what counts is the last time that today (or, shortly after midnight,
yesterday) was loaded.

The sensor `{tenant}_freshness` looks every ten minutes, in the daemon's own time and without a warehouse. It
asks for a run of the job of the same name only when a table's state is not the one that was recorded last, so
a table that grows stale and one that recovers cost one short run each.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from marketing_assets.ingest.assets import raw_asset_key
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.partitions import ONE_DAY, local_day
from marketing_assets.platforms.platform import Platform, Refresh
from marketing_assets.rules import Freshness, Rules, read_rules
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import Finding, Verdict, check_result, passed, unknown, verdict
from marketing_assets.watched import IN_PROCESS

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

NAME = "fresh"
SECONDS = 600
ASK_AGAIN = timedelta(minutes=30)
"""How long a run that was asked for may take before it counts as lost."""

FRESH_WITHIN: Mapping[Refresh, timedelta] = {
    Refresh.CHANGED: timedelta(hours=12),
    Refresh.RESTATED: timedelta(hours=12),
    Refresh.SNAPSHOT: timedelta(hours=30),
}
"""Orders and ads come every six hours, so one tick may fail; snapshots come at least daily."""

TABLES: Mapping[str, timedelta] = {
    "ecb_fx_rates": timedelta(hours=30),
    "costs": timedelta(hours=30),
}
"""Tables that may be older than their kind: rates are published on working days, costs are kept by people."""

MARTS_WITHIN = timedelta(hours=12)
SKIPPED = "skipped"
SUCCEEDED, FAILED = "SUCCEEDED", "FAILED"


@dataclass(frozen=True)
class Expected:
    """An asset whose data must not be older than `within`; `name` is its key below the tenant."""

    key: dg.AssetKey
    within: timedelta

    @property
    def name(self) -> str:
        return "/".join(self.key.path[1:])

    @property
    def check_key(self) -> dg.AssetCheckKey:
        return dg.AssetCheckKey(self.key, NAME)


def expectations(
    tenant: Tenant, platforms: Sequence[Platform], models: Sequence[dg.AssetsDefinition]
) -> list[Expected]:
    """Every raw table and mart of a tenant with the age its data may have."""
    raw = [
        Expected(raw_asset_key(tenant, t.name), TABLES.get(t.name, FRESH_WITHIN[t.refresh]))
        for p in platforms
        for t in p.tables
    ]
    marts = sorted(key for m in models for key in m.keys if key.path[-2] == "mart")
    return [*raw, *(Expected(key, MARTS_WITHIN) for key in marts)]


def last_loaded(
    instance: dg.DagsterInstance, key: dg.AssetKey, now: datetime, tenant: Tenant
) -> datetime | None:
    """When today's or yesterday's partition was last loaded, not skipped; None where neither was."""
    today = local_day(now, tenant.zone)
    days = [f"{today}", f"{today - ONE_DAY}"]
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key, asset_partitions=days), limit=50
    )
    for record in found.records:
        materialization = record.asset_materialization
        if materialization and SKIPPED not in materialization.metadata:
            return datetime.fromtimestamp(record.timestamp, UTC)
    return None


def first_loaded(instance: dg.DagsterInstance, key: dg.AssetKey) -> datetime | None:
    """When any day of a table was loaded for the first time."""
    found = instance.fetch_materializations(key, limit=1, ascending=True)
    return datetime.fromtimestamp(found.records[0].timestamp, UTC) if found.records else None


def judge(
    expected: Expected, loaded: datetime | None, begun: datetime | None, now: datetime, rule: Freshness
) -> Verdict:
    """`begun` is when the table was first filled: one that was not, or was just now and with old days, is not
    late."""
    if not rule.enabled:
        return passed("switched off in alerts.yaml")
    own = rule.hours.get(expected.name)
    within = timedelta(hours=float(own)) if own else expected.within
    if loaded is None and (begun is None or now - begun <= within):
        return unknown(
            "the table was never filled" if begun is None else "only older days were filled so far"
        )
    looked = (
        f"loaded {loaded:%Y-%m-%d %H:%M} UTC" if loaded else "neither today nor yesterday was ever loaded"
    )
    looked = f"{looked}; expected every {within.total_seconds() / 3600:g} h"
    if loaded is not None and now - loaded <= within:
        return passed(looked)
    return verdict(
        [Finding(looked, None, loaded.date() if loaded else None)],
        looked,
        severity=rule.as_severity,
        likely_cause="the schedule is off, the daemon down, the last runs failed, or the connection refused.",
        next_step="open the asset's last runs; `marketing doctor` says whether the connection works.",
    )


def verdicts(
    instance: dg.DagsterInstance, tenant: Tenant, expected: Sequence[Expected], rules: Rules, now: datetime
) -> Iterator[tuple[Expected, Verdict]]:
    """Each table's verdict, from Dagster's own records."""
    for one in expected:
        loaded = last_loaded(instance, one.key, now, tenant)
        begun = loaded or first_loaded(instance, one.key)
        yield one, judge(one, loaded, begun, now, rules.freshness)


def freshness_checks(tenant: Tenant, expected: Sequence[Expected]) -> dg.AssetChecksDefinition:
    """The checks `fresh` of a tenant, in one step."""
    specs = [
        dg.AssetCheckSpec(
            NAME,
            asset=one.key,
            description=f"Loaded within {one.within.total_seconds() / 3600:g} h, or what alerts.yaml says.",
        )
        for one in expected
    ]

    @dg.multi_asset_check(name=f"{tenant.id}_checks_freshness", specs=specs, can_subset=True)
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        chosen = [e for e in expected if e.check_key in context.selected_asset_check_keys]
        rules = read_rules(load_settings().tenants_dir, tenant.id).rules
        for one, of in verdicts(context.instance, tenant, chosen, rules, now_utc()):
            yield check_result(one.key, NAME, of)

    return check


def freshness_job(tenant: Tenant, checks: dg.AssetChecksDefinition) -> "UnresolvedAssetJobDefinition":
    """The job over the checks `fresh` alone; it reads no warehouse."""
    return dg.define_asset_job(
        name=f"{tenant.id}_freshness",
        selection=dg.AssetSelection.checks(checks),
        description=f"Whether the data of {tenant.display_name} are as fresh as they should be.",
        tags={"tenant": tenant.id},
        executor_def=IN_PROCESS,
    )


def freshness_sensor(
    tenant: Tenant, expected: Sequence[Expected], job: "UnresolvedAssetJobDefinition"
) -> dg.SensorDefinition:
    """`{tenant}_freshness`: asks for the job when a table became stale, or fresh again."""

    @dg.sensor(
        name=f"{tenant.id}_freshness",
        job=job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Notices data that grew too old although no run failed, and data that recovered.",
    )
    def freshness(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = now_utc()
        rules = read_rules(load_settings().tenants_dir, tenant.id).rules
        recorded = _recorded(context.instance, expected)
        changed = [
            one.name
            for one, of in verdicts(context.instance, tenant, expected, rules, now)
            if recorded.get(one.check_key, SUCCEEDED) != (FAILED if of.findings else SUCCEEDED)
        ]
        asked = json.loads(context.cursor or "{}")
        if not changed:
            return dg.SensorResult(skip_reason="every table is as it was recorded", cursor="{}")
        if asked.get("changed") == changed and now - datetime.fromisoformat(asked["at"]) < ASK_AGAIN:
            reason = f"a run was asked for at {asked['at']}"
            return dg.SensorResult(skip_reason=reason, cursor=context.cursor)
        cursor = json.dumps({"changed": changed, "at": now.isoformat()})
        request = dg.RunRequest(run_key=f"{tenant.id}-freshness-{now:%Y%m%dT%H%M%S}")
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return freshness


def _recorded(instance: dg.DagsterInstance, expected: Sequence[Expected]) -> dict[dg.AssetCheckKey, str]:
    """How the newest evaluation of each check ended, in Dagster's word; one that is planned has not."""
    keys = [one.check_key for one in expected]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return {key: record.status.value for key, record in found.items()}
