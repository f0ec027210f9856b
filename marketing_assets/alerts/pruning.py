"""What alerts keep for a while only: messages that went out, runs looked at, incidents long over."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from marketing_assets.alerts.chart_files import KEPT_FOR
from marketing_assets.alerts.store import alerts_state, kept_incidents, turn
from marketing_assets.alerts.tables import ABOUT, INCIDENTS, MUTES, OUTBOX, RUNS, TENANTS
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

MESSAGES_KEPT = KEPT_FOR
"""Age of a message that was delivered or given up; as long as its chart is kept."""
RUNS_KEPT = timedelta(days=30)
"""Since when a run was looked at. Those that may come up again stay however old they are."""
INCIDENTS_KEPT = timedelta(days=400)
"""Since when an incident is over, and it is in `ops.alerts`, which keeps it."""
_MARGIN = timedelta(days=2)


def prune(settings: Settings, tenant: Tenant, now: datetime) -> dict[str, int]:
    """Remove what has outlived its time; returns what was removed, by kind. What is open or waits stays."""
    with alerts_state(settings) as engine, turn(engine, tenant.id) as (connection, _):
        return {
            "alert messages": _messages(connection, tenant.id, now),
            "runs that alerts looked at": _runs(connection, tenant.id, now),
            "incidents that are over": _incidents(connection, tenant.id, now),
            "mutes that ended": connection.execute(
                sa.delete(MUTES).where(MUTES.c.tenant == tenant.id, MUTES.c.until <= now)
            ).rowcount,
        }


def _messages(connection: sa.Connection, tenant_id: str, now: datetime) -> int:
    old = sa.select(OUTBOX.c.id).where(
        OUTBOX.c.tenant == tenant_id, OUTBOX.c.state != "pending", OUTBOX.c.created_at < now - MESSAGES_KEPT
    )
    connection.execute(sa.delete(ABOUT).where(ABOUT.c.message.in_(old)))
    return connection.execute(sa.delete(OUTBOX).where(OUTBOX.c.id.in_(old))).rowcount


def _runs(connection: sa.Connection, tenant_id: str, now: datetime) -> int:
    # Where nothing ran for long, the last runs are asked for again each time.
    looked = connection.execute(
        sa.select(TENANTS.c.looked_until).where(TENANTS.c.tenant == tenant_id)
    ).scalar()
    before = min(now - RUNS_KEPT, (looked or now) - _MARGIN)
    return connection.execute(sa.delete(RUNS).where(RUNS.c.tenant == tenant_id, RUNS.c.at < before)).rowcount


def _incidents(connection: sa.Connection, tenant_id: str, now: datetime) -> int:
    published = int(
        connection.execute(sa.select(TENANTS.c.published).where(TENANTS.c.tenant == tenant_id)).scalar_one()
    )
    gone = [
        kept.incident.id
        for kept in kept_incidents(connection, tenant_id, only_open=False)
        if kept.change <= published
        and kept.incident.recovered_at is not None
        and kept.incident.recovered_at < now - INCIDENTS_KEPT
    ]
    for incident in gone:
        connection.execute(sa.delete(INCIDENTS).where(INCIDENTS.c.id == incident))
    return len(gone)
