"""Bulk operations: a query is run in the background and its result fetched as a file of JSON lines.

A node and its children stand on lines of their own, children with `__parentId`. Polls move an operation on.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import FieldNode, get_named_type, is_list_type
from graphql.type import GraphQLNonNull

from marketing_assets.sandbox.apis.shopify import reader
from marketing_assets.sandbox.apis.shopify.errors import GraphError
from marketing_assets.sandbox.apis.shopify.objects import gid, instant
from marketing_assets.sandbox.apis.shopify.reader import Nodes, Request
from marketing_assets.sandbox.apis.shopify.schema import SCHEMA
from marketing_assets.sandbox.catalogue import digest
from marketing_assets.sandbox.settings import Settings

STAGES = ("CREATED", "RUNNING", "COMPLETED")
UNDER_WAY = frozenset({"CREATED", "RUNNING"})
FAULTS = {"job_failed": "FAILED", "job_skipped": "EXPIRED"}
KEPT = 50
MOST_CONNECTIONS = 5
IN_LIST = "Queries that contain a connection field within a list field are not currently supported."


@dataclass
class Operation:
    """`ending` names a failure that was decided when it was asked for. `secret` opens its file."""

    number: int
    tenant: str
    text: str
    asked: int
    ending: str | None
    secret: str
    polls: int = 0
    lines: list[bytes] | None = None
    roots: int = 0

    def status(self) -> str:
        stage = STAGES[min(self.polls, len(STAGES) - 1)]
        return self.ending if stage == "COMPLETED" and self.ending else stage

    def file(self) -> bytes:
        """All lines; of a failed operation those of its first half."""
        lines = self.lines or []
        kept = lines[: len(lines) // 2] if self.ending else lines
        return b"".join(line + b"\n" for line in kept)


class Operations:
    """The operations asked for since the start; the oldest are forgotten."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._operations: OrderedDict[int, Operation] = OrderedDict()

    def ask(self, tenant: str, text: str, now: int, fault: str | None) -> Operation:
        """A new operation; GraphError in Shopify's words where the query or the moment does not allow it."""
        _check(reader.read(text))
        with self._lock:
            busy = [one for one in self._operations.values() if self._busy(one, tenant)]
            if len(busy) >= self.settings.shopify_bulk_at_once:
                # Time passes for those that nobody polls, too.
                for one in busy:
                    one.polls += 1
                message = "A bulk query operation for this app and shop is already in progress: "
                raise GraphError("OPERATION_IN_PROGRESS", message + gid("BulkOperation", busy[0].number))
            number = 4_000_000_000 + len(self._operations) + digest(tenant, now) % 10**8 * 100
            secret = f"{digest('bulk', number, text):x}"
            made = Operation(number, tenant, text, now, FAULTS.get(fault or ""), secret)
            self._operations[number] = made
            while len(self._operations) > KEPT:
                self._operations.popitem(last=False)
        return made

    def _busy(self, one: Operation, tenant: str) -> bool:
        return one.tenant == tenant and one.status() in UNDER_WAY

    def find(self, number: int) -> Operation | None:
        return self._operations.get(number)

    def told(self, one: Operation, root: dict[str, Any], base_url: str) -> dict[str, Any]:
        """The operation as of now; a poll moves it one stage on."""
        one.polls += 1
        status = one.status()
        if status not in UNDER_WAY and one.lines is None:
            one.lines = list(lines_of(reader.read(one.text), root))
            one.roots = sum(b'"__parentId"' not in line for line in one.lines)
        return self.view(one, base_url)

    def view(self, one: Operation, base_url: str) -> dict[str, Any]:
        status, file = one.status(), one.file()
        address = f"{base_url}/bulk/{one.number}.jsonl?signature={one.secret}" if file else None
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", one.number),
            "status": status,
            "errorCode": "INTERNAL_SERVER_ERROR" if status == "FAILED" else None,
            "objectCount": str(file.count(b"\n")),
            "rootObjectCount": str(one.roots),
            "fileSize": str(len(file)) if file else None,
            "url": address if status == "COMPLETED" else None,
            "partialDataUrl": address if status == "FAILED" else None,
            "createdAt": instant(one.asked),
            "completedAt": None if status in UNDER_WAY else instant(one.asked),
            "query": one.text,
        }


def _check(request: Request) -> None:
    """Shopify's rules for bulk queries."""
    found = list(_connections(request, request.operation.selection_set, "QueryRoot", False))
    if not found:
        raise GraphError("INVALID", "Bulk queries must contain at least one connection.")
    if len(found) > MOST_CONNECTIONS:
        raise GraphError("INVALID", "Bulk queries cannot contain more than 5 connections.")
    if any(found):
        raise GraphError("INVALID", IN_LIST)


def _connections(request: Request, selections: Any, typename: str, in_list: bool) -> Iterator[bool]:
    """Of each connection whether it stands inside a list field."""
    for node in request.fields(selections, typename):
        declared = getattr(SCHEMA.get_type(typename), "fields", {}).get(node.name.value)
        if declared is None or node.selection_set is None:
            continue
        inner = str(get_named_type(declared.type))
        bare = declared.type.of_type if isinstance(declared.type, GraphQLNonNull) else declared.type
        listed = in_list or (is_list_type(bare) and not typename.endswith("Connection"))
        if inner.endswith("Connection"):
            yield in_list
        yield from _connections(request, node.selection_set, inner, listed)


def lines_of(request: Request, root: dict[str, Any]) -> Iterator[bytes]:
    """Every node of the query's connection, each followed by its children."""
    for node in request.fields(request.operation.selection_set, "QueryRoot"):
        found = reader.value_of(root, node, request.arguments(node))
        if isinstance(found, Nodes):
            yield from _lines(request, node, found, None)


def _lines(request: Request, field: FieldNode, found: Nodes, parent: str | None) -> Iterator[bytes]:
    selections = _selected(field)
    for item in found.items:
        source = found.wire(item)
        told: dict[str, Any] = {}
        children: list[tuple[FieldNode, Nodes]] = []
        for node in request.fields(selections, source["__typename"]):
            value = reader.value_of(source, node, request.arguments(node))
            if isinstance(value, Nodes):
                children.append((node, value))
            else:
                key = node.alias.value if node.alias else node.name.value
                told[key] = reader.pick(request, node.selection_set, value)
        yield orjson.dumps(told | ({"__parentId": parent} if parent else {}))
        for node, nodes in children:
            yield from _lines(request, node, nodes, source["id"])


def _selected(field: FieldNode) -> Any:
    """What is selected of a connection's nodes, below `nodes` or `edges{node}`."""
    for inner in field.selection_set.selections if field.selection_set else ():
        if isinstance(inner, FieldNode) and inner.name.value == "nodes":
            return inner.selection_set
        if isinstance(inner, FieldNode) and inner.name.value == "edges":
            return _selected_node(inner)
    raise GraphError("INVALID", "a connection without nodes")


def _selected_node(edges: FieldNode) -> Any:
    for inner in edges.selection_set.selections if edges.selection_set else ():
        if isinstance(inner, FieldNode) and inner.name.value == "node":
            return inner.selection_set
    raise GraphError("INVALID", "edges without node")
