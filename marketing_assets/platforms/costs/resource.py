"""Cost files as a platform: the files of `MARKETING_TENANTS_DIR/<tenant>/costs/` as pages and controls.

A day is a calendar day of the tenant, as the files write it. The files are read once, when the client is
made; a mistake in any file of a table stops the fetch before anything lands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from marketing_assets.platforms.costs.cogs import UnitCost, unit_costs_of
from marketing_assets.platforms.costs.costs import Cost, costs_of
from marketing_assets.platforms.costs.files import CostFile, CostFileError, read_folder
from marketing_assets.platforms.costs.totals import cost_controls, rows_in
from marketing_assets.platforms.http import Counters
from marketing_assets.platforms.platform import Control, Page, Window
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Connection, Problem, Tenant


@dataclass
class Folder:
    """In the place of a transport: no calls are made, only bytes read."""

    counters: Counters = field(default_factory=Counters)


@dataclass(frozen=True)
class CostFiles:
    """A tenant's cost files as they stood when they were read; `platforms` are those a cost may name."""

    tenant: str
    files: tuple[CostFile, ...]
    platforms: frozenset[str]
    transport: Folder

    @property
    def of_costs(self) -> list[CostFile]:
        return [f for f in self.files if not f.is_cogs]

    @property
    def of_cogs(self) -> list[CostFile]:
        return [f for f in self.files if f.is_cogs]

    def costs(self) -> list[Cost]:
        """Every cost; raises `CostFileError` with all mistakes."""
        problems: list[Problem] = []
        found = costs_of(self.of_costs, self.platforms, problems)
        self._refuse(problems)
        return found

    def unit_costs(self) -> list[UnitCost]:
        """Every unit cost; raises `CostFileError` with all mistakes."""
        problems: list[Problem] = []
        found = unit_costs_of(self.of_cogs, problems)
        self._refuse(problems)
        return found

    def problems(self) -> list[Problem]:
        """Every mistake of every file."""
        found: list[Problem] = []
        costs_of(self.of_costs, self.platforms, found)
        unit_costs_of(self.of_cogs, found)
        return found

    def _refuse(self, problems: list[Problem]) -> None:
        if problems:
            raise CostFileError(self.tenant, problems)

    def close(self) -> None:
        """Nothing is open."""


def connect(tenant: Tenant, _connection: Connection) -> CostFiles:
    """A tenant's files as they stand now; raises `CostFileError` where one cannot be read."""
    # The catalogue lists this platform too, so it is only there once all of them are loaded.
    from marketing_assets.platforms.catalog import PLATFORMS

    files = tuple(read_folder(load_settings().tenants_dir, tenant.id))
    named = frozenset(p.name for p in PLATFORMS.values() if p.kind in {"ads", "commerce"})
    folder = Folder(Counters(bytes_received=sum(len(f.content) for f in files)))
    return CostFiles(tenant.id, files, named, folder)


def problems_of(tenant: Tenant) -> list[Problem]:
    """Every mistake in a tenant's cost files."""
    try:
        return connect(tenant, Connection(platform="costs")).problems()
    except CostFileError as error:
        return error.problems


def prove(client: CostFiles) -> str:
    problems = client.problems()
    if problems:
        raise CostFileError(client.tenant, problems)
    return f"{len(client.files)} files, {len(client.costs())} costs, {len(client.unit_costs())} unit costs"


def fetch_costs(client: CostFiles, window: Window) -> Iterator[Page | Control]:
    """One record a cost and day of the window; a page a file."""
    costs = client.costs()
    for file in client.of_costs:
        own = [c for c in costs if c.line.file is file]
        yield _page(file, [r for c in own for r in _cost_records(c, window)])
    yield from cost_controls(client.of_costs, window.days)


def fetch_cogs(client: CostFiles, window: Window) -> Iterator[Page | Control]:
    """The whole list of unit costs as it stands; a page a file."""
    costs = client.unit_costs()
    for file in client.of_cogs:
        yield _page(file, [_unit_cost_record(c) for c in costs if c.line.file is file])
    yield Control(window.days.first, {"rows": rows_in(client.of_cogs)})


def _page(file: CostFile, records: list[bytes]) -> Page:
    request: dict[str, Any] = {"method": "READ", "path": f"{file.tenant}/costs/{file.name}", "params": {}}
    return Page(request, records, {"sha256": file.sha256, "bytes": len(file.content)})


def _cost_records(cost: Cost, window: Window) -> Iterator[bytes]:
    first, last = max(cost.days.first, window.days.first), min(cost.days.last, window.days.last)
    for day in window.days:
        if first <= day <= last:
            yield orjson.dumps(
                {
                    "cost_id": cost.id,
                    "date": day.isoformat(),
                    "kind": cost.kind,
                    "name": cost.name,
                    "amount": f"{cost.on(day):f}",
                    "currency": cost.currency,
                    "platform": cost.platform,
                    "file": cost.line.file.name,
                    "line": cost.line.number,
                    "from": cost.days.first.isoformat(),
                    "to": cost.days.last.isoformat(),
                    "period_amount": f"{cost.amount:f}",
                }
            )


def _unit_cost_record(cost: UnitCost) -> bytes:
    return orjson.dumps(
        {
            "sku_master": cost.sku_master,
            "unit_cost": f"{cost.unit_cost:f}",
            "currency": cost.currency,
            "valid_from": cost.valid_from.isoformat(),
            "valid_to": cost.valid_to and cost.valid_to.isoformat(),
            "file": cost.line.file.name,
            "line": cost.line.number,
        }
    )
