"""`ops.alerts`: every incident of a tenant in its warehouse, written by runs and commands alone.

Sensors keep their state beside the warehouse; what changed there since is added here, a row an incident.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
import sqlalchemy as sa

from marketing_assets.alerts.store import Kept, alerts_state, kept_incidents, turn
from marketing_assets.alerts.tables import TENANTS
from marketing_assets.partitions import local_day
from marketing_assets.schema import DAY, Column, Type, polars_schema
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.open import open_warehouse

ALERTS = TableSpec(
    name="alerts",
    description="Incidents: what was wrong, from when to when, who was told and who took care.",
    columns=(
        Column("id", Type.STRING, "The incident.", required=True),
        Column("tenant_id", Type.STRING, "The tenant.", required=True),
        Column(DAY, Type.DATE, "Day of the tenant's zone on which it was found.", required=True),
        Column("asset", Type.STRING, "The asset, or what failed assets have in common.", required=True),
        Column("check_name", Type.STRING, "The check or step; `connection` or `run`.", required=True),
        Column("entity", Type.STRING, "Campaign, shop, account; empty for the asset itself.", required=True),
        Column("kind", Type.STRING, "check, step, connection or run.", required=True),
        Column("severity", Type.STRING, "WARN or ERROR.", required=True),
        Column(
            "status", Type.STRING, "open, ongoing, escalated, acknowledged, muted, recovered.", required=True
        ),
        Column("description", Type.STRING, "What was found last.", required=True),
        Column("likely_cause", Type.STRING, "Why, where it is known."),
        Column("next_step", Type.STRING, "What to do, where it is known."),
        Column("explains", Type.STRING, "What follows from it, by `; `."),
        Column("money_at_stake", Type.NUMERIC, "Money at stake, in `currency`."),
        Column("currency", Type.STRING, "ISO 4217."),
        Column("first_partition", Type.STRING, "First day that failed."),
        Column("last_partition", Type.STRING, "Last day that failed."),
        Column("opened_at", Type.TIMESTAMP, "When it was found first.", required=True),
        Column("told_at", Type.TIMESTAMP, "When people were told first; null: never."),
        Column("acknowledged_at", Type.TIMESTAMP, "When somebody took care of it."),
        Column("acknowledged_by", Type.STRING, "Who."),
        Column("recovered_at", Type.TIMESTAMP, "When it was found in order."),
        Column("times_seen", Type.INT64, "Runs that found it.", required=True),
        Column("channels", Type.STRING, "Who was told, by commas."),
        Column("first_run_id", Type.STRING, "Dagster's run that found it first.", required=True),
        Column("last_run_id", Type.STRING, "The last run that looked at it.", required=True),
    ),
    key=("id",),
)


def is_behind(settings: Settings, tenant: Tenant) -> bool:
    """Whether the state knows of changes that `ops.alerts` has not."""
    with alerts_state(settings) as engine, engine.connect() as connection:
        return bool(
            kept_incidents(
                connection, tenant.id, only_open=False, changed_after=_published(connection, tenant)
            )
        )


def publish(settings: Settings, tenant: Tenant, now: datetime) -> int:
    """Bring `ops.alerts` up to date; returns the rows written. Written twice, a row stays one."""
    with alerts_state(settings) as engine:
        with engine.connect() as connection:
            changed = kept_incidents(
                connection, tenant.id, only_open=False, changed_after=_published(connection, tenant)
            )
        if not changed:
            return 0
        rows = pl.DataFrame([_row(tenant, k, now) for k in changed], schema=polars_schema(ALERTS.columns))
        written = open_warehouse(settings, tenant.id).append_keyed("ops", ALERTS, rows)
        with turn(engine, tenant.id) as (connection, _):
            connection.execute(
                sa.update(TENANTS)
                .where(TENANTS.c.tenant == tenant.id)
                .values(published=max(k.change for k in changed))
            )
    return written


def _published(connection: sa.Connection, tenant: Tenant) -> int:
    found = connection.execute(sa.select(TENANTS.c.published).where(TENANTS.c.tenant == tenant.id)).scalar()
    return int(found or 0)


def _row(tenant: Tenant, kept: Kept, now: datetime) -> dict[str, object]:
    incident, finding = kept.incident, kept.incident.finding
    return {
        "id": incident.id,
        "tenant_id": tenant.id,
        DAY: local_day(incident.opened_at, tenant.zone),
        "asset": incident.key.asset,
        "check_name": incident.key.check,
        "entity": incident.key.entity,
        "kind": finding.kind,
        "severity": finding.severity,
        "status": incident.status(now).value,
        "description": finding.text,
        "likely_cause": finding.likely_cause or None,
        "next_step": finding.next_step or None,
        "explains": "; ".join(f"{f.key.asset} {f.key.check}" for f in finding.explains) or None,
        "money_at_stake": finding.money,
        "currency": finding.currency or None,
        "first_partition": incident.days.first,
        "last_partition": incident.days.last,
        "opened_at": incident.opened_at,
        "told_at": incident.told_at,
        "acknowledged_at": incident.acknowledged_at,
        "acknowledged_by": incident.acknowledged_by or None,
        "recovered_at": incident.recovered_at,
        "times_seen": incident.seen,
        "channels": ",".join(kept.channels) or None,
        "first_run_id": incident.first_run,
        "last_run_id": incident.last_run,
    }
