"""Shopify's bulk operations, one at a time, that fail, lapse or are left behind."""

from __future__ import annotations

import msgspec
import pytest

from marketing_assets.platforms.platform import RawTable
from marketing_assets.platforms.shopify import bulk, counting, snapshots
from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.platforms.shopify.queries import bulk_orders
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import load, shopify_client
from marketing_assets_tests.platforms.shopify.reading import (
    CUSTOMERS,
    LAST,
    ORDERS,
    PRODUCTS,
    in_bulk,
    window,
)


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
