"""Rows of marts against what they should be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

SHOWN = 5


@dataclass(frozen=True)
class Compared:
    """A mart: rows compared, and the differences in words."""

    mart: str
    rows: int
    differences: tuple[str, ...]

    def told(self) -> str:
        more = len(self.differences) - SHOWN
        shown = [f"      {text}" for text in self.differences[:SHOWN]]
        shown += [f"      … and {more} more"] if more > 0 else []
        return "\n".join([f"    {self.mart}: {self.rows} rows, {len(self.differences)} differences", *shown])


def compare(
    mart: str,
    found: Mapping[Any, Mapping[str, Any]],
    expected: Mapping[Any, Mapping[str, Any]],
    within: Decimal = Decimal(0),
) -> Compared:
    """Rows by key; the columns of `expected` must be the same, decimals up to less than `within` if given."""
    wrong = [f"{key}: is missing" for key in expected.keys() - found.keys()]
    wrong += [f"{key}: should not be there" for key in found.keys() - expected.keys()]
    for key in sorted(expected.keys() & found.keys(), key=str):
        row = found[key]
        wrong += [
            f"{key}: {name} is {row[name]}, should be {value}"
            for name, value in expected[key].items()
            if not _alike(row[name], value, within)
        ]
    return Compared(mart, len(expected), tuple(sorted(wrong)))


def _alike(found: Any, expected: Any, within: Decimal) -> bool:
    if within and isinstance(expected, Decimal) and found is not None:
        return abs(found - expected) < within
    return bool(found == expected)
