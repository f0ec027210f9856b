"""Shopee orders and their settlement.

Source: order/get_order_detail and payment/get_escrow_detail_batch, 50 orders a call. Money is JSON numbers in
the order's currency, major units; records go through as they came. Days are local days of the window's zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.partitions import local_day
from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.platform import Control, Page, Window, with_context
from marketing_assets.platforms.reading import batches, decode, read, request_of
from marketing_assets.platforms.shopee.client import ShopeeClient
from marketing_assets.platforms.shopee.listing import Told, by_day, changed_orders, orders_of

DETAIL_PATH = "/api/v2/order/get_order_detail"
ESCROW_PATH = "/api/v2/payment/get_escrow_detail_batch"
BATCH = 50
NOT_FOUND = "error_not_found"
PASSES = 2
"""Orders that an answer leaves out are asked for once more."""

OPTIONAL_FIELDS = (
    "buyer_user_id,buyer_username,estimated_shipping_fee,recipient_address,actual_shipping_fee,item_list,"
    "pay_time,cancel_by,cancel_reason,fulfillment_flag,package_list,payment_method,total_amount,invoice_data,"
    "checkout_shipping_carrier,order_chargeable_weight_gram"
)
WITHOUT_ESCROW = frozenset({"UNPAID", "CANCELLED"})


class Head(msgspec.Struct):
    """What of an order the client itself needs; times in Unix seconds."""

    order_sn: str
    create_time: int
    update_time: int
    order_status: str
    currency: str = ""


class _Details(msgspec.Struct):
    order_list: list[msgspec.Raw] = []


class _DetailAnswer(msgspec.Struct):
    response: _Details
    request_id: str = ""


class _Heads(msgspec.Struct):
    order_list: list[Head] = []


class _HeadAnswer(msgspec.Struct):
    response: _Heads


class _EscrowAnswer(msgspec.Struct):
    response: list[msgspec.Raw]
    request_id: str = ""


class _EscrowItem(msgspec.Struct):
    escrow_detail: msgspec.Raw = msgspec.Raw()  # empty where absent


class _EscrowHead(msgspec.Struct):
    order_sn: str


@dataclass(frozen=True)
class _Batch:
    """One batch's page, and the orders it settles: answered, or found to need no answer."""

    page: Page | None
    heads: Sequence[Head]
    answered: frozenset[str]


def fetch_orders(client: ShopeeClient, window: Window) -> Iterator[Page | Control]:
    """Orders created in the window, with `_context.shop_id`; the controls count what the listings told."""
    orders = orders_of(client.transport, window)
    days = {sn: told.day for sn, told in orders.items() if told.day}
    waiting = list(orders)
    for _ in range(PASSES):
        answered: set[str] = set()
        for batch in client.transport.map(lambda sns: _details(client, sns), batches(waiting, BATCH)):
            days |= _days_of(batch.heads, orders, window.zone)
            answered |= batch.answered
            if batch.page:
                yield batch.page
        waiting = [sn for sn in waiting if sn not in answered]
    yield from _controls(days, window)


def fetch_escrow(client: ShopeeClient, window: Window) -> Iterator[Page | Control]:
    """Settlements of the window's orders, with `_context.{shop_id, create_time, order_status, currency}`.

    Unpaid and cancelled orders have none; the controls count the others.
    """
    orders = orders_of(client.transport, window)
    due = {sn: told for sn, told in orders.items() if told.order_status not in WITHOUT_ESCROW}
    days = {sn: told.day for sn, told in due.items() if told.day}
    waiting = list(due)
    for _ in range(PASSES):
        answered: set[str] = set()
        for batch in client.transport.map(lambda sns: _escrow(client, sns), batches(waiting, BATCH)):
            days |= _days_of(batch.heads, due, window.zone)
            for head in batch.heads:
                if head.order_status in WITHOUT_ESCROW:  # cancelled since it was listed
                    days.pop(head.order_sn, None)
            answered |= batch.answered
            if batch.page:
                yield batch.page
        waiting = [sn for sn in waiting if sn not in answered]
    yield from _controls(days, window)


def changed_days(
    client: ShopeeClient, since: datetime, until: datetime, zone: ZoneInfo
) -> dict[date, datetime]:
    """Local creation days of the orders updated from `since` to `until`, with the newest update (UTC)."""
    waiting = sorted(changed_orders(client.transport, since, until))
    newest: dict[date, datetime] = {}
    for _ in range(PASSES):
        parts = client.transport.map(lambda sns: _heads(client, sns), batches(waiting, BATCH))
        heads = [head for part in parts for head in part]
        for head in heads:
            day, at = _day(head, zone), datetime.fromtimestamp(head.update_time, UTC)
            newest[day] = max(at, newest.get(day, at))
        answered = {head.order_sn for head in heads}
        waiting = [sn for sn in waiting if sn not in answered]
    if waiting:
        raise PlatformError(
            Failure.TRANSIENT,
            connection=client.transport.connection,
            path=DETAIL_PATH,
            code="orders-left-out",
            message=f"{len(waiting)} changed orders have no detail, such as {waiting[0]}",
            tries=PASSES,
        )
    return newest


def order_times(client: ShopeeClient, sns: Sequence[str]) -> dict[str, datetime]:
    """When orders were created (UTC), by number, of those that the shop knows."""
    parts = client.transport.map(lambda batch: _known(client, batch), batches(sns, BATCH))
    return {h.order_sn: datetime.fromtimestamp(h.create_time, UTC) for heads in parts for h in heads}


def _known(client: ShopeeClient, sns: Sequence[str]) -> list[Head]:
    """Shopee leaves out orders that it does not know, but fails where it knows none of them."""
    try:
        return _heads(client, sns)
    except PlatformError as error:
        if error.code == NOT_FOUND:
            return []
        raise


def _details(client: ShopeeClient, sns: Sequence[str]) -> _Batch:
    call = _detail_call(sns, OPTIONAL_FIELDS)
    answer = read(client.transport, call, _DetailAnswer)
    raw = answer.response.order_list
    heads = [from_json(record, Head) for record in raw]
    records = [with_context(bytes(record), {"shop_id": client.shop_id}) for record in raw]
    page = Page(request_of(call), records, {"request_id": answer.request_id}) if records else None
    return _Batch(page, heads, frozenset(head.order_sn for head in heads))


def _heads(client: ShopeeClient, sns: Sequence[str]) -> list[Head]:
    return read(client.transport, _detail_call(sns, ""), _HeadAnswer).response.order_list


def _detail_call(sns: Sequence[str], optional_fields: str) -> Call:
    params = {"order_sn_list": ",".join(sns), "request_order_status_pending": "true"}
    if optional_fields:
        params["response_optional_fields"] = optional_fields
    return Call("GET", DETAIL_PATH, params)


def _escrow(client: ShopeeClient, sns: Sequence[str]) -> _Batch:
    heads = _heads(client, sns)
    due = {head.order_sn: head for head in heads if head.order_status not in WITHOUT_ESCROW}
    dropped = frozenset(head.order_sn for head in heads) - due.keys()
    if not due:
        return _Batch(None, heads, dropped)
    call = Call("POST", ESCROW_PATH, json={"order_sn_list": list(due)})
    answer = decode(client.transport, call, client.transport.send(call), _EscrowAnswer)
    records = dict(_settlements(answer.response))
    asked = ((due[sn], record) for sn, record in records.items() if sn in due)
    named = [with_context(record, _escrow_context(client, head)) for head, record in asked]
    page = Page(request_of(call), named, {"request_id": answer.request_id}) if named else None
    return _Batch(page, heads, dropped | records.keys())


def _settlements(items: Iterable[msgspec.Raw]) -> Iterator[tuple[str, bytes]]:
    """Order number and settlement of each item; Shopee documents them in `escrow_detail`, and bare."""
    for item in items:
        record = bytes(from_json(item, _EscrowItem).escrow_detail or item)
        yield from_json(record, _EscrowHead).order_sn, record


def _escrow_context(client: ShopeeClient, head: Head) -> dict[str, str | int]:
    return {
        "shop_id": client.shop_id,
        "create_time": head.create_time,
        "order_status": head.order_status,
        "currency": head.currency,
    }


def _days_of(heads: Iterable[Head], orders: dict[str, Told], zone: ZoneInfo) -> dict[str, date]:
    """The creation days of orders that only the first listing knew."""
    return {
        head.order_sn: _day(head, zone)
        for head in heads
        if head.order_sn in orders and orders[head.order_sn].day is None
    }


def _day(head: Head, zone: ZoneInfo) -> date:
    return local_day(datetime.fromtimestamp(head.create_time, UTC), zone)


def _controls(days: dict[str, date], window: Window) -> Iterator[Control]:
    for day, rows in by_day(days, window.days).items():
        yield Control(day, {"rows": Decimal(rows)})
