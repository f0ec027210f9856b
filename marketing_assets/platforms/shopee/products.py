"""Shopee products with their variants, and the shop itself, as of now.

Source: product/get_item_list (offset paging, one listing per status), product/get_item_base_info (50 a call),
product/get_model_list (one item a call) and shop/get_shop_info.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import orjson

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.platform import Control, Page, Window, with_context
from marketing_assets.platforms.reading import batches, read, request_of
from marketing_assets.platforms.shopee.client import ShopeeClient

ITEM_LIST_PATH = "/api/v2/product/get_item_list"
ITEM_BASE_PATH = "/api/v2/product/get_item_base_info"
MODEL_LIST_PATH = "/api/v2/product/get_model_list"
SHOP_PATH = "/api/v2/shop/get_shop_info"

STATUSES = ("NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE")
DELETED = frozenset({"SELLER_DELETE", "SHOPEE_DELETE"})
LIST_PAGE = 100
BATCH = 50
PASSES = 2
"""Lists that lack items and items that an answer leaves out are asked for once more."""


class _ListedItem(msgspec.Struct):
    item_id: int


class _ItemList(msgspec.Struct):
    item: list[_ListedItem] = []
    total_count: int = 0
    has_next_page: bool = False
    next_offset: int = 0


class _ItemListAnswer(msgspec.Struct):
    response: _ItemList


class _Item(msgspec.Struct):
    item_id: int
    item_status: str = ""
    has_model: bool = False


class _BaseInfo(msgspec.Struct):
    item_list: list[msgspec.Raw] = []


class _BaseInfoAnswer(msgspec.Struct):
    response: _BaseInfo
    request_id: str = ""


class _Models(msgspec.Struct):
    model: msgspec.Raw


class _ModelsAnswer(msgspec.Struct):
    response: _Models


@dataclass(frozen=True)
class _Listing:
    """Item ids of one status, and how many Shopee says there are."""

    ids: frozenset[int]
    total: int


def fetch_products(client: ShopeeClient, window: Window) -> Iterator[Page | Control]:
    """Every product, deleted ones too, with `_context.{shop_id, models}`; the control is Shopee's count."""
    ids, total = _item_ids(client)
    waiting = sorted(ids)
    for _ in range(PASSES):
        answered: set[int] = set()
        asked = batches(waiting, BATCH)
        for page, found in client.transport.map(lambda batch: _base_info(client, batch), asked):
            answered |= found
            if page.records:
                yield page
        waiting = [item for item in waiting if item not in answered]
    yield Control(window.days.last, {"rows": Decimal(total)})


def _item_ids(client: ShopeeClient) -> tuple[set[int], int]:
    """The ids of all items, and their number as Shopee counts them."""
    ids: set[int] = set()
    total = 0
    for _ in range(PASSES):
        listings = list(client.transport.map(lambda status: _list_items(client, status), STATUSES))
        ids = ids.union(*(listing.ids for listing in listings))
        total = sum(listing.total for listing in listings)
        if len(ids) == total:
            break
    return ids, total


def _list_items(client: ShopeeClient, status: str) -> _Listing:
    ids: set[int] = set()
    offset, total = 0, 0
    while True:
        params = {"offset": str(offset), "page_size": str(LIST_PAGE), "item_status": status}
        call = Call("GET", ITEM_LIST_PATH, params)
        listing = read(client.transport, call, _ItemListAnswer).response
        ids.update(item.item_id for item in listing.item)
        total = listing.total_count
        if not listing.has_next_page:
            return _Listing(frozenset(ids), total)
        if listing.next_offset <= offset:
            raise PlatformError(
                Failure.TRANSIENT,
                connection=client.transport.connection,
                path=ITEM_LIST_PATH,
                code="offset-repeats",
                message=f"the page after offset {offset} begins at {listing.next_offset}",
            )
        offset = listing.next_offset


def _base_info(client: ShopeeClient, ids: Sequence[int]) -> tuple[Page, set[int]]:
    """A page of products, and the ids it holds."""
    call = Call("GET", ITEM_BASE_PATH, {"item_id_list": ",".join(map(str, ids))})
    answer = read(client.transport, call, _BaseInfoAnswer)
    items = [(from_json(raw, _Item), bytes(raw)) for raw in answer.response.item_list]
    models = client.transport.map(lambda item: _context(client, item[0]), items)
    records = [with_context(raw, context) for (_, raw), context in zip(items, models, strict=True)]
    page = Page(request_of(call), records, {"request_id": answer.request_id})
    return page, {item.item_id for item, _ in items}


def _context(client: ShopeeClient, item: _Item) -> dict[str, Any]:
    context: dict[str, Any] = {"shop_id": client.shop_id}
    if item.has_model and (models := _models(client, item)) is not None:
        context["models"] = orjson.Fragment(models)
    return context


def _models(client: ShopeeClient, item: _Item) -> bytes | None:
    """An item's variants as sent; None where Shopee no longer tells those of a deleted item."""
    call = Call("GET", MODEL_LIST_PATH, {"item_id": str(item.item_id)})
    try:
        return bytes(read(client.transport, call, _ModelsAnswer).response.model)
    except PlatformError as error:
        if error.failure is Failure.CONFIG and item.item_status in DELETED:
            return None
        raise


def fetch_shops(client: ShopeeClient, window: Window) -> Iterator[Page | Control]:
    """The shop, one record. Its fields stand at the top level of the answer, beside the call's own id."""
    call = Call("GET", SHOP_PATH)
    shop = read(client.transport, call, dict[str, msgspec.Raw])
    request_id = msgspec.json.decode(shop.pop("request_id", b'""'))
    record = with_context(msgspec.json.encode(shop), {"shop_id": client.shop_id})
    yield Page(request_of(call), [record], {"request_id": request_id})
    yield Control(window.days.last, {"rows": Decimal(1)})
