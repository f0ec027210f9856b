"""Incidents and runs in the installation's own state, changed by one at a time for each tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketing_assets.alerts.codec import incident_from_json, incident_to_json
from marketing_assets.alerts.finding import Key
from marketing_assets.alerts.lifecycle import Incident
from marketing_assets.alerts.tables import INCIDENTS, METADATA, MUTES, RUNS, TENANTS
from marketing_assets.locks import exclusive
from marketing_assets.settings import Settings
from marketing_assets.state import state_engine


@dataclass(frozen=True)
class Kept:
    """An incident as it is kept: who was told, and the turn of its newest change."""

    incident: Incident
    channels: tuple[str, ...] = ()
    change: int = 0


@contextmanager
def alerts_state(settings: Settings) -> Iterator[sa.Engine]:
    """The state of alerts, its tables there."""
    engine = state_engine(settings, "alerts")
    try:
        # Two processes that both find no table would both make it.
        with exclusive(settings.home.absolute() / "locks" / "alerts.lock", 60, "the state of alerts"):
            METADATA.create_all(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def turn(engine: sa.Engine, tenant: str) -> Iterator[tuple[sa.Connection, int]]:
    """A transaction in which nobody else changes this tenant's incidents; with the turn's number."""
    with engine.begin() as connection:
        mine = TENANTS.c.tenant == tenant
        # The first statement writes: whoever reads before may read what another turn is about to change.
        if not connection.execute(sa.update(TENANTS).where(mine).values(turns=TENANTS.c.turns + 1)).rowcount:
            connection.execute(TENANTS.insert().values(tenant=tenant, turns=1, published=0))
        yield connection, int(connection.execute(sa.select(TENANTS.c.turns).where(mine)).scalar_one())


def looked_until(engine: sa.Engine, tenant: str) -> datetime | None:
    with engine.connect() as connection:
        return connection.execute(
            sa.select(TENANTS.c.looked_until).where(TENANTS.c.tenant == tenant)
        ).scalar_one_or_none()


def set_looked_until(engine: sa.Engine, tenant: str, instant: datetime) -> None:
    with turn(engine, tenant) as (connection, _):
        connection.execute(sa.update(TENANTS).where(TENANTS.c.tenant == tenant).values(looked_until=instant))


def seen_runs(engine: sa.Engine, tenant: str, run_ids: Sequence[str]) -> set[str]:
    """Those of the runs that were looked at."""
    with engine.connect() as connection:
        found = connection.execute(
            sa.select(RUNS.c.run_id).where(RUNS.c.tenant == tenant, RUNS.c.run_id.in_(run_ids))
        )
        return set(found.scalars())


def claim_run(connection: sa.Connection, tenant: str, run_id: str, now: datetime) -> bool:
    """Whether this turn is the first that looks at the run; from now on it was looked at."""
    mine = (RUNS.c.tenant == tenant, RUNS.c.run_id == run_id)
    if connection.execute(sa.select(sa.literal(1)).select_from(RUNS).where(*mine)).first():
        return False
    connection.execute(RUNS.insert().values(tenant=tenant, run_id=run_id, at=now))
    return True


def kept_incidents(
    connection: sa.Connection, tenant: str, *, only_open: bool = True, changed_after: int = -1
) -> list[Kept]:
    """The tenant's incidents, oldest first."""
    wanted = [INCIDENTS.c.tenant == tenant, INCIDENTS.c.change > changed_after]
    if only_open:
        wanted.append(INCIDENTS.c.is_open)
    rows = connection.execute(sa.select(INCIDENTS).where(*wanted)).mappings()
    found = [
        Kept(incident_from_json(row["body"]), tuple(row["channels"]), int(row["change"])) for row in rows
    ]
    return sorted(found, key=lambda kept: kept.incident.opened_at)


def save(connection: sa.Connection, tenant: str, kept: Kept, change: int) -> None:
    incident = kept.incident
    values: dict[str, Any] = {
        "tenant": tenant,
        "asset": incident.key.asset,
        "check_name": incident.key.check,
        "entity": incident.key.entity,
        "is_open": incident.recovered_at is None,
        "channels": list(kept.channels),
        "change": change,
        "body": incident_to_json(incident),
    }
    mine = INCIDENTS.c.id == incident.id
    if not connection.execute(sa.update(INCIDENTS).where(mine).values(**values)).rowcount:
        connection.execute(INCIDENTS.insert().values(id=incident.id, **values))


def mutes(connection: sa.Connection, tenant: str) -> dict[Key, datetime]:
    """Until when each key is muted."""
    rows = connection.execute(sa.select(MUTES).where(MUTES.c.tenant == tenant)).mappings()
    return {Key(row["asset"], row["check_name"], row["entity"]): row["until"] for row in rows}


def set_mute(connection: sa.Connection, tenant: str, key: Key, until: datetime | None) -> None:
    """Mute a key until then, later incidents included; None takes the mute away."""
    place = {"asset": key.asset, "check_name": key.check, "entity": key.entity}
    connection.execute(
        sa.delete(MUTES).where(MUTES.c.tenant == tenant, *(MUTES.c[n] == v for n, v in place.items()))
    )
    if until is not None:
        connection.execute(MUTES.insert().values(tenant=tenant, until=until, **place))
