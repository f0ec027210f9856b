"""Bulk operations: a query that Shopify runs in the background, and whose result is fetched as a file.

A failed operation may give a part of its result; the part is never used, since nothing tells what it lacks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain, repeat
from urllib.parse import parse_qsl, urlsplit

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.queries import POLL_BULK, RUN_BULK

PAGE = 100
"""Records of a page that came by bulk."""
STARTS = 2
"""A failed operation is started once more."""
DEADLINE_SECONDS = 3600.0
IN_PROGRESS = "already in progress"
UNDER_WAY = frozenset({"CREATED", "RUNNING", "CANCELING"})
_INTERVALS = (0.5, 1, 2, 4, 8)
_LONGEST_INTERVAL = 15.0
"""Seconds between two polls."""


class BulkFailed(Exception):
    """An operation that Shopify did not complete, however often it was started."""


class Operation(msgspec.Struct, rename="camel"):
    id: str
    status: str
    error_code: str | None = None
    object_count: str = "0"
    url: str | None = None
    partial_data_url: str | None = None


class _UserError(msgspec.Struct):
    message: str


class _Payload(msgspec.Struct, rename="camel"):
    bulk_operation: Operation | None = None
    user_errors: list[_UserError] = []


class _Started(msgspec.Struct, rename="camel"):
    bulk_operation_run_query: _Payload


class _Polled(msgspec.Struct):
    node: Operation | None = None


class Line(msgspec.Struct):
    """What of a line says where it belongs."""

    id: str
    parent: str | None = msgspec.field(name="__parentId", default=None)


def completed(client: ShopifyClient, query: str) -> Operation:
    """A completed operation of a query; raises `BulkFailed` where Shopify does not get it done."""
    operation: Operation | None = None
    for _ in range(STARTS):
        operation = _wait(client, _start(client, query))
        if operation.status == "COMPLETED":
            return operation
    assert operation is not None
    raise BulkFailed(f"{operation.id}: {operation.status} {operation.error_code or ''}".rstrip())


def _start(client: ShopifyClient, query: str) -> str:
    """Start an operation; where others are under way, wait for their end."""
    started = time.monotonic()
    for interval in chain(_INTERVALS, repeat(_LONGEST_INTERVAL)):
        told = client.ask(RUN_BULK, {"query": query}, _Started).bulk_operation_run_query
        if told.bulk_operation is not None:
            return told.bulk_operation.id
        message = "; ".join(error.message for error in told.user_errors)
        if IN_PROGRESS not in message:
            raise _refused(client, message)
        if time.monotonic() - started > DEADLINE_SECONDS:
            break
        client.rest(interval)
    raise BulkFailed("other bulk operations of the app did not come to an end")


def _wait(client: ShopifyClient, number: str) -> Operation:
    """An operation's last state: over, or still unfinished at the deadline."""
    started = time.monotonic()
    for interval in chain(_INTERVALS, repeat(_LONGEST_INTERVAL)):
        operation = client.ask(POLL_BULK, {"id": number}, _Polled).node
        if operation is None:
            raise BulkFailed(f"{number}: Shopify no longer knows it")
        if operation.status not in UNDER_WAY or time.monotonic() - started > DEADLINE_SECONDS:
            return operation
        client.rest(interval)
    raise AssertionError("the intervals never end")


def lines(client: ShopifyClient, operation: Operation) -> list[bytes]:
    """The lines of a completed operation's result: as many as it says, or an error. No address: no lines."""
    if operation.url is None:
        found: list[bytes] = []
    else:
        try:
            found = client.files.send(_file_call(operation.url)).body.splitlines()
        except PlatformError as error:
            if error.failure is not Failure.CONFIG:
                raise
            raise BulkFailed(f"{operation.id}: its result is refused: {error.message}") from error
    if len(found) != int(operation.object_count):
        raise BulkFailed(f"{operation.id}: {len(found)} of {operation.object_count} objects came")
    return found


def families(found: list[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Each root line with its children, wherever those stand in the file, without its name."""
    roots: dict[str, bytes] = {}
    children: dict[str, list[bytes]] = {}
    for text in found:
        line = from_json(text, Line)
        if line.parent is None:
            roots[line.id] = text
        else:
            fields = from_json(text, dict[str, msgspec.Raw])
            del fields["__parentId"]
            children.setdefault(line.parent, []).append(msgspec.json.encode(fields))
    if children.keys() - roots.keys():
        raise BulkFailed("the result has children without a parent")
    for number, text in roots.items():
        yield text, children.get(number, [])


def _file_call(url: str) -> Call:
    parts = urlsplit(url)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Call("GET", parts.path, params, base_url=f"{parts.scheme}://{parts.netloc}")


def _refused(client: ShopifyClient, message: str) -> PlatformError:
    return PlatformError(
        Failure.CONFIG,
        connection=client.transport.connection,
        method="POST",
        code="bulk-refused",
        message=message,
        remedy="Shopify's schema changed and the client must follow.",
    )
