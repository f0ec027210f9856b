"""Taking a person out of a record that is masked already.

A record is a person's where one of its identifying values is: the hashed columns of its table, such as the
buyer's id, user name, e-mail address or telephone number. What merely stands beside them (a recipient's name
or address, which people share) identifies nobody, but goes with the record it stands in.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

from marketing_assets.ingest.personal_fields import change_personal, plan
from marketing_assets.schema import Column, Pii, Table

ERASED = "erased:"
"""Begins the key of a record that stood for a person as a whole."""


def identifying(table: Table) -> list[Column]:
    """The columns whose values name a person; the first of them is the platform's account."""
    return [c for c in table.columns if c.pii is Pii.HASH]


def is_of_person(table: Table) -> bool:
    """Whether a row stands for a person as a whole, so that its key is personal too."""
    return any(table.column(name).pii is not None for name in table.key)


def kept_of_person(table: Table) -> list[Column]:
    """What stays of a row that stood for a person: what the table cannot do without."""
    needed = {*table.key, *table.control.values(), table.version, table.day_from}
    return [c for c in table.columns if c.required or c.name in needed]


class Redactor:
    """Takes persons out of the masked records of one table; `erased` tells whose a digest is."""

    def __init__(self, table: Table, erased: Callable[[str], bool]):
        self._erased = erased
        self._plan = plan(table)
        self._identifying = identifying(table)
        self._kept = kept_of_person(table) if is_of_person(table) else None

    def identity(self, record: dict[str, Any]) -> list[str | None]:
        """The record's identifying digests, in the order of `identifying`; None where one is missing."""
        return [_text(record, column.path) for column in self._identifying]

    def redact(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """The record without its person, or None where it is nobody's who was erased.

        Orders keep all but the personal values, which become null. A record that stood for the person is
        cut down to the columns that its table requires, under a key that leads to nobody.
        """
        if not any(digest and self._erased(digest) for digest in self.identity(record)):
            return None
        if self._kept is not None:
            return self._emptied(record, self._kept)
        change_personal(record, self._plan, lambda _: None)
        return record

    def _emptied(self, record: dict[str, Any], kept: list[Column]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for column in kept:
            value = value_at(record, column.path)
            if column.pii is not None:
                value = ERASED + secrets.token_hex(12)
            place = made
            for name in column.path[:-1]:
                place = place.setdefault(name, {})
            place[column.path[-1]] = value
        return made


def value_at(record: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of a record, None where the path leads nowhere."""
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _text(record: dict[str, Any], path: tuple[str, ...]) -> str | None:
    value = value_at(record, path)
    return value if isinstance(value, str) else None


def digests_in(record: dict[str, Any], table: Table) -> Iterator[str]:
    """Every masked personal value of a record, identifying or not."""
    found: list[str] = []

    def note(value: Any) -> Any:
        if isinstance(value, str):
            found.append(value)
        return value

    change_personal(record, plan(table), note)
    return iter(found)
