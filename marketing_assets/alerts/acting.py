"""What people do about incidents: acknowledge them, mute them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from marketing_assets.alerts import lifecycle
from marketing_assets.alerts.lifecycle import Incident
from marketing_assets.alerts.store import alerts_state, kept_incidents, save, set_mute, turn
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant


def incidents(settings: Settings, tenant: Tenant, *, only_open: bool = True) -> list[Incident]:
    """The tenant's incidents, oldest first."""
    with alerts_state(settings) as engine, engine.connect() as connection:
        return [kept.incident for kept in kept_incidents(connection, tenant.id, only_open=only_open)]


def acknowledge(settings: Settings, tenant: Tenant, incident_id: str, by: str, now: datetime) -> Incident:
    """Somebody takes care of it. Raises LookupError for an unknown one, ValueError for one that is over."""
    return _change(settings, tenant, incident_id, lambda i: lifecycle.acknowledged(i, by, now))


def mute(settings: Settings, tenant: Tenant, incident_id: str, until: datetime | None) -> Incident:
    """Mute what the incident is about, later incidents of it included; None ends the mute."""
    return _change(settings, tenant, incident_id, lambda i: lifecycle.muted(i, until), until, mutes=True)


def _change(
    settings: Settings,
    tenant: Tenant,
    incident_id: str,
    change: Callable[[Incident], Incident],
    until: datetime | None = None,
    *,
    mutes: bool = False,
) -> Incident:
    with alerts_state(settings) as engine, turn(engine, tenant.id) as (connection, number):
        found = {k.incident.id: k for k in kept_incidents(connection, tenant.id, only_open=False)}
        if incident_id not in found:
            raise LookupError(
                f"{tenant.id} has no incident '{incident_id}'; see `marketing alerts list {tenant.id} --all`"
            )
        kept = found[incident_id]
        after = change(kept.incident)
        save(connection, tenant.id, replace(kept, incident=after), number)
        if mutes:
            set_mute(connection, tenant.id, after.key, until)
        return after
