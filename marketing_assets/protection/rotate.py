"""Rotating the key of personal values: every stored digest is hashed once more, under a new key.

The clear text was never kept, so nothing can be hashed anew; and a new value passes through all keys in
turn, so the old ones stay. What it buys: digests that leaked before join with nothing that is stored now,
and whoever has an old key alone can no longer try out values against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from marketing_assets.ingest.key_ring import pseudonyms, read_ring, write_ring
from marketing_assets.ingest.landing import Landing
from marketing_assets.platforms.platform import Platform
from marketing_assets.protection import acts
from marketing_assets.protection.applying import Applied, apply
from marketing_assets.protection.changing import Change, Rotation
from marketing_assets.protection.reports import write_report
from marketing_assets.protection.rows import days_with_rows
from marketing_assets.protection.subjects import suspect_lines
from marketing_assets.protection.tables import all_turns, personal_tables
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.open import open_warehouse

KIND = "rotate-key"


class Interrupted(Exception):
    """Another act has to come to its end first; says which command does that."""


@dataclass(frozen=True)
class Rotated:
    """What a rotation came to: how many keys a value passes through now, and what was wrapped."""

    act: str
    report: Path
    told: dict[str, Any]


def rotate(settings: Settings, tenant: Tenant, by: str) -> Rotated:
    """Add a key and wrap everything that is stored; takes up a rotation that was cut off.

    Waits for runs that are at a raw table of the tenant; until it has come to its end nothing is fetched.
    Raises `Interrupted`, `MissingSecret`, `LandingError` and `WarehouseError`.
    """
    landing, warehouse = Landing(settings.landing), open_warehouse(settings, tenant.id)
    with all_turns(settings, tenant.id):
        if acts.unfinished(settings, tenant.id, "erase"):
            raise Interrupted(
                f"an erasure of {tenant.id} was interrupted; run `marketing privacy erase {tenant.id}` with "
                "the same subject first"
            )
        pseudonyms(tenant, settings, landing, while_rotating=True)  # a lost first key is told before all else
        act = _begun(settings, tenant, by)
        names = pseudonyms(tenant, settings, landing, while_rotating=True)
        changes: list[tuple[Platform, Change]] = [(p, Rotation(t, names)) for p, t in personal_tables()]

        def days(change: Change) -> Sequence[date]:
            return days_with_rows(warehouse, change.table)

        done = apply(changes, days, settings, tenant.id, warehouse, landing, act, datetime.now(UTC))
        warehouse.forget()
        _assert_whole(changes, landing, tenant)
        write_ring(settings, tenant.id, read_ring(settings, tenant.id).finished())
        return _ended(settings, tenant, act, done, len(names.keys), by)


def _begun(settings: Settings, tenant: Tenant, by: str) -> str:
    """The act, with its key in the ring: a new one, or the one that was cut off."""
    ring = read_ring(settings, tenant.id)
    if ring.unfinished:
        return ring.unfinished
    cut_off = acts.unfinished(settings, tenant.id, KIND)
    act = cut_off[0].act if cut_off else acts.new_act(KIND, datetime.now(UTC))
    if not cut_off:
        acts.append(settings, tenant.id, KIND, act, "started", {"keys": len(ring.added) + 2}, by)
    if act not in ring.acts:
        write_ring(settings, tenant.id, ring.with_new_key(act))
    return act


def _assert_whole(changes: Sequence[tuple[Platform, Change]], landing: Landing, tenant: Tenant) -> None:
    """Nothing in landing stands under fewer keys; the warehouse was read whole while it was changed."""
    for platform, change in changes:
        for _ in suspect_lines(landing, tenant.id, platform, change.table, change.suspect):
            raise Interrupted(
                f"landing of {tenant.id}/{platform.name}/{change.table.name} got records while its key was "
                f"rotated; run `marketing privacy rotate-key {tenant.id}` again"
            )


def _ended(settings: Settings, tenant: Tenant, act: str, done: Applied, keys: int, by: str) -> Rotated:
    told = {
        "act": act,
        "kind": KIND,
        "tenant": tenant.id,
        "by": by,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "keys": keys,
        **done.told(),
    }
    report = write_report(settings, tenant.id, act, told)
    summary = {"report_sha256": hashlib.sha256(report.read_bytes()).hexdigest(), "keys": keys}
    acts.append(settings, tenant.id, KIND, act, "finished", summary, by)
    return Rotated(act, report, told)
