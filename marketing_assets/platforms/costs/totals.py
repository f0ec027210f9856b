"""What the files add up to by day, counted in a second way, to hold the landed rows against.

The files are read anew, with another reader and no checks, and amounts are fractions: a day has what all
costs come to by its end, each rounded to its currency, less what they came to by its beginning.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.platforms.costs.currencies import DECIMALS
from marketing_assets.platforms.costs.files import CostFile
from marketing_assets.platforms.platform import Control


def cost_controls(files: Iterable[CostFile], days: DayRange) -> Iterator[Control]:
    """Rows and amounts of each day, over all currencies; zero where no file says anything."""
    rows = [row for file in files for row in _rows(file)]
    spans = [(date.fromisoformat(r["from"]), date.fromisoformat(r["to"] or r["from"])) for r in rows]
    before = _come_to(rows, days.first)
    for day in days:
        after = _come_to(rows, day + ONE_DAY)
        count = sum(first <= day <= last for first, last in spans)
        yield Control(day, {"rows": Decimal(count), "amount": _decimal(after - before)})
        before = after


def rows_in(files: Iterable[CostFile]) -> Decimal:
    """How many lines the files have besides their headers."""
    return Decimal(sum(1 for file in files for _ in _rows(file)))


def _rows(file: CostFile) -> Iterator[dict[str, str]]:
    # The reader takes the first line for the header, so blank ones before it must go.
    text = file.content.decode("utf-8-sig").lstrip(", \t\r\n")
    for row in csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True):
        named = {name.strip(): cell.strip() for name, cell in row.items()}
        if any(named.values()):
            yield named


def _come_to(rows: Iterable[dict[str, str]], day: date) -> Fraction:
    """What all costs have come to when a day begins."""
    total = Fraction(0)
    for row in rows:
        first = date.fromisoformat(row["from"])
        length = (date.fromisoformat(row["to"] or row["from"]) - first).days + 1
        elapsed = min(max((day - first).days, 0), length)
        total += round(Fraction(row["amount"]) * elapsed / length, DECIMALS[row["currency"]])
    return total


def _decimal(exact: Fraction) -> Decimal:
    """A sum of rounded amounts, which has a few decimals."""
    return Decimal(round(exact * 1000)).scaleb(-3)
