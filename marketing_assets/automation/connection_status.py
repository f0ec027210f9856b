"""Whether each connection works, as tokens and the last runs tell: rows of `ops.connection_status`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import dagster as dg
import polars as pl

from marketing_assets.automation.asset_runs import asset_runs
from marketing_assets.automation.run_history import (
    ENDED,
    StepFailure,
    is_of,
    materialization,
    materialized,
    step_failures,
)
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.platforms.http import Failure
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import Tokens, TokenStoreError
from marketing_assets.schema import Column, Type, polars_schema
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant

CONNECTION_STATUS = TableSpec(
    name="connection_status",
    description="Whether each connection works, as of the tenant's last run.",
    columns=(
        Column("tenant_id", Type.STRING, "The tenant.", required=True),
        Column("platform", Type.STRING, "The platform.", required=True),
        Column("account_id", Type.STRING, "The account; empty for public data.", required=True),
        Column("status", Type.STRING, "`valid`, `expiring` or `broken`.", required=True),
        Column("since", Type.TIMESTAMP, "When a run or the clock first showed this status."),
        Column("remedy", Type.STRING, "What a person does about it."),
        Column("failure", Type.STRING, "Class of the last failure where it is broken."),
        Column("expires_at", Type.TIMESTAMP, "When what it signs in with ends; null where nobody knows."),
        Column("checked_at", Type.TIMESTAMP, "When this was told.", required=True),
    ),
    key=("platform", "account_id"),
    day_column=None,
)

EXPIRING = timedelta(days=7)
"""How long before its end a sign-in counts as expiring."""

RUNS_READ = 60
"""Runs looked at; a connection that works is used several times a day."""

OF_TABLE = {table.name: platform.name for platform in PLATFORMS.values() for table in platform.tables}

DEAD = frozenset({Failure.AUTH_DEAD.value, Failure.AUTH_REFRESH.value, Failure.CONFIG.value})
"""Failures that a person has to mend; others pass."""


@dataclass(frozen=True)
class Use:
    """One use of a platform in a run: of all its accounts where it went well, else of the one that failed."""

    platform: str
    table: str
    at: datetime
    account: str | None = None
    failure: str | None = None
    remedy: str | None = None


@dataclass(frozen=True)
class Status:
    """The status of one connection; instants in UTC."""

    platform: str
    account: str
    status: Literal["valid", "expiring", "broken"]
    since: datetime | None
    remedy: str | None = None
    failure: str | None = None
    expires_at: datetime | None = None


def status_of(
    platform: str, account: str, tokens: Tokens | None, uses: Iterable[Use], now: datetime, authorize: str
) -> Status:
    """The status of a connection. `authorize` is the sentence that mends an end of its sign-in.

    It is broken when the newest use of one of its tables failed for a cause that a person has to mend, or
    what it signs in with has ended.
    """
    own = [u for u in uses if u.platform == platform and u.account in {None, account}]
    newest: dict[str, Use] = {}
    for use in sorted(own, key=lambda u: u.at):
        newest[use.table] = use
    dead = sorted((u for u in newest.values() if u.failure in DEAD), key=lambda u: u.at)
    ends = _ends(tokens)
    if dead:
        last, tables = dead[-1], {u.table for u in dead}
        since = min(_failing_since([u for u in own if u.table == table]) for table in tables)
        return Status(platform, account, "broken", since, last.remedy, last.failure, ends)
    if ends is not None and ends <= now:
        return Status(platform, account, "broken", ends, authorize, Failure.AUTH_DEAD.value, ends)
    if ends is not None and ends <= now + EXPIRING:
        return Status(platform, account, "expiring", ends - EXPIRING, authorize, None, ends)
    worked = [u.at for u in own if u.failure is None]
    return Status(platform, account, "valid", min(worked, default=None), None, None, ends)


def _failing_since(uses: Iterable[Use]) -> datetime:
    """When the failures began that nothing but failures followed."""
    newest_first = sorted(uses, key=lambda u: u.at, reverse=True)
    since = newest_first[0].at
    for use in newest_first:
        if use.failure is None:
            break
        since = use.at
    return since


def _ends(tokens: Tokens | None) -> datetime | None:
    """When nothing can be refreshed any more."""
    if tokens is None:
        return None
    moment = tokens.refresh_expires_at if tokens.refresh_token else tokens.expires_at
    return None if moment is None else datetime.fromtimestamp(moment, UTC)


def uses_of(instance: dg.DagsterInstance, tenant: Tenant) -> list[Use]:
    """What the tenant's last runs tell of its platforms.

    Where none of them failed at a platform, the newest fetch of each table says all; else every fetch of the
    runs is read, of which one after a failure ends it.
    """
    runs = [
        record.dagster_run
        for record in asset_runs(instance, f"{tenant.id}_refresh", RUNS_READ, statuses=ENDED)
        if is_of(record.dagster_run, tenant.id)
    ]
    failed = [
        use for run in runs if not run.is_success for use in _failures(step_failures(instance, run.run_id))
    ]
    if not failed:
        keys = [dg.AssetKey([tenant.id, "raw", table]) for table in OF_TABLE]
        newest = (record.asset_entry.last_materialization for record in instance.get_asset_records(keys))
        return _fetches(materialization(entry) for entry in newest if entry is not None)
    return failed + [use for run in runs for use in _fetches(materialized(instance, run.run_id))]


def _fetches(events: Iterable[tuple[dg.AssetKey, float, Any]]) -> list[Use]:
    """Those that called a platform, the first of each table."""
    found: dict[str, Use] = {}
    for key, at, event in events:
        table = key.path[-1]
        if key.path[1] == "raw" and table not in found and "skipped" not in event.metadata:
            found[table] = Use(OF_TABLE[table], table, datetime.fromtimestamp(at, UTC))
    return list(found.values())


def _failures(steps: Iterable[StepFailure]) -> Iterator[Use]:
    for failure in steps:
        _, layer, table = [*failure.step.split("__", 2), "", ""][:3]
        if layer == "raw" and table in OF_TABLE:
            account = (failure.connection or "//").split("/", 2)[2] or None
            at = datetime.fromtimestamp(failure.at, UTC)
            yield Use(OF_TABLE[table], table, at, account, failure.kind or "defect", failure.remedy)


def statuses(instance: dg.DagsterInstance, tenant: Tenant, settings: Settings, now: datetime) -> list[Status]:
    """The status of every connection of a tenant that is called over HTTP."""
    uses = uses_of(instance, tenant)
    store = token_store(settings)
    found = []
    for of in PLATFORMS.values():
        for connection in connections(tenant, of) if of.base_url else []:
            authorize = f"run `marketing connections authorize {tenant.id} {of.name}`"
            try:
                tokens = store.read(tenant.id, of.name, connection.account_id)
            except TokenStoreError as error:
                dead = Failure.AUTH_DEAD.value
                found.append(Status(of.name, connection.account_id, "broken", None, str(error), dead))
                continue
            found.append(status_of(of.name, connection.account_id, tokens, uses, now, authorize))
    return found


def since_before(status: Status, before: Mapping[tuple[str, str], tuple[str, datetime | None]]) -> Status:
    """The status with the earlier beginning that was told before, where it is the same one."""
    kept, since = before.get((status.platform, status.account), ("", None))
    if kept != status.status or since is None or (status.since is not None and status.since <= since):
        return status
    return Status(**{**status.__dict__, "since": since})


def status_frame(tenant: Tenant, found: Iterable[Status], now: datetime) -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": tenant.id,
            "platform": s.platform,
            "account_id": s.account,
            "status": s.status,
            "since": s.since,
            "remedy": s.remedy,
            "failure": s.failure,
            "expires_at": s.expires_at,
            "checked_at": now,
        }
        for s in found
    ]
    return pl.DataFrame(rows, schema=polars_schema(CONNECTION_STATUS.columns))
