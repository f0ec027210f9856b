"""Personal values are replaced before anything touches a disk.

Declared personal fields are hashed with the tenant's own key (or dropped). A field that no contract
declares is schema drift; where its name sounds personal it is masked too, so that a platform's addition
cannot leak a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import orjson

from marketing_assets.ingest import json_lines
from marketing_assets.ingest.personal_fields import NESTED, Node, plan, steps
from marketing_assets.ingest.pseudonyms import Keys, keyed_hash, pseudonyms_of
from marketing_assets.ingest.redactor import Redactor
from marketing_assets.schema import Pii, Table, Type

_MOST_SHAPES = 1000
"""Shapes remembered by object."""
_REMEMBERED = 20_000
"""Hashes kept for values that come again."""
UNREADABLE = b'{"_unreadable":true}'

__all__ = ["UNREADABLE", "MaskedPage", "Masker", "keyed_hash", "personal_columns"]


@dataclass(frozen=True)
class MaskedPage:
    """A page ready for landing: one record a line, and the fields no contract declares with their counts."""

    lines: list[bytes]
    drift: Counter[str]


class Masker:
    """Masks the records of one table with one tenant's keys, and keeps erased persons out of them."""

    def __init__(self, table: Table, keys: Keys):
        # The same buyers come again, and what the platform has masked itself is much alike.
        pseudonyms = pseudonyms_of(keys)
        self._hash = lru_cache(_REMEMBERED)(pseudonyms.digest)
        self._plan = plan(table)
        self._redactor = Redactor(table, pseudonyms.is_erased) if pseudonyms.tombstones else None
        self._personal = any(True for _ in table.personal())
        self._shape = _known_shape(self._plan)

    def mask(self, records: Sequence[bytes]) -> MaskedPage:
        """Mask a page. Records without personal fields and without drift are kept byte for byte."""
        lines = [_one_line(bytes(r)) for r in records]
        if not self._personal and self._all_known(lines):
            return MaskedPage(lines, Counter())
        drift: Counter[str] = Counter()
        long = json_lines.with_long_numbers(lines)
        return MaskedPage(
            [self._mask_record(line, rounds, drift) for line, rounds in zip(lines, long, strict=True)], drift
        )

    def _all_known(self, lines: list[bytes]) -> bool:
        try:
            for line in lines:
                self._shape(line)
        except msgspec.DecodeError:
            return False
        return True

    def _mask_record(self, line: bytes, rounds: bool, drift: Counter[str]) -> bytes:
        try:
            record = json_lines.loads(line, exact=rounds)
        except ValueError:
            return UNREADABLE
        if not isinstance(record, dict):
            # Something else than an object could hold anything; keep nothing of it but the fact.
            return UNREADABLE
        found: set[str] = set()
        self._walk(record, self._plan, found)
        drift.update(found)
        redacted = self._redactor.redact(record) if self._redactor else None
        return orjson.dumps(redacted or record)

    def _walk(self, record: dict[str, Any], node: Node, found: set[str]) -> None:
        # Records come in few shapes; what is to be done with one is found out once.
        shape = (tuple(record), tuple(map(type, record.values())))
        known = node.steps.get(shape)
        if known is None:
            if len(node.steps) >= _MOST_SHAPES:
                node.steps.clear()
            known = node.steps[shape] = steps(record, node)
        masked, nested, drift = known
        for name, action in masked:
            record[name] = self._replaced(record[name], action)
        for name, inner in nested:
            self._descend(record[name], inner, found)
        if drift:
            found.update(drift)

    def _descend(self, value: Any, node: Node, found: set[str]) -> None:
        if isinstance(value, dict):
            self._walk(value, node, found)
        else:
            for element in value:
                if isinstance(element, NESTED):
                    self._descend(element, node, found)

    def _replaced(self, value: Any, action: Pii) -> str | None:
        if value is None or value == "" or action is Pii.DROP or isinstance(value, (*NESTED, bool)):
            return None
        return self._hash(str(value))


def _one_line(record: bytes) -> bytes:
    # A raw line break in JSON can only be white space between tokens.
    return record.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in record or b"\r" in record else record


def _known_shape(root: Node) -> Callable[[bytes], Any]:
    """A decoder that accepts exactly the declared fields and fails on any other; it reads no values."""

    def shape(node: Node) -> Any:
        if node.open or not node.fields:
            return msgspec.Raw
        members = [
            (f"f{i}", shape(inner), msgspec.field(name=name, default=None))
            for i, (name, inner) in enumerate(node.fields.items())
        ]
        struct = msgspec.defstruct("Known", members, forbid_unknown_fields=True, gc=False)
        # A declared object may arrive as one object, as a list of them, or not at all.
        return struct if node is root else list[struct] | struct | None  # type: ignore[valid-type]

    return msgspec.json.Decoder(shape(root)).decode


def personal_columns(table: Table) -> set[str]:
    """Names of a table's columns that hold masked personal values."""
    return {c.name for c in table.columns if c.pii is not None and c.type is not Type.RECORD}
