"""``GET order/get_order_detail``."""

from starlette.requests import Request
from starlette.responses import Response

from marketing_assets.sandbox.apis.shopee.auth import Auth
from marketing_assets.sandbox.apis.shopee.envelope import Refusal, bad_parameter, success
from marketing_assets.sandbox.apis.shopee.order_wire import detail
from marketing_assets.sandbox.orders import Order
from marketing_assets.sandbox.world import World

MOST_ORDERS = 50


def find(world: World, tenant: str, numbers: list[str]) -> list[Order]:
    """The orders of a comma list that exist; refused when it is empty, too long, or none exists."""
    if not numbers:
        raise bad_parameter("the field order_sn_list is required")
    if len(numbers) > MOST_ORDERS:
        raise bad_parameter(f"order_sn_list exceeds the limit of {MOST_ORDERS}")
    orders = [order for sn in numbers if (order := world.order(tenant, sn))]
    if not orders:
        raise Refusal("error_not_found", "Wrong parameters, detail: the order is not found.")
    return orders


class Orders:
    def __init__(self, world: World, auth: Auth) -> None:
        self.world, self.auth = world, auth

    async def get_order_detail(self, request: Request) -> Response:
        tenant = self.auth.check_shop_call(request)
        numbers = [sn for sn in request.query_params.get("order_sn_list", "").split(",") if sn]
        fields = request.query_params.get("response_optional_fields", "").replace(" ", "").split(",")
        now = self.world.clock.as_of_seconds
        details = [
            detail(order, tenant.shopee, now, fields) for order in find(self.world, tenant.key, numbers)
        ]
        target = f"{request.url.path}?{request.url.query}"
        faults = self.world.faults
        details = faults.with_new_field("shopee", target, tenant.key, details)
        return success({"order_list": faults.without_some("shopee", target, tenant.key, details)})
