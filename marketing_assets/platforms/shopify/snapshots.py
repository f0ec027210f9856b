"""Products with their variants, customers, and the shop itself, as of now; many of a kind come by bulk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec
import orjson

from marketing_assets.decoding import from_json
from marketing_assets.platforms.platform import Control, Page, Window, with_context
from marketing_assets.platforms.reading import batches
from marketing_assets.platforms.shopify import bulk
from marketing_assets.platforms.shopify.bulk import PAGE
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.nested import Fields, flattened, pages
from marketing_assets.platforms.shopify.queries import (
    BULK_CUSTOMERS,
    BULK_PRODUCTS,
    COUNTS,
    CUSTOMERS,
    PRODUCTS,
    RUN_BULK,
    SHOP,
    Query,
)

BULK_MOST = 100_000
"""Objects of a snapshot that come by one bulk operation; its result is held in memory."""

_LOG = logging.getLogger(__name__)


class _Count(msgspec.Struct):
    count: int


class _Counts(msgspec.Struct):
    products: _Count
    customers: _Count


class _Shop(msgspec.Struct):
    shop: msgspec.Raw


@dataclass(frozen=True)
class _Listed:
    """How all objects of a kind are told, by pages and by a bulk operation, and made records of.

    More than `bulk_from` come by bulk: about as many as a shop's full bucket of points pays for.
    """

    name: Literal["products", "customers"]
    bulk_from: int
    paged: Query
    bulk: str
    from_page: Callable[[ShopifyClient, msgspec.Raw], bytes]
    from_bulk: Callable[[ShopifyClient, bytes, list[bytes]], bytes]


def fetch_products(client: ShopifyClient, window: Window) -> Iterator[Page | Control]:
    """Every product that is not deleted, `variants` as a list; Shopify's count before and after."""
    yield from _fetched(client, window, _PRODUCTS)


def fetch_customers(client: ShopifyClient, window: Window) -> Iterator[Page | Control]:
    """Every customer; Shopify's count before and after."""
    yield from _fetched(client, window, _CUSTOMERS)


def _fetched(client: ShopifyClient, window: Window, listed: _Listed) -> Iterator[Page | Control]:
    before = _count(client, listed)
    yield from _pages(client, listed, before)
    for count in (before, _count(client, listed)):
        yield Control(window.days.last, {"rows": Decimal(count)})


def _count(client: ShopifyClient, listed: _Listed) -> int:
    counts = client.ask(COUNTS, {}, _Counts)
    return (counts.products if listed.name == "products" else counts.customers).count


def _pages(client: ShopifyClient, listed: _Listed, count: int) -> Iterator[Page]:
    """By bulk where there are many: pages cost points that a shop has few of, a bulk operation none."""
    if listed.bulk_from < count <= BULK_MOST:
        try:
            found = list(_by_bulk(client, listed))
        except bulk.BulkFailed as error:
            _LOG.warning("%s: %s; %s come page by page", client.transport.connection, error, listed.name)
        else:
            yield from found
            return
    for call, nodes in pages(client, listed.paged, {}, listed.name):
        if records := [listed.from_page(client, node) for node in nodes]:
            yield Page(client.request_of(call), records, {"api_version": client.served_version})


def _by_bulk(client: ShopifyClient, listed: _Listed) -> Iterator[Page]:
    """Nothing is yielded before the whole result is there."""
    operation = bulk.completed(client, listed.bulk)
    families = list(bulk.families(bulk.lines(client, operation)))
    request = client.request_of(client.call(RUN_BULK, {"all": listed.name}))
    for part in batches(families, PAGE):
        records = [listed.from_bulk(client, root, children) for root, children in part]
        yield Page(request, records, {"api_version": client.served_version, "bulk_operation": operation.id})


def _product(client: ShopifyClient, node: msgspec.Raw) -> bytes:
    record = flattened(client, "Product", from_json(node, Fields), "variants")
    return orjson.dumps({**record, "_context": {"shop_id": client.shop_id}})


def _product_line(client: ShopifyClient, root: bytes, variants: list[bytes]) -> bytes:
    fields = from_json(root, Fields)
    record: dict[str, Any] = {name: orjson.Fragment(bytes(value)) for name, value in fields.items()}
    record["variants"] = [orjson.Fragment(variant) for variant in variants]
    return orjson.dumps({**record, "_context": {"shop_id": client.shop_id}})


def _customer(client: ShopifyClient, node: msgspec.Raw | bytes) -> bytes:
    return with_context(bytes(node), {"shop_id": client.shop_id})


_PRODUCTS = _Listed("products", 50, PRODUCTS, BULK_PRODUCTS, _product, _product_line)
_CUSTOMERS = _Listed(
    "customers", 500, CUSTOMERS, BULK_CUSTOMERS, _customer, lambda c, root, _: _customer(c, root)
)


def fetch_shop(client: ShopifyClient, window: Window) -> Iterator[Page | Control]:
    """The shop, one record."""
    shop = client.ask(SHOP, {}, _Shop).shop
    record = with_context(bytes(shop), {"shop_id": client.shop_id})
    call = client.call(SHOP, {})
    yield Page(client.request_of(call), [record], {"api_version": client.served_version})
    yield Control(window.days.last, {"rows": Decimal(1)})
