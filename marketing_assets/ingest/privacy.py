"""Personal values are replaced before anything touches a disk.

Declared personal fields are hashed with the tenant's own key (or dropped). A field that no contract
declares is schema drift; where its name sounds personal it is masked too, so that a platform's addition
cannot leak a person.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

import msgspec
import orjson

from marketing_assets.ingest import json_lines
from marketing_assets.schema import Column, Pii, Table, Type

_SOUNDS_PERSONAL = re.compile(
    r"e_?mail|phone|mobile|address|recipient|receiver|buyer|customer|first_?name|last_?name|full_?name"
    r"|user_?name|birth|passport|national|tax_?id|cpf|postal|zip|latitude|longitude|ip_addr|message|note",
    re.IGNORECASE,
)
_NESTED = (dict, list)
_MOST_STRANGERS = 1000
"""Undeclared names remembered by object; objects that have ids for names would fill memory."""
_MOST_SHAPES = 1000
"""Shapes remembered by object."""
_REMEMBERED = 20_000
"""Hashes kept for values that come again."""
UNREADABLE = b'{"_unreadable":true}'


def keyed_hash(key: bytes, value: str) -> str:
    """A personal value's stand-in: the first 128 bits of HMAC-SHA256 under the tenant's key, as hex."""
    return hmac.digest(key, value.encode(), "sha256").hex()[:32]


@dataclass
class _Node:
    """What is known of one field: what is done to it, and what stands below it."""

    action: Pii | None = None
    fields: dict[str, _Node] = field(default_factory=dict)
    open: bool = False
    """Its inside is not declared: new fields in it are no drift."""
    path: str = ""
    """Where it stands in the record, dotted; empty for the record itself."""
    steps: dict[_Shape, _Steps] = field(default_factory=dict)
    _strangers: dict[str, _Node] = field(default_factory=dict)

    @cached_property
    def personal(self) -> bool:
        """Whether some of its fields are masked, so that a new one beside them is likely personal too.

        Once asked for, no more are declared.
        """
        return any(inner.action is not None for inner in self.fields.values())

    def stranger(self, name: str) -> _Node:
        """What is done to a field that no contract declares; the answer is kept, for names recur."""
        found = self._strangers.get(name)
        if found is None:
            personal = _SOUNDS_PERSONAL.search(name) or (self.path and self.personal)
            action = Pii.HASH if personal else None
            found = _Node(action=action, open=not personal, path=self.below(name))
            if len(self._strangers) >= _MOST_STRANGERS:
                self._strangers.clear()
            self._strangers[name] = found
        return found

    def below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def open_whole(self) -> None:
        """New fields anywhere in it are no drift."""
        self.open = True
        for inner in self.fields.values():
            inner.open_whole()

    def at(self, path: Iterable[str]) -> _Node:
        node = self
        for part in path:
            node = node.fields.setdefault(part, _Node(path=node.below(part)))
        return node


_Shape = tuple[tuple[str, ...], tuple[type, ...]]
"""An object's names in order, and the types of their values."""

_Steps = tuple[tuple[tuple[str, Pii], ...], tuple[tuple[str, _Node], ...], frozenset[str]]
"""What is done to objects of one shape: fields to mask, fields to go into, paths of undeclared fields."""


def _steps(record: dict[str, Any], node: _Node) -> _Steps:
    masked, nested, drift = [], [], []
    for name, value in record.items():
        known = node.fields.get(name)
        if known is None:
            known = node.stranger(name)
            if not node.open:
                drift.append(known.path)
        if known.action is not None:
            masked.append((name, known.action))
        elif isinstance(value, _NESTED):
            nested.append((name, known))
    return tuple(masked), tuple(nested), frozenset(drift)


def _plan(table: Table) -> _Node:
    root = _Node()

    def declare(column: Column, prefix: tuple[str, ...]) -> None:
        path = prefix + column.path
        node = root.at(path)
        for inner in column.fields:
            declare(inner, path)
        node.open = not node.fields

    for column in table.columns:
        declare(column, ())
    for name in table.ignored:
        root.at(name.split(".")).open_whole()
    for path, action in table.personal():
        root.at(path).action = action
    root.at(("_context",))
    return root


@dataclass(frozen=True)
class MaskedPage:
    """A page ready for landing: one record a line, and the fields no contract declares with their counts."""

    lines: list[bytes]
    drift: Counter[str]


class Masker:
    """Masks the records of one table with one tenant's key."""

    def __init__(self, table: Table, key: bytes):
        # The same buyers come again, and what the platform has masked itself is much alike.
        self._hash = lru_cache(_REMEMBERED)(partial(keyed_hash, key))
        self._plan = _plan(table)
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
        return orjson.dumps(record)

    def _walk(self, record: dict[str, Any], node: _Node, found: set[str]) -> None:
        # Records come in few shapes; what is to be done with one is found out once.
        shape = (tuple(record), tuple(map(type, record.values())))
        steps = node.steps.get(shape)
        if steps is None:
            if len(node.steps) >= _MOST_SHAPES:
                node.steps.clear()
            steps = node.steps[shape] = _steps(record, node)
        masked, nested, drift = steps
        for name, action in masked:
            record[name] = self._replaced(record[name], action)
        for name, inner in nested:
            self._descend(record[name], inner, found)
        if drift:
            found.update(drift)

    def _descend(self, value: Any, node: _Node, found: set[str]) -> None:
        if isinstance(value, dict):
            self._walk(value, node, found)
        else:
            for element in value:
                if isinstance(element, _NESTED):
                    self._descend(element, node, found)

    def _replaced(self, value: Any, action: Pii) -> str | None:
        if value is None or value == "" or action is Pii.DROP or isinstance(value, (*_NESTED, bool)):
            return None
        return self._hash(str(value))


def _one_line(record: bytes) -> bytes:
    # A raw line break in JSON can only be white space between tokens.
    return record.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in record or b"\r" in record else record


def _known_shape(root: _Node) -> Callable[[bytes], Any]:
    """A decoder that accepts exactly the declared fields and fails on any other; it reads no values."""

    def shape(node: _Node) -> Any:
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
