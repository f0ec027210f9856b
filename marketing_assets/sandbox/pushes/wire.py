"""Shopify's order webhooks and Shopee's order status push, as they stand on the wire."""

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from marketing_assets.sandbox import orders as shopee
from marketing_assets.sandbox.accounts import ShopeeShop, ShopifyShop
from marketing_assets.sandbox.storefront import orders as shopify

SHOPIFY_VERSION = "2026-10"


@dataclass(frozen=True)
class Push:
    """A signed message to an address."""

    url: str
    headers: dict[str, str]
    body: bytes


def shopee_push(shop: ShopeeShop, url: str, order: shopee.Order, at: int, now: float) -> Push:
    """Code 3: an order's status changed. ``now``: the wire's clock."""
    body = orjson.dumps(
        {
            "code": 3,
            "data": {
                "ordersn": order.sn,
                "status": shopee.status(order, at),
                "update_time": shopee.updated(order, at),
                "completed_scenario": "",
            },
            "shop_id": shop.shop_id,
            "timestamp": int(now),
        }
    )
    text = url.encode() + b"|" + body
    sign = hmac.new(shop.partner_key.encode(), text, hashlib.sha256).hexdigest()
    return Push(url, {"Authorization": sign, "Content-Type": "application/json"}, body)


def shopify_push(shop: ShopifyShop, url: str, order: shopify.Order, at: int, updated: int) -> Push:
    """``orders/create`` for an order that did not change yet, else ``orders/updated``."""
    body = orjson.dumps(_shopify_order(shop, order, at, updated))
    digest = hmac.new(shop.client_secret.encode(), body, hashlib.sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create" if updated == order.created else "orders/updated",
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": SHOPIFY_VERSION,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Event-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat(),
    }
    return Push(url, headers, body)


def _shopify_order(shop: ShopifyShop, order: shopify.Order, at: int, updated: int) -> dict[str, Any]:
    def instant(moment: int) -> str:
        return datetime.fromtimestamp(moment, shop.zone).isoformat()

    buyer = order.customer
    return {
        "id": order.order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.order_id}",
        "name": f"#{order.number}",
        "order_number": order.number,
        "email": buyer.email,
        "phone": buyer.phone,
        "created_at": instant(order.created),
        "updated_at": instant(updated),
        "currency": order.currency,
        "total_price": f"{order.total // 100}.{order.total % 100:02d}",
        "financial_status": shopify.financial_status(order, at).lower(),
        "test": order.test,
        "customer": {
            "id": buyer.customer_id,
            "first_name": buyer.first_name,
            "last_name": buyer.last_name,
            "email": buyer.email,
        },
        "line_items": [
            {"id": line.line_id, "sku": line.sku, "title": line.title, "quantity": line.quantity}
            for line in order.lines
        ],
    }
