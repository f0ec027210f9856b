"""A client of Shopify's sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from marketing_assets.platforms.shopify.client import ShopifyClient
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets_tests.platforms.sandboxed import shopify_client


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[ShopifyClient]:
    client = shopify_client(sandbox)
    yield client
    client.close()


@pytest.fixture
def store(sandbox: Sandbox) -> Storefront:
    return sandbox.world.storefronts["northwind"]
