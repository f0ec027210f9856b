"""Shopify's orders: by pages and in bulk, of the tenant's own days."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from marketing_assets.platforms.shopify import orders
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.queries import ORDERS as ORDERS_QUERY
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets_tests.platforms.sandboxed import load
from marketing_assets_tests.platforms.shopify.reading import (
    FIRST,
    LAST,
    ORDERS,
    by_day,
    in_bulk,
    paged,
    told,
    window,
)


def test_pages_hold_every_order_of_every_day_and_two_loads_are_equal(
    sandbox: Sandbox, client: ShopifyClient, store: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    paged(monkeypatch)
    loaded, again = load(ORDERS, client, window(sandbox)), load(ORDERS, client, window(sandbox))
    expected = told(store, FIRST, LAST)
    assert len(loaded.pages) > 10
    assert by_day(loaded) == expected
    assert {day: f["rows"] for day, f in loaded.controls.items()} == {d: len(o) for d, o in expected.items()}
    assert sorted(loaded.raw) == sorted(again.raw)


def test_a_page_that_is_too_dear_is_halved_once_and_for_all(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paged(monkeypatch)
    loaded = load(ORDERS, client, window(sandbox))
    sizes = {page.request["json"]["variables"]["first"] for page in loaded.pages}
    assert len(sizes) == 1 and max(sizes) < ORDERS_QUERY.first
    assert all(len(page.records) <= max(sizes) for page in loaded.pages)


def test_bulk_and_pages_give_equal_records(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paged(monkeypatch)
    by_pages = load(ORDERS, client, window(sandbox))
    in_bulk(monkeypatch)
    calls = client.transport.counters.calls
    by_bulk = load(ORDERS, client, window(sandbox))
    assert sorted(by_bulk.raw) == sorted(by_pages.raw) and by_bulk.controls == by_pages.controls
    assert len(by_bulk.raw) > 200
    assert client.transport.counters.calls - calls < calls / 2
    assert all("bulk_operation" in page.envelope for page in by_bulk.pages)


def test_records_hold_all_lines_transactions_and_refunds(
    sandbox: Sandbox, client: ShopifyClient, store: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six lines need a second page of lines; several refunds come with all their parts."""
    paged(monkeypatch)
    loaded = load(ORDERS, client, window(sandbox)).by("id")
    now = sandbox.world.clock.as_of_seconds
    seen: Counter[str] = Counter()
    for day in told(store, FIRST, LAST):
        for order in store.on_local_day(day):
            record = loaded[f"gid://shopify/Order/{order.order_id}"]
            ids = [line["id"] for line in record["lineItems"]]
            assert ids == [f"gid://shopify/LineItem/{line.line_id}" for line in order.lines]
            past = [one for one in order.transactions if one.at <= now]
            assert [one["kind"] for one in record["transactions"]] == [one.kind for one in past]
            refunds = [one for one in order.refunds if one.at <= now]
            parts = [[i["quantity"] for i in one["refundLineItems"]] for one in record["refunds"]]
            assert parts == [[line.quantity for line in one.lines] for one in refunds]
            seen["lines"] = max(seen["lines"], len(ids))
            seen["refunds"] = max(seen["refunds"], len(refunds))
            seen["captures"] += sum(one.kind == "CAPTURE" for one in past) > 1
            seen["foreign"] += order.presentment != order.currency
    assert seen["lines"] == 6 and seen["refunds"] >= 2 and seen["captures"] and seen["foreign"]


def test_nested_pages_are_read_to_their_end(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one line a page every further line is a page of its own."""
    paged(monkeypatch)
    day = window(sandbox, LAST, LAST)
    whole = load(ORDERS, client, day)
    text = ORDERS_QUERY.text.replace("lineItems(first:5)", "lineItems(first:1)")
    monkeypatch.setattr(orders, "ORDERS", type(ORDERS_QUERY)(ORDERS_QUERY.name, text, 8))
    monkeypatch.setitem(client._sizes, "RestOrderLineItems", 1)
    before = client.transport.counters.calls
    assert sorted(load(ORDERS, client, day).raw) == sorted(whole.raw)
    lines = sum(len(record["lineItems"]) - 1 for record in whole.records)
    assert client.transport.counters.calls - before > lines > 50


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2026, 11, 1), "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),  # 25 hours
        (date(2026, 3, 8), "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),  # 23 hours
    ],
)
def test_windows_are_half_open_and_of_the_tenants_own_days(
    sandbox: Sandbox, client: ShopifyClient, store: Storefront, day: date, start: str, end: str
) -> None:
    loaded = load(ORDERS, client, window(sandbox, day, day))
    searches = {page.request["json"]["variables"]["search"] for page in loaded.pages}
    assert searches == {f"created_at:>='{start}' AND created_at:<'{end}'"}
    assert set(loaded.by("id")) == told(store, day, day)[day]


def test_no_request_holds_a_secret_and_each_names_its_operation(
    sandbox: Sandbox, client: ShopifyClient
) -> None:
    loaded = load(ORDERS, client, window(sandbox, LAST, LAST))
    written = repr([(page.request, page.envelope) for page in loaded.pages])
    assert "shpat_" not in written and "Token" not in written
    assert {page.request["json"]["operationName"] for page in loaded.pages} == {"Orders"}
    assert {page.envelope["api_version"] for page in loaded.pages} == {"2026-10"}
