"""Cells read as days, numbers and words. Each mistake is noted with its field, value and remedy."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from marketing_assets.platforms.costs.currencies import DECIMALS
from marketing_assets.platforms.costs.files import Line
from marketing_assets.schema import NUMERIC_SCALE
from marketing_assets.tenants import Problem

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMBIGUOUS = re.compile(r"[0-9]{1,2}[/.\-][0-9]{1,2}[/.\-]([0-9]{2}|[0-9]{4})")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MOST = Decimal(10) ** 15
"""Amounts stay below it, in any currency."""


class Cells:
    """The cells of one line. A cell that cannot be read is noted and gives a stand-in; `broken` tells."""

    def __init__(self, line: Line, problems: list[Problem]):
        self._line, self._problems = line, problems
        self.broken = False

    def note(self, name: str, message: str) -> None:
        """Note a mistake in a field."""
        self.broken = True
        self._problems.append(self._line.file.problem(self._line.number, name, message))

    def text(self, name: str) -> str:
        value = self._line.cells[name]
        if not value:
            self.note(name, "is missing; write it")
        return value

    def optional(self, name: str) -> str | None:
        return self._line.cells[name] or None

    def one_of(self, name: str, known: Collection[str]) -> str:
        """A word of a list, whatever its case; `known` are lower case."""
        value = self.text(name)
        if value and value.lower() not in known:
            self.note(name, f"'{value}' is none of {', '.join(sorted(known))}")
        return value.lower()

    def day(self, name: str) -> date:
        value = self.text(name)
        if not value:
            return date.min
        if _AMBIGUOUS.fullmatch(value):
            self.note(name, f"'{value}' is ambiguous, its day and month may be swapped; write YYYY-MM-DD")
            return date.min
        try:
            if _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            self.note(name, f"'{value}' is no day of the calendar; write YYYY-MM-DD")
            return date.min
        self.note(name, f"'{value}' is no day; write YYYY-MM-DD")
        return date.min

    def optional_day(self, name: str) -> date | None:
        return self.day(name) if self._line.cells[name] else None

    def currency(self, name: str) -> str:
        value = self.text(name)
        if value and value not in DECIMALS:
            self.note(name, f"'{value}' is no ISO 4217 currency; write one such as THB")
        return value

    def number(self, name: str, decimals: int = NUMERIC_SCALE) -> Decimal:
        """A number with at most so many decimals."""
        value = self.text(name)
        if not value:
            return Decimal(0)
        if not _NUMBER.fullmatch(value):
            self.note(name, f"'{value}' is no number; write digits and a dot, no thousands separators")
            return Decimal(0)
        number = Decimal(value)
        if abs(number) >= _MOST:
            self.note(name, f"'{value}' is too large; write less than {_MOST:f}")
            return Decimal(0)
        if number != round(number, decimals):
            self.note(name, f"'{value}' has more than {decimals} decimals; round it")
        return number
