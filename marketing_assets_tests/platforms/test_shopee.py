"""Shopee's tables, fetched over HTTP from the sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from marketing_assets.partitions import local_day
from marketing_assets.platforms import shopee
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.platform import Page, RawTable
from marketing_assets.platforms.shopee import listing, orders, products
from marketing_assets.platforms.shopee.client import ShopeeClient
from marketing_assets.platforms.shopee.orders import changed_days
from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.orders import updated
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import asked, authorised, load, shopee_client, window_of

ORDERS, ESCROW, PRODUCTS, SHOPS = shopee.PLATFORM.tables
FIRST, LAST = date(2026, 10, 20), date(2026, 11, 5)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[ShopeeClient]:
    client = shopee_client(sandbox)
    yield client
    client.close()


def told(sandbox: Sandbox, name: str, day: date) -> set[str]:
    """The orders that the world itself puts on a tenant's local day."""
    return {order.sn for order in sandbox.world.on_local_day(name, day)}


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def test_a_range_holds_every_order_of_every_day_and_two_loads_are_equal(
    sandbox: Sandbox, client: ShopeeClient
) -> None:
    window = window_of(sandbox, "siam", FIRST, LAST)
    loaded, again = load(ORDERS, client, window), load(ORDERS, client, window)
    assert len([q for q in asked(sandbox, "get_order_list") if q["page_size"] == "100"]) >= 2 * 3
    assert len(loaded.pages) >= 3
    assert sorted(loaded.raw) == sorted(again.raw)
    found = Counter(
        local_day(datetime.fromtimestamp(o["create_time"], UTC), window.zone) for o in loaded.records
    )
    expected = {day: len(told(sandbox, "siam", day)) for day in days(FIRST, LAST)}
    assert found == expected
    assert {day: figures["rows"] for day, figures in loaded.controls.items()} == expected
    assert set(loaded.by("order_sn")) == set.union(*(told(sandbox, "siam", d) for d in expected))
    assert all(o["_context"] == {"shop_id": "220011881"} for o in loaded.records)
    assert all("item_list" in o and "buyer_user_id" in o and "recipient_address" in o for o in loaded.records)


def test_a_day_without_orders_has_a_control_of_zero(sandbox: Sandbox, client: ShopeeClient) -> None:
    loaded = load(ORDERS, client, window_of(sandbox, "siam", date(2027, 1, 1), date(2027, 1, 2)))
    assert loaded.raw == []
    assert [f["rows"] for f in loaded.controls.values()] == [0, 0]


@pytest.mark.parametrize(
    ("name", "day", "start", "end"),
    [
        ("siam", date(2026, 11, 10), "2026-11-09T17:00", "2026-11-10T17:00"),
        ("northwind", date(2026, 11, 1), "2026-11-01T04:00", "2026-11-02T05:00"),  # 25 hours
        ("northwind", date(2026, 3, 8), "2026-03-08T05:00", "2026-03-09T04:00"),  # 23 hours
    ],
)
def test_windows_are_half_open_and_of_the_tenants_own_days(
    sandbox: Sandbox, name: str, day: date, start: str, end: str
) -> None:
    client = shopee_client(sandbox, name)
    loaded = load(ORDERS, client, window_of(sandbox, name, day))
    first = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp())
    behind = int(datetime.fromisoformat(end).replace(tzinfo=UTC).timestamp())
    windows = {(int(q["time_from"]), int(q["time_to"])) for q in asked(sandbox, "get_order_list")}
    assert windows == {(first, behind - 1)}
    assert set(loaded.by("order_sn")) == told(sandbox, name, day)
    assert all(first <= o["create_time"] < behind for o in loaded.records)
    client.close()


def test_no_listing_is_longer_than_15_days_nor_a_single_second() -> None:
    zone = ZoneInfo("America/New_York")
    start = int(datetime(2026, 10, 20, tzinfo=zone).timestamp())
    end = int(datetime(2026, 11, 4, tzinfo=zone).timestamp())
    assert end - start == 15 * 86_400 + 3600
    for span in (listing.Span(start, end), listing.Span(start, start + 15 * 86_400 + 1)):
        pieces = list(span.pieces())
        assert pieces[0].start == span.start and pieces[-1].end == span.end
        assert all(a.end >= b.start for a, b in pairwise(pieces))
        assert all(2 <= p.end - p.start <= 15 * 86_400 for p in pieces)


def test_pending_orders_are_asked_for_and_no_request_holds_a_secret(
    sandbox: Sandbox, client: ShopeeClient
) -> None:
    loaded = load(ORDERS, client, window_of(sandbox, "siam", date(2026, 11, 10)))
    assert all(q["request_order_status_pending"] == "true" for q in asked(sandbox, "get_order_list"))
    written = repr([(page.request, page.envelope) for page in loaded.pages])
    assert "access_token" not in written and "sign" not in written and "partner" not in written
    assert {page.request["path"] for page in loaded.pages} == {"/api/v2/order/get_order_detail"}
    assert all(page.envelope["request_id"] for page in loaded.pages)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "rate_limit", "status": 429},
        {"kind": "rate_limit"},
        {"kind": "server_error", "status": 500},
        {"kind": "html"},
        {"kind": "truncated"},
        {"kind": "connection_reset"},
        {"kind": "expired_token"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
@pytest.mark.parametrize("table", [ORDERS, ESCROW], ids=lambda table: table.name)
def test_a_fault_half_way_changes_nothing(
    sandbox: Sandbox, table: RawTable, fault: dict[str, object]
) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 10), date(2026, 11, 11))
    client = shopee_client(sandbox)
    calm = load(table, client, window)
    calls = client.transport.counters.calls
    path = "get_order_detail" if table is ORDERS else "get_escrow_detail_batch"
    sandbox.world.faults.add(platform="shopee", path=path, times=2, **fault)
    troubled = load(table, client, window)
    assert sorted(troubled.raw) == sorted(calm.raw) and troubled.controls == calm.controls
    assert client.transport.counters.calls > 2 * calls
    assert client.transport.counters.retries >= 1
    client.close()


@pytest.mark.parametrize("size", [100, 73])
def test_a_page_that_silently_lacks_orders_is_healed_by_the_other_listing(
    sandbox: Sandbox, client: ShopeeClient, size: int
) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 10), date(2026, 11, 12))
    whole = load(ORDERS, client, window)
    sandbox.world.faults.add(kind="lacking", platform="shopee", path=f"page_size={size}")
    listed = listing.list_orders(client.transport, "create_time", listing._span(window.days, window), size)
    assert 0 < len(listed) < len(whole.raw)
    lacking = load(ORDERS, client, window)
    assert sorted(lacking.raw) == sorted(whole.raw) and lacking.controls == whole.controls


def test_orders_that_no_detail_answers_are_missed_by_the_control(
    sandbox: Sandbox, client: ShopeeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 10))
    whole = load(ORDERS, client, window)
    gone = whole.records[0]["order_sn"]
    real = orders._details

    def silent(client: ShopeeClient, sns: Sequence[str]) -> orders._Batch:
        kept = [sn for sn in sns if sn != gone]
        return real(client, kept) if kept else orders._Batch(None, (), frozenset())

    monkeypatch.setattr(orders, "_details", silent)
    lacking = load(ORDERS, client, window)
    assert gone not in lacking.by("order_sn")
    assert lacking.controls == whole.controls


def test_changed_days_are_the_creation_days_of_updated_orders(sandbox: Sandbox, client: ShopeeClient) -> None:
    zone = TENANTS["siam"].zone
    until = sandbox.world.clock.as_of
    since = until - timedelta(days=20)
    now = int(until.timestamp())
    expected: dict[date, datetime] = {}
    for order in sandbox.world.touched("siam", int(since.timestamp()), now):
        day = local_day(datetime.fromtimestamp(order.created, UTC), zone)
        at = datetime.fromtimestamp(updated(order, now), UTC)
        expected[day] = max(at, expected.get(day, at))
    assert len(expected) > 20
    assert changed_days(client, since, until, zone) == expected
    queries = asked(sandbox, "get_order_list")
    assert {q["time_range_field"] for q in queries} == {"update_time"}
    assert all(int(q["time_to"]) - int(q["time_from"]) <= 15 * 86_400 for q in queries)
    assert all("response_optional_fields" not in q for q in asked(sandbox, "get_order_detail"))


def test_an_order_that_moves_between_pages_is_not_lost(sandbox: Sandbox, client: ShopeeClient) -> None:
    zone = TENANTS["siam"].zone
    until = sandbox.world.clock.as_of
    since = until - timedelta(days=2)
    before = changed_days(client, since, until, zone)
    sandbox.world.faults.add(kind="moving", platform="shopee", path="get_order_list", times=2)
    after = changed_days(client, since, until, zone)
    assert after.keys() == before.keys()
    assert all(at >= before[day] for day, at in after.items())


def test_a_changed_moment_of_no_length_is_still_asked_for(sandbox: Sandbox, client: ShopeeClient) -> None:
    order = next(iter(sandbox.world.on_local_day("siam", date(2026, 11, 10))))
    at = datetime.fromtimestamp(order.created, UTC)
    assert isinstance(changed_days(client, at, at, TENANTS["siam"].zone), dict)


def test_escrow_comes_with_its_orders_facts_and_leaves_out_what_has_none(
    sandbox: Sandbox, client: ShopeeClient
) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 9), date(2026, 11, 12))
    placed = load(ORDERS, client, window).by("order_sn")
    sandbox.world.visits.clear()
    loaded = load(ESCROW, client, window)
    due = {sn for sn, o in placed.items() if o["order_status"] not in ("UNPAID", "CANCELLED")}
    assert due < set(placed)
    assert set(loaded.by("order_sn")) == due
    for sn, row in loaded.by("order_sn").items():
        assert row["_context"] == {
            "shop_id": "220011881",
            "create_time": placed[sn]["create_time"],
            "order_status": placed[sn]["order_status"],
            "currency": "THB",
        }
        assert "escrow_amount" in row["order_income"]
    created = (local_day(datetime.fromtimestamp(placed[sn]["create_time"], UTC), window.zone) for sn in due)
    assert {d: f["rows"] for d, f in loaded.controls.items()} == dict(Counter(created))
    assert len(asked(sandbox, "get_order_detail")) == len(asked(sandbox, "get_escrow_detail_batch"))


def test_a_batch_that_lacks_settlements_is_asked_again(sandbox: Sandbox, client: ShopeeClient) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 10))
    whole = load(ESCROW, client, window)
    sandbox.world.faults.add(kind="lacking", platform="shopee", path="get_escrow_detail_batch", times=1)
    healed = load(ESCROW, client, window)
    assert sorted(healed.raw) == sorted(whole.raw) and healed.controls == whole.controls
    assert len(healed.pages) > len(whole.pages)


def test_products_of_every_status_come_with_their_models(sandbox: Sandbox, client: ShopeeClient) -> None:
    day = date(2026, 11, 20)
    loaded = load(PRODUCTS, client, window_of(sandbox, "siam", day))
    items = loaded.by("item_id")
    assert loaded.controls == {day: {"rows": len(items)}}
    assert {"NORMAL", "UNLIST", "SELLER_DELETE"} <= {item["item_status"] for item in items.values()}
    with_models = [item for item in items.values() if item["has_model"]]
    assert with_models and all(len(item["_context"]["models"]) > 1 for item in with_models)
    assert all("models" not in i["_context"] for i in items.values() if not i["has_model"])
    assert len(asked(sandbox, "get_model_list")) == len(with_models)
    assert len(asked(sandbox, "get_item_list")) > len(products.STATUSES)


def test_a_product_list_that_lacks_items_is_read_again(sandbox: Sandbox, client: ShopeeClient) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 20))
    whole = load(PRODUCTS, client, window)
    sandbox.world.faults.add(kind="lacking", platform="shopee", path="item_status=NORMAL", times=1)
    healed = load(PRODUCTS, client, window)
    assert sorted(healed.raw) == sorted(whole.raw) and healed.controls == whole.controls


def test_the_shop_is_one_record(sandbox: Sandbox, client: ShopeeClient) -> None:
    day = date(2026, 11, 20)
    loaded = load(SHOPS, client, window_of(sandbox, "siam", day))
    (shop,) = loaded.records
    assert shop["shop_name"].startswith("Siam") and shop["region"] == "TH"
    assert shop["_context"] == {"shop_id": "220011881"}
    assert loaded.controls == {day: {"rows": 1}}


def test_the_daily_quota_ends_the_fetch_and_says_until_when(sandbox: Sandbox, client: ShopeeClient) -> None:
    sandbox.world.faults.add(kind="quota_day", platform="shopee", path="get_order_detail")
    with pytest.raises(PlatformError) as caught:
        load(ORDERS, client, window_of(sandbox, "siam", date(2026, 11, 10)))
    assert caught.value.failure is Failure.QUOTA_DAY
    assert 0 < (caught.value.wait_seconds or 0) <= 86_400


def test_an_address_that_is_no_shopee_is_a_mistake_of_the_settings(sandbox: Sandbox) -> None:
    client = shopee_client(sandbox, store=authorised(sandbox))
    client.transport._base_url = sandbox.urls["ecb"]
    with pytest.raises(PlatformError) as caught:
        load(SHOPS, client, window_of(sandbox, "siam", date(2026, 11, 20)))
    assert caught.value.failure is Failure.CONFIG and "siam/shopee/220011881" in str(caught.value)
    client.close()


def test_numbers_keep_the_digits_they_were_sent_with(sandbox: Sandbox, client: ShopeeClient) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 10))
    page = next(part for part in ORDERS.fetch(client, window) if isinstance(part, Page))
    assert b'"total_amount":' in page.records[0]
    assert all(record.endswith(b',"_context":{"shop_id":"220011881"}}') for record in page.records)
