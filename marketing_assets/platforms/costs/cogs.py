"""Unit costs of SKUs: the lines of the cost files whose names begin with `cogs`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketing_assets.platforms.costs.cells import Cells
from marketing_assets.platforms.costs.files import CostFile, Line, lines_of
from marketing_assets.tenants import Problem

COLUMNS = ("sku_master", "unit_cost", "currency", "valid_from", "valid_to")


@dataclass(frozen=True)
class UnitCost:
    """What one unit of a SKU costs from one day to another, both included; `valid_to` None has no end."""

    line: Line
    sku_master: str
    unit_cost: Decimal
    currency: str
    valid_from: date
    valid_to: date | None


def unit_costs_of(files: Iterable[CostFile], problems: list[Problem]) -> list[UnitCost]:
    """Every unit cost of the files; mistakes, overlapping periods among them, are added to `problems`."""
    found = [
        cost
        for file in files
        for line in lines_of(file, COLUMNS, problems)
        for cost in _unit_cost(line, problems)
    ]
    by_sku: dict[str, list[UnitCost]] = defaultdict(list)
    for cost in found:
        by_sku[cost.sku_master].append(cost)
    for costs in by_sku.values():
        problems += _overlaps(costs)
    return found


def _unit_cost(line: Line, problems: list[Problem]) -> Iterator[UnitCost]:
    cells = Cells(line, problems)
    sku, currency = cells.text("sku_master"), cells.currency("currency")
    amount = cells.number("unit_cost")
    if amount < 0:
        cells.note("unit_cost", f"'{amount}' is negative; a unit costs zero or more")
    first, last = cells.day("valid_from"), cells.optional_day("valid_to")
    if last is not None and last < first and not cells.broken:
        cells.note("valid_to", f"'{last}' is before valid_from ({first}); swap them")
    if not cells.broken:
        yield UnitCost(line, sku, amount, currency, first, last)


def _overlaps(costs: list[UnitCost]) -> Iterator[Problem]:
    """A mistake for each period of one SKU that begins before all earlier ones have ended."""
    ordered = sorted(costs, key=lambda c: c.valid_from)
    reaching = ordered[0]
    for cost in ordered[1:]:
        if reaching.valid_to is None or cost.valid_from <= reaching.valid_to:
            until = reaching.valid_to or "no end"
            said = (
                f"'{cost.valid_from}' lies within the period of {cost.sku_master} in {reaching.line.where} "
                f"({reaching.valid_from} to {until}); end that one the day before, or remove one"
            )
            yield cost.line.file.problem(cost.line.number, "valid_from", said)
        if reaching.valid_to is not None and (cost.valid_to is None or cost.valid_to > reaching.valid_to):
            reaching = cost
