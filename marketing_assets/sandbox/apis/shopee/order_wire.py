"""An order in Shopee's words. Money as JSON numbers in major units, times in Unix seconds."""

from collections.abc import Callable
from typing import Any

from marketing_assets.sandbox.accounts import ShopeeShop
from marketing_assets.sandbox.catalogue import digest
from marketing_assets.sandbox.escrow import shipping_bill
from marketing_assets.sandbox.orders import Line, Order, happened, settled, status, updated

DAYS_TO_SHIP = 2


def major(cents: int) -> float:
    return cents / 100


def masked(text: str) -> str:
    return f"{text[0]}******{text[-1]}"


def base_fields(order: Order, shop: ShopeeShop, at: int) -> dict[str, Any]:
    """What the detail answer carries without asking for more."""
    return {
        "order_sn": order.sn,
        "region": shop.region,
        "currency": order.currency,
        "cod": order.cod,
        "order_status": status(order, at),
        "message_to_seller": order.message,
        "create_time": order.created,
        "update_time": updated(order, at),
        "days_to_ship": DAYS_TO_SHIP,
        "ship_by_date": order.created + DAYS_TO_SHIP * 86_400,
        "reverse_shipping_fee": 0.0,
        "booking_sn": "",
        "hot_listing_order": False,
    }


def item(order: Order, line: Line, at: int) -> dict[str, Any]:
    cancelled = status(order, at) == "CANCELLED"
    asked = status(order, at) == "TO_RETURN" and not happened(order.returned_at, at)
    promoted = line.paid_price < line.list_price
    return {
        "item_id": line.item_id,
        "item_name": line.item_name,
        "item_sku": line.item_sku,
        "model_id": line.model_id,
        "model_name": line.model_name,
        "model_sku": line.sku if line.model_id else "",
        "model_quantity_purchased": line.quantity,
        "model_original_price": major(line.list_price),
        "model_discounted_price": major(line.paid_price),
        "wholesale": False,
        "weight": line.weight_gram / 1000,
        "add_on_deal": False,
        "main_item": False,
        "promotion_type": "product_promotion" if promoted else "",
        "promotion_id": digest("promotion", line.item_id, order.created // 604_800) if promoted else 0,
        "order_item_id": line.item_id,
        "line_item_id": digest("line", order.sn, line.sku),
        "image_info": {"image_url": f"https://cf.shopee.example/file/{line.item_id}"},
        "cancelled_qty": line.quantity if cancelled else 0,
        "returned_qty": line.returned if happened(order.returned_at, at) else 0,
        "return_requested_qty": line.returned if asked else 0,
    }


def address(order: Order, shop: ShopeeShop, at: int) -> dict[str, Any]:
    """Masked, as sellers' systems get it."""
    return {
        "name": masked(order.buyer.name),
        "phone": f"******{order.buyer.phone[-2:]}",
        "town": "****",
        "district": "****",
        "city": "****",
        "state": "กรุงเทพมหานคร" if shop.region == "TH" else "",
        "region": shop.region,
        "zipcode": f"{10 + order.buyer.user_id % 80}***",
        "full_address": "****",
    }


def packages(order: Order, shop: ShopeeShop, at: int) -> list[dict[str, Any]]:
    started = order.shipped_at is not None and happened(order.shipped_at, at)
    lines = [
        {"item_id": line.item_id, "model_id": line.model_id, "model_quantity": line.quantity}
        for line in order.lines
    ]
    return [
        {
            "package_number": f"OFG{digest('package', order.sn) % 10**15:015d}",
            "logistics_status": "LOGISTICS_PICKUP_DONE" if started else "LOGISTICS_NOT_START",
            "shipping_carrier": "SPX Express" if shop.region == "TH" else "Ninja Van",
            "item_list": lines,
            "parcel_chargeable_weight_gram": sum(line.weight_gram * line.quantity for line in order.lines),
        }
    ]


Field = Callable[[Order, ShopeeShop, int], Any]

OPTIONAL: dict[str, Field] = {
    "buyer_user_id": lambda order, shop, at: order.buyer.user_id,
    "buyer_username": lambda order, shop, at: order.buyer.username,
    "estimated_shipping_fee": lambda order, shop, at: major(order.extras.shipping),
    "recipient_address": address,
    "actual_shipping_fee": lambda order, shop, at: (
        major(shipping_bill(order, at)) if settled(order, at) else 0.0
    ),
    "actual_shipping_fee_confirmed": lambda order, shop, at: settled(order, at),
    "item_list": lambda order, shop, at: [item(order, line, at) for line in order.lines],
    "pay_time": lambda order, shop, at: order.paid_at if happened(order.paid_at, at) else None,
    "pickup_done_time": lambda order, shop, at: order.shipped_at if happened(order.shipped_at, at) else 0,
    "cancel_by": lambda order, shop, at: order.cancel_by if _cancelling(order, at) else "",
    "buyer_cancel_reason": lambda order, shop, at: (
        order.cancel_reason if _cancelling(order, at) and order.cancel_by == "buyer" else ""
    ),
    "cancel_reason": lambda order, shop, at: order.cancel_reason if _cancelling(order, at) else "",
    "fulfillment_flag": lambda order, shop, at: "fulfilled_by_local_seller",
    "package_list": packages,
    "payment_method": lambda order, shop, at: order.payment_method,
    "total_amount": lambda order, shop, at: major(order.buyer_total),
    "invoice_data": lambda order, shop, at: None,
    "checkout_shipping_carrier": lambda order, shop, at: "Standard Delivery",
    "note": lambda order, shop, at: "",
    "order_chargeable_weight_gram": lambda order, shop, at: sum(
        line.weight_gram * line.quantity for line in order.lines
    ),
}


def _cancelling(order: Order, at: int) -> bool:
    return status(order, at) in ("IN_CANCEL", "CANCELLED")


def detail(order: Order, shop: ShopeeShop, at: int, fields: list[str]) -> dict[str, Any]:
    """The order with the optional fields asked for; what was written by hand on the control port wins."""
    answer = base_fields(order, shop, at)
    for name in fields:
        if name in OPTIONAL:
            answer[name] = OPTIONAL[name](order, shop, at)
    if order.wire_item and "item_list" in answer:
        answer["item_list"] = [{**one, **order.wire_item} for one in answer["item_list"]]
    return {**answer, **order.wire}
