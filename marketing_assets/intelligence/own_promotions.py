"""A tenant's own promotions: `tenants/<tenant>/promotions.csv` with the columns from, to, name. Pure.

Both days are included; a promotion of one day may leave `to` empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from marketing_assets.intelligence.sale_calendar import Promotion
from marketing_assets.partitions import DayRange

FILE = "promotions.csv"
_COLUMNS = ["from", "to", "name"]


@dataclass(frozen=True)
class PromotionsRead:
    """The promotions that could be read, and a sentence on every line that could not."""

    promotions: tuple[Promotion, ...]
    mistakes: tuple[str, ...] = ()


def parse_promotions(content: bytes, where: str) -> PromotionsRead:
    """The promotions of a file; `where` names it in mistakes."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return PromotionsRead((), (f"{where} cannot be read ({error}); save it as 'CSV UTF-8'",))
    header = [cell.strip() for cell in rows[0]] if rows else []
    if header != _COLUMNS:
        return PromotionsRead((), (f"{where}:1: the header must be {','.join(_COLUMNS)}",))
    found = list(_parsed(rows[1:], where))
    return PromotionsRead(
        tuple(p for p in found if isinstance(p, Promotion)), tuple(m for m in found if isinstance(m, str))
    )


def _parsed(rows: list[list[str]], where: str) -> Iterator[Promotion | str]:
    for number, row in enumerate(rows, start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(_COLUMNS):
            yield f"{where}:{number}: has {len(cells)} cells; put text with commas in quotes"
            continue
        first, last, name = cells
        try:
            days = DayRange(date.fromisoformat(first), date.fromisoformat(last or first))
        except ValueError as error:
            yield f"{where}:{number}: {error}; write days such as 2026-11-11"
            continue
        yield Promotion(days, name or "promotion")
