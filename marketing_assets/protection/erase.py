"""Erasing a person: out of landing, raw, dead letters and all that was made of them, and kept out.

Tombstones are kept first. From then on the person is whoever has one: the next fetch masks by them, and an
act that was cut off is taken up by them, since what is left to find may be less than what there was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marketing_assets.ingest.key_ring import pseudonyms
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.pseudonyms import Pseudonyms
from marketing_assets.ingest.tombstones import erasure_key, keep_tombstones, tombstones
from marketing_assets.protection import acts
from marketing_assets.protection.applying import Applied, apply
from marketing_assets.protection.changing import Change, Erasure
from marketing_assets.protection.reports import write_report
from marketing_assets.protection.rows import days_of_persons, identities
from marketing_assets.protection.searching import Searched, search
from marketing_assets.protection.subjects import Identifier, Subject, digests, linked
from marketing_assets.protection.tables import all_turns, personal_tables
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

KIND = "erase"
SEARCHABLE = 6
"""Identifiers of fewer characters are not searched for in clear: they stand everywhere by chance."""


@dataclass(frozen=True)
class Erased:
    """What an erasure came to."""

    act: str
    report: Path
    told: dict[str, Any]

    @property
    def left(self) -> list[str]:
        """Places in which something of the person still stands."""
        return list(self.told["searched"]["found_in"])


def erase(settings: Settings, tenant: Tenant, subject: Sequence[Identifier], by: str) -> Erased:
    """Erase a person; takes up an act on the same subject that was cut off.

    Waits for runs that are at a raw table of the tenant. Raises `MissingSecret`, `LandingError` and
    `WarehouseError`.
    """
    landing, warehouse = Landing(settings.landing), open_warehouse(settings, tenant.id)
    with all_turns(settings, tenant.id):
        names = pseudonyms(tenant, settings, landing)
        key = erasure_key(settings, tenant.id, make=True)
        assert key is not None
        names = replace(names, erasure_key=key, tombstones=tombstones(settings, tenant.id))
        given = digests(subject, names)
        act, found = _begun(settings, tenant, names, given, warehouse, landing, by)
        names = replace(names, tombstones=tombstones(settings, tenant.id))
        done = carry_out(settings, tenant, names, warehouse, landing, act)
        warehouse.forget()
        needles = [f for i in subject for f in i.forms if i.kind != "hash" and len(f) >= SEARCHABLE]
        searched = search(settings, tenant.id, landing, warehouse, [*needles, *sorted(found.digests)])
        return _ended(settings, tenant, act, found, done, searched, by)


def matches(settings: Settings, tenant: Tenant, subject: Sequence[Identifier]) -> dict[str, int]:
    """What an erasure would find, without doing it: rows by raw table, digests, and digests left out."""
    landing, warehouse = Landing(settings.landing), open_warehouse(settings, tenant.id)
    names = pseudonyms(tenant, settings, landing)
    found = linked(digests(subject, names), personal_tables(), warehouse, landing, tenant.id)
    trial = replace(names, erasure_key=b"trial", tombstones=frozenset())
    trial = replace(trial, tombstones=frozenset(map(trial.tombstone, found.digests)))
    days = {
        f"days of raw.{table.name}": len(days_of_persons(identities(warehouse, table), Erasure(table, trial)))
        for _, table in personal_tables()
    }
    return {"identifying digests": len(found.digests), "left out as others' too": found.shared, **days}


def carry_out(
    settings: Settings,
    tenant: Tenant,
    names: Pseudonyms,
    warehouse: Warehouse,
    landing: Landing,
    act: str,
) -> Applied:
    """Take everybody who has a tombstone out of all that is kept."""
    changes: list[tuple[Any, Change]] = [(p, Erasure(table, names)) for p, table in personal_tables()]

    def days(change: Change) -> list[Any]:
        return days_of_persons(identities(warehouse, change.table), change)

    return apply(changes, days, settings, tenant.id, warehouse, landing, act, datetime.now(UTC))


def _begun(
    settings: Settings,
    tenant: Tenant,
    names: Pseudonyms,
    given: set[str],
    warehouse: Warehouse,
    landing: Landing,
    by: str,
) -> tuple[str, Subject]:
    """The act, noted in the log with its tombstones kept; and who the subject turned out to be."""
    mark = hashlib.sha256("\n".join(sorted(map(names.tombstone, given))).encode()).hexdigest()
    found = linked(given, personal_tables(), warehouse, landing, tenant.id)
    cut_off = [u for u in acts.unfinished(settings, tenant.id, KIND) if u.details["subject"] == mark]
    if cut_off:
        act = cut_off[0].act
    else:
        act = acts.new_act(KIND, datetime.now(UTC))
        acts.append(settings, tenant.id, KIND, act, "started", {"subject": mark}, by)
    keep_tombstones(settings, tenant.id, act, map(names.tombstone, found.digests))
    return act, found


def _ended(
    settings: Settings,
    tenant: Tenant,
    act: str,
    found: Subject,
    done: Applied,
    searched: Searched,
    by: str,
) -> Erased:
    kept = sorted(tombstones(settings, tenant.id))
    told = {
        "act": act,
        "kind": KIND,
        "tenant": tenant.id,
        "by": by,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tombstones": {
            "of_tenant": len(kept),
            "sha256": hashlib.sha256("\n".join(kept).encode()).hexdigest(),
        },
        "identifying_digests": len(found.digests),
        "left_out_as_others_too": found.shared,
        **done.told(),
        "searched": {
            "files": searched.files,
            "bytes": searched.bytes,
            "tables": searched.tables,
            "found_in": searched.found_in,
        },
    }
    report = write_report(settings, tenant.id, act, told)
    summary = {
        "report_sha256": hashlib.sha256(report.read_bytes()).hexdigest(),
        "left_in": len(searched.found_in),
    }
    acts.append(settings, tenant.id, KIND, act, "finished", summary, by)
    return Erased(act, report, told)
