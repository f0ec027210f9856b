"""Shopify orders, by pages or by bulk operations, and the days whose orders changed.

Few orders come by pages, many by bulk operations; the records are the same. A record is the order as Shopify
tells it, with `lineItems` and the connections of `refunds` as plain lists, and with `_context`: the shop and
the click ids of the landing page. Days are local days of the window's zone.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import orjson

from marketing_assets.decoding import from_json
from marketing_assets.partitions import DayRange, local_day
from marketing_assets.platforms.platform import Control, Page, Window
from marketing_assets.platforms.reading import batches
from marketing_assets.platforms.shopify import bulk
from marketing_assets.platforms.shopify.bulk import PAGE
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.counting import (
    between,
    counts_by_day,
    created_in,
    pieces,
    require_visible,
)
from marketing_assets.platforms.shopify.nested import Fields, flattened, id_of, nodes_of, pages
from marketing_assets.platforms.shopify.queries import (
    CHANGED,
    ORDER_TIMES,
    ORDERS,
    REFUNDS,
    RUN_BULK,
    bulk_orders,
)

BULK_FROM = 250
"""More orders than this are fetched by bulk operations, which cost no points a page."""
BULK_MOST = 10_000
"""Orders of one bulk operation; its result is held in memory."""
REFUND_BATCH = 10
TIMES_BATCH = 100
_ORDER_ID = "gid://shopify/Order/"
CLICK_IDS = ("gclid", "fbclid")

_LOG = logging.getLogger(__name__)


class _Visit(msgspec.Struct, rename="camel"):
    landing_page: str | None = None


class _Journey(msgspec.Struct, rename="camel"):
    last_visit: _Visit | None = None


class _Id(msgspec.Struct):
    id: str


class _Time(msgspec.Struct, rename="camel"):
    id: str
    created_at: datetime


class _Times(msgspec.Struct):
    nodes: list[_Time | None]


class _Head(msgspec.Struct, rename="camel"):
    """What of an order the client itself needs."""

    id: str
    created_at: datetime
    updated_at: datetime
    customer_journey_summary: _Journey | None = None
    refunds: list[_Id] = []


class _Refunds(msgspec.Struct):
    nodes: list[Fields | None]


@dataclass(frozen=True)
class _Order:
    """An order's fields as they came, and all its lines."""

    fields: Fields
    lines: Sequence[bytes]
    head: _Head


def fetch_orders(client: ShopifyClient, window: Window) -> Iterator[Page | Control]:
    """Orders created in the window; the controls are Shopify's counts of each day, before and after.

    Days of which less came than Shopify counts are asked for once more.
    """
    require_visible(client, window)
    before = counts_by_day(client, window)
    found: Counter[date] = Counter()
    seen: set[str] = set()
    for page, orders in _fetched(client, window, before):
        found.update(local_day(order.created_at, window.zone) for order in orders if order.id not in seen)
        seen.update(order.id for order in orders)
        yield page
    for day in (day for day, count in before.items() if found[day] < count):
        for page, _ in _paged(client, window, DayRange(day, day)):
            yield page
    for counts in (before, counts_by_day(client, window)):
        for day, count in counts.items():
            yield Control(day, {"rows": Decimal(count)})


def changed_days(
    client: ShopifyClient, since: datetime, until: datetime, zone: ZoneInfo
) -> dict[date, datetime]:
    """Local creation days of the orders updated from `since` to `until`, with the newest update (UTC)."""
    start = datetime.fromtimestamp(math.floor(since.timestamp()), UTC)
    end = datetime.fromtimestamp(math.ceil(until.timestamp()), UTC) + timedelta(seconds=1)
    newest: dict[date, datetime] = {}
    for _, nodes in pages(client, CHANGED, {"search": between("updated_at", start, end)}, "orders"):
        for node in nodes:
            head = from_json(node, _Head)
            day = local_day(head.created_at, zone)
            newest[day] = max(head.updated_at, newest.get(day, head.updated_at))
    return newest


def order_times(client: ShopifyClient, ids: Sequence[str]) -> dict[str, datetime]:
    """When orders were created (UTC), by the number in their id, of those that the shop knows."""
    found: dict[str, datetime] = {}
    for batch in batches(ids, TIMES_BATCH):
        asked = {"ids": [f"{_ORDER_ID}{order_id}" for order_id in batch]}
        for node in client.ask(ORDER_TIMES, asked, _Times).nodes:
            if node is not None:
                found[node.id.removeprefix(_ORDER_ID)] = node.created_at.astimezone(UTC)
    return found


def _fetched(
    client: ShopifyClient, window: Window, counts: Mapping[date, int]
) -> Iterator[tuple[Page, list[_Head]]]:
    if sum(counts.values()) <= BULK_FROM:
        yield from _paged(client, window, window.days)
        return
    for days in pieces(counts, BULK_MOST):
        try:
            yield from list(_by_bulk(client, created_in(days, window)))
        except bulk.BulkFailed as error:
            _LOG.warning("%s: %s; %s is fetched page by page", client.transport.connection, error, days)
            yield from _paged(client, window, days)


def _paged(client: ShopifyClient, window: Window, days: DayRange) -> Iterator[tuple[Page, list[_Head]]]:
    for call, nodes in pages(client, ORDERS, {"search": created_in(days, window)}, "orders"):
        orders = [_from_page(client, node) for node in nodes]
        if orders:
            yield _page(client, client.request_of(call), orders)


def _from_page(client: ShopifyClient, node: msgspec.Raw) -> _Order:
    fields = from_json(node, Fields)
    lines = nodes_of(client, "Order", id_of(node), "lineItems", bytes(fields.pop("lineItems")))
    return _Order(fields, lines, from_json(node, _Head))


def _by_bulk(client: ShopifyClient, search: str) -> Iterator[tuple[Page, list[_Head]]]:
    """Nothing is yielded before the whole result is there."""
    operation = bulk.completed(client, bulk_orders(search))
    families = list(bulk.families(bulk.lines(client, operation)))
    call = client.call(RUN_BULK, {"search": search})
    for part in batches(families, PAGE):
        orders = [
            _Order(
                from_json(root, Fields),
                lines,
                from_json(root, _Head),
            )
            for root, lines in part
        ]
        yield _page(client, client.request_of(call), orders, bulk_operation=operation.id)


def _page(
    client: ShopifyClient, request: Mapping[str, Any], orders: Sequence[_Order], **more: str
) -> tuple[Page, list[_Head]]:
    """A page of whole records: refunds are asked for, since only their ids came."""
    refunds = _refunds(client, [refund.id for order in orders for refund in order.head.refunds])
    records = [_record(client, order, refunds) for order in orders]
    page = Page(request, records, {"api_version": client.served_version, **more})
    return page, [order.head for order in orders]


def _refunds(client: ShopifyClient, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Refunds by id, their connections as lists."""
    found: dict[str, dict[str, Any]] = {}
    for batch in batches(ids, REFUND_BATCH):
        for fields in client.ask(REFUNDS, {"ids": batch}, _Refunds).nodes:
            if fields:
                number = from_json(fields["id"], str)
                connections = ("refundLineItems", "refundShippingLines", "transactions")
                found[number] = flattened(client, "Refund", fields, *connections)
    return found


def _record(client: ShopifyClient, order: _Order, refunds: Mapping[str, Any]) -> bytes:
    record: dict[str, Any] = {name: orjson.Fragment(bytes(value)) for name, value in order.fields.items()}
    record["lineItems"] = [orjson.Fragment(line) for line in order.lines]
    record["refunds"] = [refunds[refund.id] for refund in order.head.refunds if refund.id in refunds]
    record["_context"] = {"shop_id": client.shop_id, **_click_ids(order.head)}
    return orjson.dumps(record)


def _click_ids(head: _Head) -> dict[str, str]:
    """The click ids in the landing page's query; nothing else of the page is kept."""
    visit = head.customer_journey_summary.last_visit if head.customer_journey_summary else None
    if visit is None or not visit.landing_page:
        return {}
    query = parse_qs(urlsplit(visit.landing_page).query)
    return {name: query[name][0] for name in CLICK_IDS if name in query}
