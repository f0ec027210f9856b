"""Shopee Open Platform v2: paths, signatures, tokens, pages and errors of the real thing."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.apis.shopee.auth import Auth
from marketing_assets.sandbox.apis.shopee.envelope import TOO_MANY, Refusal, reply
from marketing_assets.sandbox.apis.shopee.listing import Listing
from marketing_assets.sandbox.apis.shopee.orders import Orders
from marketing_assets.sandbox.apis.shopee.payments import Payments
from marketing_assets.sandbox.apis.shopee.products import Products
from marketing_assets.sandbox.apis.shopee.tokens import Tokens
from marketing_assets.sandbox.faults import Fault
from marketing_assets.sandbox.gate import Dialect
from marketing_assets.sandbox.world import World

PREFIX = "/api/v2"
SHOPS = {str(tenant.shopee.shop_id): key for key, tenant in TENANTS.items()}


def _rate_limit(fault: Fault) -> Response:
    error, message = TOO_MANY
    headers = {"Retry-After": str(fault.retry_after)}
    return reply({"error": error, "message": message}, fault.status or 429, headers)


def _wording(error: str, message: str, status: int) -> Callable[[Fault], Response]:
    return lambda fault: reply({"error": error, "message": message}, fault.status or status)


DIALECT = Dialect(
    platform="shopee",
    tenant=lambda request: SHOPS.get(request.query_params.get("shop_id", "")),
    answers={
        "rate_limit": _rate_limit,
        "quota_day": _wording("error_limit", "You have reached the daily limit of this API.", 200),
        "server_error": _wording("error_server", "Something wrong. Please try later.", 503),
        "expired_token": _wording("invalid_acceess_token", "Invalid access_token, please have a check.", 403),
    },
    without_token=(f"{PREFIX}/auth/", "/auth"),
)


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refusal.answer()


async def _unknown_path(request: Request, error: Exception) -> Response:
    return reply({"error": "error_not_found", "message": "The requested path does not exist."}, 404)


def _tokens(world: World) -> Tokens:
    return Tokens(world.seed, world.clock, world.settings)


def app(world: World) -> Starlette:
    auth = Auth(world, _tokens(world))
    listing, orders = Listing(world, auth), Orders(world, auth)
    products, payments = Products(world, auth), Payments(world, auth)
    return Starlette(
        routes=[
            Route("/auth", auth.consent),
            Route(f"{PREFIX}/auth/token/get", auth.token_get, methods=["POST"]),
            Route(f"{PREFIX}/auth/access_token/get", auth.token_refresh, methods=["POST"]),
            Route(f"{PREFIX}/order/get_order_list", listing.get_order_list),
            Route(f"{PREFIX}/order/get_order_detail", orders.get_order_detail),
            Route(f"{PREFIX}/product/get_item_list", products.get_item_list),
            Route(f"{PREFIX}/product/get_item_base_info", products.get_item_base_info),
            Route(f"{PREFIX}/product/get_model_list", products.get_model_list),
            Route(f"{PREFIX}/shop/get_shop_info", products.get_shop_info),
            Route(f"{PREFIX}/payment/get_escrow_detail", payments.get_escrow_detail),
            Route(
                f"{PREFIX}/payment/get_escrow_detail_batch",
                payments.get_escrow_detail_batch,
                methods=["POST"],
            ),
            Route(f"{PREFIX}/payment/get_escrow_list", payments.get_escrow_list),
        ],
        exception_handlers={Refusal: _refused, 404: _unknown_path},
    )


def credentials(world: World, tenant: str, base_url: str) -> dict[str, Any]:
    """A new consent with each call. ``base_url`` without ``/api/v2``, as the SDK's host."""
    shop = world.accounts[tenant].shopee
    access, refresh = _tokens(world).pair(shop.partner_id, shop.shop_id)
    return {
        "base_url": base_url,
        "auth_url": f"{base_url}/auth",
        "partner_id": shop.partner_id,
        "partner_key": shop.partner_key,
        "shop_id": shop.shop_id,
        "region": shop.region,
        "currency": shop.currency,
        "time_zone": shop.time_zone,
        "access_token": access,
        "refresh_token": refresh,
        "expires_at": int(world.clock.now() + world.settings.shopee_access_seconds),
    }
