"""Shopify's faults lose nothing."""

from __future__ import annotations

from typing import Any

import pytest

from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import load
from marketing_assets_tests.platforms.shopify.reading import LAST, ORDERS, in_bulk, paged, window


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
