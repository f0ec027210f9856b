"""Connections inside an object: read to their end and put in the record as plain lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import orjson

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.queries import Query, rest_of

Fields = dict[str, msgspec.Raw]


class PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class Connection(msgspec.Struct, rename="camel"):
    """One page of a connection; nodes stay as they came."""

    nodes: list[msgspec.Raw]
    page_info: PageInfo


class _Rest(msgspec.Struct):
    rest: Connection


class _RestAnswer(msgspec.Struct):
    node: _Rest | None = None


class _Id(msgspec.Struct):
    id: str


def pages(
    client: ShopifyClient, query: Query, variables: Mapping[str, Any], name: str
) -> Iterator[tuple[Call, list[msgspec.Raw]]]:
    """Every page of the connection `name`, with the call that asked for it."""
    after: str | None = None
    used: set[str] = set()
    while True:
        call, told = client.ask_page(query, {**variables, "after": after}, dict[str, Connection])
        connection = told[name]
        yield call, connection.nodes
        after = next_cursor(client, connection.page_info, used)
        if after is None:
            return


def next_cursor(client: ShopifyClient, page: PageInfo, used: set[str]) -> str | None:
    """The next page's cursor, None after the last page; a cursor that comes again is an error."""
    if not page.has_next_page:
        return None
    if not page.end_cursor or page.end_cursor in used:
        raise PlatformError(
            Failure.TRANSIENT,
            connection=client.transport.connection,
            method="POST",
            code="cursor-repeats",
            message="the next page's cursor is missing or came before",
        )
    used.add(page.end_cursor)
    return page.end_cursor


def nodes_of(client: ShopifyClient, kind: str, owner: str, connection: str, first: bytes) -> list[bytes]:
    """All nodes of an object's connection, of which `first` is the page that came with the object."""
    page = from_json(first, Connection)
    nodes = list(page.nodes)
    used: set[str] = set()
    while (after := next_cursor(client, page.page_info, used)) is not None:
        query = rest_of(kind, connection)
        _, told = client.ask_page(query, {"id": owner, "after": after}, _RestAnswer)
        if told.node is None:
            break  # deleted meanwhile
        page = told.node.rest
        nodes += page.nodes
    return [bytes(node) for node in nodes]


def flattened(client: ShopifyClient, kind: str, fields: Fields, *connections: str) -> dict[str, Any]:
    """An object's fields as they came, with each connection as the list of all its nodes."""
    owner = from_json(fields["id"], str)
    record: dict[str, Any] = {name: orjson.Fragment(bytes(value)) for name, value in fields.items()}
    for name in connections:
        nodes = nodes_of(client, kind, owner, name, bytes(fields[name]))
        record[name] = [orjson.Fragment(node) for node in nodes]
    return record


def id_of(raw: bytes | msgspec.Raw) -> str:
    return from_json(raw, _Id).id
