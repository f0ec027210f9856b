"""``payment/*``: what the seller gets for an order. Estimates until the order is completed."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from marketing_assets.sandbox import escrow
from marketing_assets.sandbox.accounts import ShopeeShop
from marketing_assets.sandbox.apis.shopee.auth import Auth, json_body
from marketing_assets.sandbox.apis.shopee.envelope import bad_parameter, success, whole_number
from marketing_assets.sandbox.apis.shopee.order_wire import major
from marketing_assets.sandbox.apis.shopee.orders import find
from marketing_assets.sandbox.catalogue import digest
from marketing_assets.sandbox.orders import Line, Order, happened, refund
from marketing_assets.sandbox.world import World

LARGEST_PAGE, USUAL_PAGE = 100, 40
LONGEST_CYCLE = 85 * 86_400
"""No payout is released later than this after the order's creation."""


def _item(line: Line, voucher: int) -> dict[str, Any]:
    """Prices here are of the whole line, not per unit."""
    return {
        "item_id": line.item_id,
        "item_name": line.item_name,
        "item_sku": line.item_sku,
        "model_id": line.model_id,
        "model_name": line.model_name,
        "model_sku": line.sku if line.model_id else "",
        "quantity_purchased": line.quantity,
        "original_price": major(line.list_price * line.quantity),
        "selling_price": major(line.list_price * line.quantity),
        "discounted_price": major(line.paid_price * line.quantity),
        "seller_discount": major((line.list_price - line.paid_price) * line.quantity),
        "discount_from_voucher_seller": major(voucher),
    }


def _adjustments(order: Order, at: int) -> list[dict[str, Any]]:
    amount = escrow.adjustment(order, at)
    if not amount or order.completed_at is None:
        return []
    return [
        {
            "amount": major(amount),
            "date": order.completed_at,
            "currency": order.currency,
            "adjustment_reason": order.extras.adjustment_reason,
        }
    ]


def income(order: Order, shop: ShopeeShop, at: int) -> dict[str, Any]:
    """Shopee's ``order_income``."""
    charges = escrow.charges(order, shop.fees, at)
    payout = escrow.payout(order, shop.fees, at)
    extras = order.extras
    thai = {"vat_on_imported_goods": major(charges.import_vat)} if shop.region == "TH" else {}
    return {
        "escrow_amount": major(payout),
        "escrow_amount_after_adjustment": major(payout + escrow.adjustment(order, at)),
        "buyer_total_amount": major(order.buyer_total),
        "original_price": major(order.gross),
        "seller_discount": major(order.seller_discount),
        "shopee_discount": major(extras.shopee_discount),
        "voucher_from_seller": major(extras.seller_voucher),
        "voucher_from_shopee": major(extras.shopee_voucher),
        "coins": major(extras.coins),
        "buyer_paid_shipping_fee": major(extras.buyer_shipping),
        "actual_shipping_fee": major(escrow.shipping_bill(order, at)),
        "shopee_shipping_rebate": major(extras.shipping_rebate),
        "commission_fee": major(charges.commission),
        "service_fee": major(charges.service),
        "seller_transaction_fee": major(charges.transaction),
        "order_ams_commission_fee": major(charges.affiliate),
        "escrow_tax": 0.0,
        "withholding_tax": major(charges.withholding),
        **thai,
        "seller_return_refund": major(-refund(order, at)),
        "order_adjustment": _adjustments(order, at),
        "items": [_item(line, voucher) for line, voucher in escrow.voucher_shares(order)],
    }


def escrow_detail(order: Order, shop: ShopeeShop, at: int) -> dict[str, Any]:
    returned = happened(order.returned_at, at)
    return {
        "order_sn": order.sn,
        "buyer_user_name": order.buyer.username,
        "return_order_sn_list": [f"{order.sn[:6]}R{digest('return', order.sn) % 10**7:07d}"]
        if returned
        else [],
        "order_income": income(order, shop, at),
    }


class Payments:
    def __init__(self, world: World, auth: Auth) -> None:
        self.world, self.auth = world, auth

    async def get_escrow_detail(self, request: Request) -> Response:
        tenant = self.auth.check_shop_call(request)
        sn = request.query_params.get("order_sn", "")
        order = find(self.world, tenant.key, [sn] if sn else [])[0]
        return success(escrow_detail(order, tenant.shopee, self.world.clock.as_of_seconds))

    async def get_escrow_detail_batch(self, request: Request) -> Response:
        """Answers a list with one ``escrow_detail`` for each order that exists."""
        tenant = self.auth.check_shop_call(request)
        numbers = (await json_body(request)).get("order_sn_list")
        if not isinstance(numbers, list) or not all(isinstance(sn, str) for sn in numbers):
            raise bad_parameter("order_sn_list must be a list of order numbers")
        now = self.world.clock.as_of_seconds
        details = [
            {"escrow_detail": escrow_detail(order, tenant.shopee, now)}
            for order in find(self.world, tenant.key, numbers)
        ]
        return success(self.world.faults.without_some("shopee", request.url.path, tenant.key, details))

    async def get_escrow_list(self, request: Request) -> Response:
        tenant = self.auth.check_shop_call(request)
        first, last = whole_number(request, "release_time_from"), whole_number(request, "release_time_to")
        size = whole_number(request, "page_size", USUAL_PAGE)
        page = whole_number(request, "page_no", 1)
        if first > last or not 1 <= size <= LARGEST_PAGE or page < 1:
            raise bad_parameter("release time, page_no or page_size is out of range")
        rows = self._released(tenant.key, first, last)
        start = (page - 1) * size
        fees = tenant.shopee.fees
        now = self.world.clock.as_of_seconds
        listed = [
            {
                "order_sn": order.sn,
                "payout_amount": major(escrow.payout(order, fees, now) + escrow.adjustment(order, now)),
                "escrow_release_time": released,
            }
            for released, order in rows[start : start + size]
        ]
        return success({"escrow_list": listed, "more": start + size < len(rows)})

    def _released(self, tenant: str, first: int, last: int) -> list[tuple[int, Order]]:
        now = self.world.clock.as_of_seconds
        found = [
            (released, order)
            for order in self.world.created(tenant, first - LONGEST_CYCLE, last)
            if (released := escrow.released_at(order, now)) and first <= released <= last
        ]
        return sorted(found, key=lambda row: (row[0], row[1].sn))
