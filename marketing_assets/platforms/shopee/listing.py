"""Shopee's order list: which orders fall in a stretch of time.

Times are Unix seconds. One call covers at most 15 days and one page at most 100 orders; the cursor is opaque.
A list page can silently lack orders, so whoever needs all of them lists twice with different page borders.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import msgspec

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.http import Call, Failure, PlatformError, Transport
from marketing_assets.platforms.platform import Window
from marketing_assets.platforms.reading import read

LIST_PATH = "/api/v2/order/get_order_list"

PAGE_SIZE = 100
CONTROL_PAGE_SIZE = 73
"""Another page size, so that the pages of the second listing end elsewhere."""

_LONGEST = 15 * 86_400

TimeField = Literal["create_time", "update_time"]


@dataclass(frozen=True)
class Span:
    """Unix seconds from `start` up to, not including, `end`."""

    start: int
    end: int

    def pieces(self) -> Iterator[Span]:
        """The span cut in pieces that one listing covers (15 local days can be an hour longer than that).

        Shopee refuses a single second, so a last piece of that length reaches back by one.
        """
        for start in range(self.start, self.end, _LONGEST):
            yield Span(min(start, self.end - 2), min(start + _LONGEST, self.end))


class Listed(msgspec.Struct):
    """An order as the list names it."""

    order_sn: str
    order_status: str = ""


class _Listing(msgspec.Struct):
    order_list: list[Listed] = []
    more: bool = False
    next_cursor: str = ""


class _Answer(msgspec.Struct):
    response: _Listing


def list_orders(transport: Transport, field: TimeField, span: Span, page_size: int) -> list[Listed]:
    """Every order whose `field` falls in the span, page by page."""
    found: list[Listed] = []
    cursor, used = "", set()
    while True:
        call = _call(field, span, page_size, cursor)
        listing = read(transport, call, _Answer).response
        found += listing.order_list
        if not listing.more:
            return found
        used.add(cursor)
        cursor = listing.next_cursor
        if cursor in used:
            raise _circle(transport, call, cursor)


def _call(field: TimeField, span: Span, page_size: int, cursor: str) -> Call:
    params = {
        "time_range_field": field,
        "time_from": str(span.start),
        "time_to": str(span.end - 1),  # Shopee counts the last second in
        "page_size": str(page_size),
        "cursor": cursor,
        "response_optional_fields": "order_status",
        "request_order_status_pending": "true",
    }
    return Call("GET", LIST_PATH, params)


def _circle(transport: Transport, call: Call, cursor: str) -> PlatformError:
    return PlatformError(
        Failure.TRANSIENT,
        connection=transport.connection,
        method=call.method,
        path=call.path,
        code="cursor-repeats",
        message=f"the page after cursor '{cursor}' is that cursor again",
    )


@dataclass(frozen=True)
class Told:
    """An order of a window: its status, and its local day where the listing by day knows it."""

    order_status: str
    day: date | None


def orders_of(transport: Transport, window: Window) -> dict[str, Told]:
    """The orders created in a window, by number, as two listings with different borders tell them.

    The first goes by 15 days, the second by local day; an order that either knows is in.
    """
    days = list(window.days)
    pieces = _span(window.days, window).pieces()
    first = transport.map(lambda span: _created(transport, span, PAGE_SIZE), pieces)
    orders = {o.order_sn: Told(o.order_status, None) for listing in first for o in listing}
    spans = (_span(DayRange(day, day), window) for day in days)
    second = transport.map(lambda span: _created(transport, span, CONTROL_PAGE_SIZE), spans)
    for day, listing in zip(days, second, strict=True):
        orders.update((o.order_sn, Told(o.order_status, day)) for o in listing)
    return orders


def _created(transport: Transport, span: Span, page_size: int) -> list[Listed]:
    return list_orders(transport, "create_time", span, page_size)


def _span(days: DayRange, window: Window) -> Span:
    start, end = days.bounds(window.zone)
    return Span(int(start.timestamp()), int(end.timestamp()))


def changed_orders(transport: Transport, since: datetime, until: datetime) -> set[str]:
    """Numbers of the orders updated from `since` to `until`, both included, by two listings."""
    span = Span(math.floor(since.timestamp()), math.ceil(until.timestamp()) + 1)
    asks = [(piece, size) for piece in span.pieces() for size in (PAGE_SIZE, CONTROL_PAGE_SIZE)]
    listings: Iterable[list[Listed]] = transport.map(
        lambda ask: list_orders(transport, "update_time", ask[0], ask[1]), asks
    )
    return {order.order_sn for listing in listings for order in listing}


def by_day(orders: Mapping[str, date], days: DayRange) -> dict[date, int]:
    """How many orders each day of a range has, zeros included."""
    counts = dict.fromkeys(days, 0)
    for day in orders.values():
        if day in counts:
            counts[day] += 1
    return counts
