"""What lands of persons, products, customers and the shop."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from marketing_assets.ingest.privacy import Masker
from marketing_assets.platforms.http import PlatformError
from marketing_assets.platforms.shopify import counting, snapshots
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.resource import prove
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets_tests.platforms.sandboxed import load
from marketing_assets_tests.platforms.shopify.reading import CUSTOMERS, LAST, ORDERS, PRODUCTS, SHOP, window


def test_personal_values_are_masked_and_the_landing_page_is_dropped(
    sandbox: Sandbox, client: ShopifyClient, store: Storefront
) -> None:
    loaded = load(ORDERS, client, window(sandbox, LAST, LAST))
    masked = Masker(ORDERS.contract, b"k" * 32).mask(loaded.raw)
    text = b"\n".join(masked.lines).decode()
    assert masked.drift == Counter()
    assert "@mail.example" not in text and "/products/" not in text and "+1555" not in text
    order = next(o for o in store.on_local_day(LAST) if o.visit and o.visit.campaign)
    record = next(r for r in map(json.loads, masked.lines) if r["id"].endswith(str(order.order_id)))
    visit = record["customerJourneySummary"]["lastVisit"]
    assert visit["landingPage"] is None and visit["utmParameters"]["campaign"] == order.visit.campaign  # type: ignore[union-attr]
    assert {"gclid", "fbclid"} & record["_context"].keys()


def test_products_come_with_all_variants_and_their_cost(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "BULK_MOST", 0)
    loaded = load(PRODUCTS, client, window(sandbox, LAST, LAST))
    products = loaded.by("id")
    assert loaded.controls == {LAST: {"rows": len(products)}} and len(loaded.pages) > 3
    variants = [v for product in products.values() for v in product["variants"]]
    assert all(Decimal(v["inventoryItem"]["unitCost"]["amount"]) > 0 for v in variants)
    assert {"ACTIVE", "DRAFT"} == {product["status"] for product in products.values()}


def test_customers_come_with_their_numbers_and_without_names(sandbox: Sandbox, client: ShopifyClient) -> None:
    loaded = load(CUSTOMERS, client, window(sandbox, LAST, LAST))
    assert loaded.controls == {LAST: {"rows": len(loaded.by("id"))}} and len(loaded.pages) > 3
    assert not any("firstName" in record for record in loaded.records)
    masked = Masker(CUSTOMERS.contract, b"k" * 32).mask(loaded.raw)
    assert b"@mail" not in b"".join(masked.lines) and masked.drift == Counter()


def test_the_shop_is_one_record_and_proves_whose_it_is(sandbox: Sandbox, client: ShopifyClient) -> None:
    loaded = load(SHOP, client, window(sandbox, LAST, LAST))
    assert [record["name"] for record in loaded.records] == ["Northwind Gifts US"]
    assert prove(client) == "shop Northwind Gifts US (USD, America/New_York), sees all orders"
    client.shop_id = "another-shop"
    with pytest.raises(PlatformError, match="the token is that of northwind-gifts"):
        prove(client)


def test_pieces_of_a_bulk_operation_are_whole_days() -> None:
    counts = {date(2026, 11, d): n for d, n in enumerate((4, 5, 20, 1, 1), start=1)}
    cut = [(piece.first.day, piece.last.day) for piece in counting.pieces(counts, 10)]
    assert cut == [(1, 2), (3, 3), (4, 5)]
