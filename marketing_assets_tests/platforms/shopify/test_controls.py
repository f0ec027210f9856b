"""Shopify's own counts, changed days and what access lets one see."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from marketing_assets.partitions import local_day
from marketing_assets.platforms.http import Failure, Limits, PlatformError
from marketing_assets.platforms.shopify import bulk, counting
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.nested import pages
from marketing_assets.platforms.shopify.orders import changed_days
from marketing_assets.platforms.shopify.queries import ORDERS as ORDERS_QUERY
from marketing_assets.platforms.shopify.queries import bulk_orders
from marketing_assets.platforms.shopify.resource import prove
from marketing_assets.sandbox.accounts import NORTHWIND
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets_tests.platforms.sandboxed import load, shopify_client
from marketing_assets_tests.platforms.shopify.reading import LAST, ORDERS, SHOP, in_bulk, paged, window


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
