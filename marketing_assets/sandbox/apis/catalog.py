"""The platforms that the sandbox speaks, one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette

from marketing_assets.sandbox.apis import ecb, google_ads, meta, shopee, shopify
from marketing_assets.sandbox.gate import Dialect
from marketing_assets.sandbox.world import World


@dataclass(frozen=True)
class Platform:
    """``credentials(world, tenant, base_url)`` is what a tenant's client needs to connect;
    nothing where the tenant has no account."""

    app: Callable[[World], Starlette]
    dialect: Dialect
    credentials: Callable[[World, str, str], dict[str, Any]]


def address_only(world: World, tenant: str, base_url: str) -> dict[str, Any]:
    """For a source that is open to everybody."""
    return {"base_url": base_url}


PLATFORMS: dict[str, Platform] = {
    "shopee": Platform(shopee.app, shopee.DIALECT, shopee.credentials),
    "meta_ads": Platform(meta.app, meta.DIALECT, meta.credentials),
    "ecb": Platform(ecb.app, ecb.DIALECT, address_only),
    "google_ads": Platform(google_ads.app, google_ads.DIALECT, google_ads.credentials),
    "shopify": Platform(shopify.app, shopify.DIALECT, shopify.credentials),
}
"""In the order of their ports, the first on the port after the control port."""
