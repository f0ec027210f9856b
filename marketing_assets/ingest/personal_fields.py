"""Which fields of a table's records are personal, declared or not.

A field that no contract declares is schema drift; where its name sounds personal, or it stands among personal
fields, it counts as personal, so that a platform's addition cannot leak a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from marketing_assets.schema import Column, Pii, Table

_SOUNDS_PERSONAL = re.compile(
    r"e_?mail|phone|mobile|address|recipient|receiver|buyer|customer|first_?name|last_?name|full_?name"
    r"|user_?name|birth|passport|national|tax_?id|cpf|postal|zip|latitude|longitude|ip_addr|message|note",
    re.IGNORECASE,
)
NESTED = (dict, list)
_MOST_STRANGERS = 1000
"""Undeclared names remembered by object; objects that have ids for names would fill memory."""


@dataclass
class Node:
    """What is known of one field: what is done to it, and what stands below it."""

    action: Pii | None = None
    fields: dict[str, Node] = field(default_factory=dict)
    open: bool = False
    """Its inside is not declared: new fields in it are no drift."""
    path: str = ""
    """Where it stands in the record, dotted; empty for the record itself."""
    steps: dict[Shape, Steps] = field(default_factory=dict)
    _strangers: dict[str, Node] = field(default_factory=dict)

    @cached_property
    def personal(self) -> bool:
        """Whether some of its fields are masked, so that a new one beside them is likely personal too.

        Once asked for, no more are declared.
        """
        return any(inner.action is not None for inner in self.fields.values())

    def stranger(self, name: str) -> Node:
        """What is done to a field that no contract declares; the answer is kept, for names recur."""
        found = self._strangers.get(name)
        if found is None:
            personal = _SOUNDS_PERSONAL.search(name) or (self.path and self.personal)
            action = Pii.HASH if personal else None
            found = Node(action=action, open=not personal, path=self.below(name))
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

    def at(self, path: Iterable[str]) -> Node:
        node = self
        for part in path:
            node = node.fields.setdefault(part, Node(path=node.below(part)))
        return node


Shape = tuple[tuple[str, ...], tuple[type, ...]]
"""An object's names in order, and the types of their values."""

Steps = tuple[tuple[tuple[str, Pii], ...], tuple[tuple[str, Node], ...], frozenset[str]]
"""What is done to objects of one shape: fields to mask, fields to go into, paths of undeclared fields."""


def steps(record: dict[str, Any], node: Node) -> Steps:
    """What is done to objects of this record's shape."""
    masked, nested, drift = [], [], []
    for name, value in record.items():
        known = node.fields.get(name)
        if known is None:
            known = node.stranger(name)
            if not node.open:
                drift.append(known.path)
        if known.action is not None:
            masked.append((name, known.action))
        elif isinstance(value, NESTED):
            nested.append((name, known))
    return tuple(masked), tuple(nested), frozenset(drift)


def plan(table: Table) -> Node:
    """What is done to each field of a table's records."""
    root = Node()

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


def change_personal(value: Any, node: Node, change: Callable[[Any], Any]) -> None:
    """Change, in place, every personal value of a masked record; `node` is its table's `plan`."""
    if isinstance(value, list):
        for element in value:
            change_personal(element, node, change)
    elif isinstance(value, dict):
        for name, inner in value.items():
            known = node.fields.get(name) or node.stranger(name)
            if known.action is not None:
                value[name] = change(inner)
            else:
                change_personal(inner, known, change)
