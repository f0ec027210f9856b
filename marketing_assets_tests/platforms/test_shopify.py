"""Shopify's tables, fetched over HTTP from the sandbox."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from marketing_assets.ingest.privacy import Masker
from marketing_assets.partitions import local_day
from marketing_assets.platforms import shopify
from marketing_assets.platforms.http import Failure, Limits, PlatformError
from marketing_assets.platforms.platform import RawTable, Window
from marketing_assets.platforms.shopify import bulk, counting, orders, snapshots
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.nested import pages
from marketing_assets.platforms.shopify.orders import changed_days
from marketing_assets.platforms.shopify.queries import ORDERS as ORDERS_QUERY
from marketing_assets.platforms.shopify.queries import bulk_orders
from marketing_assets.platforms.shopify.resource import prove
from marketing_assets.sandbox.accounts import NORTHWIND
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets_tests.platforms.sandboxed import Loaded, load, shopify_client, window_of

ORDERS, PRODUCTS, CUSTOMERS, SHOP = shopify.PLATFORM.tables
FIRST, LAST = date(2026, 10, 30), date(2026, 11, 2)
"""Over the end of New York's summer time."""


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[ShopifyClient]:
    client = shopify_client(sandbox)
    yield client
    client.close()


@pytest.fixture
def store(sandbox: Sandbox) -> Storefront:
    return sandbox.world.storefronts["northwind"]


def window(sandbox: Sandbox, first: date = FIRST, last: date = LAST) -> Window:
    return window_of(sandbox, "northwind", first, last)


def paged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "BULK_FROM", 10**9)


def in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "BULK_FROM", 0)


def told(store: Storefront, first: date, last: date) -> dict[date, set[str]]:
    """The orders that the world itself puts on local days."""
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return {day: {f"gid://shopify/Order/{o.order_id}" for o in store.on_local_day(day)} for day in days}


def by_day(loaded: Loaded) -> dict[date, set[str]]:
    found: dict[date, set[str]] = {}
    for number, order in loaded.by("id").items():
        at = datetime.fromisoformat(order["createdAt"])
        found.setdefault(local_day(at, NORTHWIND.zone), set()).add(number)
    return found


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


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "rate_limit"},
        {"kind": "rate_limit", "status": 429},
        {"kind": "server_error"},
        {"kind": "server_error", "status": 503},
        {"kind": "html"},
        {"kind": "truncated"},
        {"kind": "connection_reset"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
@pytest.mark.parametrize("way", [paged, in_bulk])
def test_a_fault_half_way_changes_nothing(
    sandbox: Sandbox,
    client: ShopifyClient,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    way: Any,
) -> None:
    way(monkeypatch)
    day = window(sandbox, LAST, LAST)
    calm = load(ORDERS, client, day)
    sandbox.world.faults.add(platform="shopify", times=3, **fault)
    troubled = load(ORDERS, client, day)
    assert sorted(troubled.raw) == sorted(calm.raw) and troubled.controls == calm.controls
    assert client.transport.counters.retries == 3


@pytest.mark.parametrize("kind", ["truncated", "connection_reset", "html"])
def test_a_result_that_is_cut_is_never_half_used(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A cut file looks like a good one: its lines are counted."""
    in_bulk(monkeypatch)
    day = window(sandbox, LAST, LAST)
    calm = load(ORDERS, client, day)
    sandbox.world.faults.add(platform="shopify", kind=kind, path="/bulk/", times=1)
    assert sorted(load(ORDERS, client, day).raw) == sorted(calm.raw)
    assert [one["fired"] for one in sandbox.world.faults.report()] == [1]


@pytest.mark.parametrize("kind", ["job_failed", "job_skipped"])
@pytest.mark.parametrize("times", [1, 5])
def test_a_bulk_operation_that_fails_half_way_loses_nothing(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch, kind: str, times: int
) -> None:
    """Once: it is started again. Always: the days are fetched page by page."""
    in_bulk(monkeypatch)
    calm = load(ORDERS, client, window(sandbox))
    sandbox.world.faults.add(platform="shopify", kind=kind, times=times)
    troubled = load(ORDERS, client, window(sandbox))
    assert sorted(troubled.raw) == sorted(calm.raw) and troubled.controls == calm.controls
    assert ("bulk_operation" in troubled.pages[0].envelope) == (times == 1)


def test_a_failed_operation_names_a_part_that_is_not_used(sandbox: Sandbox, client: ShopifyClient) -> None:
    sandbox.world.faults.add(platform="shopify", kind="job_failed", times=1)
    search = counting.created_in(window(sandbox).days, window(sandbox))
    failed = bulk._wait(client, bulk._start(client, bulk_orders(search)))
    assert failed.status == "FAILED" and failed.url is None and failed.partial_data_url
    whole = bulk.lines(client, bulk.completed(client, bulk_orders(search)))
    part = client.files.send(bulk._file_call(failed.partial_data_url)).body.splitlines()
    assert 0 < len(part) < len(whole)


def test_a_result_whose_address_has_lapsed_is_fetched_page_by_page(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_bulk(monkeypatch)
    day = window(sandbox, LAST, LAST)
    calm = load(ORDERS, client, day)
    completed = bulk.completed

    def lapsed(client: ShopifyClient, query: str) -> bulk.Operation:
        done = completed(client, query)
        assert done.url is not None
        return msgspec.structs.replace(done, url=done.url.replace("signature=", "signature=0"))

    monkeypatch.setattr(bulk, "completed", lapsed)
    troubled = load(ORDERS, client, day)
    assert sorted(troubled.raw) == sorted(calm.raw) and troubled.controls == calm.controls
    assert "bulk_operation" not in troubled.pages[0].envelope


def test_an_operation_whose_asker_was_killed_leaves_nothing_behind(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next fetch asks for its own and takes nothing of the other."""
    in_bulk(monkeypatch)
    day = window(sandbox, LAST, LAST)
    calm = load(ORDERS, client, day)
    killed = shopify_client(sandbox)
    left = bulk._start(killed, bulk_orders(counting.created_in(day.days, day)))
    killed.close()
    again = load(ORDERS, client, day)
    assert sorted(again.raw) == sorted(calm.raw) and again.controls == calm.controls
    assert again.pages[0].envelope["bulk_operation"] != left


@pytest.mark.parametrize("table", [PRODUCTS, CUSTOMERS], ids=lambda table: table.name)
@pytest.mark.parametrize("fails", [False, True])
def test_snapshots_by_bulk_are_those_by_pages(
    sandbox: Sandbox,
    client: ShopifyClient,
    monkeypatch: pytest.MonkeyPatch,
    table: RawTable,
    fails: bool,
) -> None:
    """Also where Shopify does not get the operation done: then they come by pages after all."""
    by_bulk = load(table, client, window(sandbox, LAST, LAST))
    assert all("bulk_operation" in page.envelope for page in by_bulk.pages) and len(by_bulk.pages) > 1
    if fails:
        sandbox.world.faults.add(platform="shopify", kind="job_failed", times=bulk.STARTS)
    else:
        monkeypatch.setattr(snapshots, "BULK_MOST", 0)
    by_pages = load(table, client, window(sandbox, LAST, LAST))
    assert not any("bulk_operation" in page.envelope for page in by_pages.pages)
    assert sorted(by_bulk.raw) == sorted(by_pages.raw) and by_bulk.controls == by_pages.controls


def test_one_bulk_operation_waits_for_another(sandbox: Sandbox) -> None:
    sandbox.world.settings.update({"shopify_bulk_at_once": 1})
    search = bulk_orders(counting.created_in(window(sandbox).days, window(sandbox)))
    other = shopify_client(sandbox)
    blocking = bulk._start(other, search)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        bulk._wait(other, blocking)

    client = shopify_client(sandbox, sleep=sleep)
    assert bulk._start(client, search) != blocking
    assert slept == [bulk._INTERVALS[0]]
    client.close()
    other.close()


def test_a_day_without_orders_is_an_empty_result_and_a_control_of_zero(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_bulk(monkeypatch)
    loaded = load(ORDERS, client, window(sandbox, date(2027, 1, 1), date(2027, 1, 2)))
    assert loaded.raw == [] and [f["rows"] for f in loaded.controls.values()] == [0, 0]
    shut = window(sandbox, date(2027, 1, 1), date(2027, 1, 2))
    empty = bulk.completed(client, bulk_orders(counting.created_in(shut.days, shut)))
    assert empty.url is None and bulk.lines(client, empty) == []


def test_a_page_that_silently_lacks_orders_is_read_again(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paged(monkeypatch)
    day = window(sandbox, LAST, LAST)
    whole = load(ORDERS, client, day)
    pages_of_a_day = len(whole.pages)
    sandbox.world.faults.add(kind="lacking", platform="shopify", path="created_at", times=pages_of_a_day // 2)
    healed = load(ORDERS, client, day)
    assert set(healed.raw) == set(whole.raw) and healed.controls == whole.controls


def test_orders_that_never_come_are_missed_by_the_control(
    sandbox: Sandbox, client: ShopifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paged(monkeypatch)
    day = window(sandbox, LAST, LAST)
    whole = load(ORDERS, client, day)
    sandbox.world.faults.add(kind="lacking", platform="shopify", path="created_at")
    lacking = load(ORDERS, client, day)
    assert len(set(lacking.raw)) < len(whole.raw) and lacking.controls == whole.controls


def test_changed_days_are_the_creation_days_of_updated_orders(
    sandbox: Sandbox, client: ShopifyClient, store: Storefront
) -> None:
    until = sandbox.world.clock.as_of
    since = until - timedelta(days=9)
    expected: dict[date, datetime] = {}
    for order in store.touched(int(since.timestamp()), int(until.timestamp())):
        day = local_day(datetime.fromtimestamp(order.created, UTC), NORTHWIND.zone)
        at = datetime.fromtimestamp(store.updated(order), UTC)
        expected[day] = max(at, expected.get(day, at))
    assert len(expected) > 20
    assert changed_days(client, since, until, NORTHWIND.zone) == expected


def test_an_order_that_moves_between_pages_is_not_lost(sandbox: Sandbox, client: ShopifyClient) -> None:
    until = sandbox.world.clock.as_of
    since = until - timedelta(days=6)
    before = changed_days(client, since, until, NORTHWIND.zone)
    sandbox.world.faults.add(kind="moving", platform="shopify", path="updated_at", times=2)
    client._sizes["Changed"] = 20
    after = changed_days(client, since, until, NORTHWIND.zone)
    assert after.keys() == before.keys()
    assert any(at > before[day] for day, at in after.items())


def test_old_days_without_the_scope_are_an_error_with_its_remedy(sandbox: Sandbox) -> None:
    sandbox.world.settings.update({"shopify_all_orders": 0})
    client = shopify_client(sandbox)
    assert "last 60 days only" in prove(client) and "read_all_orders" in prove(client)
    with pytest.raises(PlatformError, match=r"read_all_orders.*authorise the shop anew") as caught:
        load(ORDERS, client, window(sandbox, date(2026, 9, 1), date(2026, 9, 2)))
    assert caught.value.failure is Failure.CONFIG
    assert load(ORDERS, client, window(sandbox, LAST, LAST)).raw
    client.close()


def test_a_version_that_is_no_longer_served_is_noticed(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    client = shopify_client(sandbox, api_version="2025-01")
    assert "API 2026-01 answers instead of 2025-01" in prove(client)
    assert [r for r in caplog.records if "no longer serves API version 2025-01" in r.getMessage()]
    loaded = load(SHOP, client, window(sandbox, LAST, LAST))
    assert loaded.pages[0].envelope == {"api_version": "2026-01"}
    client.close()


def test_the_wait_is_as_long_as_the_points_are_missing_and_no_longer(sandbox: Sandbox) -> None:
    """Four pages of one size from a bucket that holds a little more than one: three waits of known length."""
    sandbox.world.settings.update({"shopify_bucket": 1000, "shopify_restore_per_second": 500})
    client = shopify_client(sandbox, sleep=time.sleep, limits=Limits(concurrency=1))
    client._sizes["Orders"] = 6
    search = {"search": counting.created_in(window(sandbox).days, window(sandbox))}
    started = time.monotonic()
    asked = [
        call for (call, _), _ in zip(pages(client, ORDERS_QUERY, search, "orders"), range(6), strict=False)
    ]
    took = time.monotonic() - started
    waited = client.transport.counters.throttled_seconds
    assert len(asked) == 6 and client.transport.counters.retries <= 1
    assert 0 < waited <= took < waited + 1.5
    client.close()


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
