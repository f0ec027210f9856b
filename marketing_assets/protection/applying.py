"""Carrying a change through all that is kept of a tenant: landing, raw, dead letters, what they became."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from marketing_assets.ingest.landing import Landing
from marketing_assets.platforms.platform import Platform
from marketing_assets.protection import rows
from marketing_assets.protection.changing import Change
from marketing_assets.protection.landing_rewrite import rewrite
from marketing_assets.protection.tables import personal_names
from marketing_assets.settings import Settings
from marketing_assets.warehouse.warehouse import Warehouse

Days = Callable[[Change], Sequence[date]]
"""Which days of a raw table a change has to look at."""


@dataclass
class Applied:
    """What changed: records and parts of landing by table, rows of the warehouse by table."""

    landed_records: Counter[str] = field(default_factory=Counter)
    landed_files: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)

    def told(self) -> dict[str, Any]:
        return {
            "landing_records": dict(+self.landed_records),
            "landing_files": dict(+self.landed_files),
            "rows": dict(+self.rows),
        }


def apply(
    changes: Sequence[tuple[Platform, Change]],
    days: Days,
    settings: Settings,
    tenant_id: str,
    warehouse: Warehouse,
    landing: Landing,
    act: str,
    now: datetime,
) -> Applied:
    """Change everything. Landing first, since a replay takes raw rows from it. The caller holds all turns."""
    done = Applied()
    for platform, change in changes:
        _landing(platform, change, landing, tenant_id, act, now, done)
    # What a killed load has left; none is at work while the turns are held.
    shutil.rmtree(settings.warehouse_file(tenant_id).with_suffix(".incoming"), ignore_errors=True)
    with warehouse.held():
        for _, change in changes:
            name = change.table.name
            done.rows[f"raw.{name}"] += rows.change_raw(warehouse, change, days(change))
            done.rows["ops.dead_letters"] += rows.change_dead_letters(warehouse, change)
        if changes:
            # Of a digest by itself every change makes the same.
            done.rows.update(dict(rows.change_derived(warehouse, changes[0][1], personal_names())))
    return done


def _landing(
    platform: Platform,
    change: Change,
    landing: Landing,
    tenant_id: str,
    act: str,
    now: datetime,
    done: Applied,
) -> None:
    name = change.table.name
    for folder, _, _ in landing.fetches(tenant_id, platform.name, name):
        made = rewrite(landing, folder, change.suspect, change.line, act, now)
        done.landed_files[name] += made.files
        done.landed_records[name] += made.records
