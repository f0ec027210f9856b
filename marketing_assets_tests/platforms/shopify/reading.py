"""What tests of Shopify's tables fetch, and how they read it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from marketing_assets.partitions import local_day
from marketing_assets.platforms import shopify
from marketing_assets.platforms.platform import Window
from marketing_assets.platforms.shopify import orders
from marketing_assets.sandbox.accounts import NORTHWIND
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets_tests.platforms.sandboxed import Loaded, window_of

ORDERS, PRODUCTS, CUSTOMERS, SHOP = shopify.PLATFORM.tables
FIRST, LAST = date(2026, 10, 30), date(2026, 11, 2)
"""Over the end of New York's summer time."""


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
