"""Costs of a period: the lines of every cost file that is not about unit costs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.costs.cells import Cells
from marketing_assets.platforms.costs.currencies import DECIMALS
from marketing_assets.platforms.costs.files import CostFile, Line, lines_of
from marketing_assets.platforms.costs.spreading import share
from marketing_assets.schema import NUMERIC_SCALE
from marketing_assets.tenants import Problem

COLUMNS = ("kind", "name", "amount", "currency", "from", "to", "platform")
CREDIT = "credit"
"""Money that came back, such as a credit note: the one kind whose amount is negative."""

KINDS = frozenset({"influencer", "affiliate", "agency", "tool", "salary", "other", CREDIT})


@dataclass(frozen=True)
class Cost:
    """One cost: an amount in the currency's major unit for all days of its period together."""

    line: Line
    kind: str
    name: str
    amount: Decimal
    currency: str
    days: DayRange
    platform: str | None

    @property
    def says(self) -> tuple[str, ...]:
        """What the line says, however it is written."""
        amount = round(self.amount, DECIMALS[self.currency])
        first, last = self.days.first.isoformat(), self.days.last.isoformat()
        return self.kind, self.name, f"{amount:f}", self.currency, first, last, self.platform or ""

    @property
    def id(self) -> str:
        """Stays the same as long as the file's name and what the line says do."""
        return hashlib.sha256("\x1f".join((self.line.file.name, *self.says)).encode()).hexdigest()[:32]

    def on(self, day: date) -> Decimal:
        """The share of a day of the period."""
        scale = DECIMALS[self.currency]
        units = int(self.amount.scaleb(scale))
        return Decimal(share(units, len(self.days), (day - self.days.first).days)).scaleb(-scale)


def costs_of(files: Iterable[CostFile], platforms: Collection[str], problems: list[Problem]) -> list[Cost]:
    """Every cost of the files; mistakes are added to `problems`. `platforms` may be named by a cost."""
    costs, seen = [], dict[tuple[str, ...], Line]()
    for line in (line for file in files for line in lines_of(file, COLUMNS, problems)):
        for cost in _cost(line, platforms, problems):
            first = seen.setdefault(cost.says, line)
            if first is line:
                costs.append(cost)
            else:
                said = f"says the same as {first.where}; remove one, or tell them apart by name"
                problems.append(line.file.problem(line.number, "(line)", said))
    return costs


def _cost(line: Line, platforms: Collection[str], problems: list[Problem]) -> Iterator[Cost]:
    cells = Cells(line, problems)
    kind, name = cells.one_of("kind", KINDS), cells.text("name")
    currency = cells.currency("currency")
    amount = cells.number("amount", DECIMALS.get(currency, NUMERIC_SCALE))
    if amount < 0 and kind in KINDS - {CREDIT}:
        cells.note("amount", f"'{amount}' is negative; money that came back is of kind {CREDIT}")
    if amount > 0 and kind == CREDIT:
        cells.note("amount", f"'{amount}' of a credit is positive; write it with a minus")
    first = cells.day("from")
    last = cells.optional_day("to") or first
    if last < first and not cells.broken:
        cells.note("to", f"'{last}' is before from ({first}); swap them")
    platform = cells.optional("platform")
    if platform and platform not in platforms:
        cells.note("platform", f"'{platform}' is none of {', '.join(sorted(platforms))}; or leave it empty")
    if not cells.broken:
        yield Cost(line, kind, name, amount, currency, DayRange(first, last), platform)
