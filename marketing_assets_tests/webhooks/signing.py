"""Messages signed as the platforms sign them, apart from the code under test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SHOPEE_SHOP, SHOPIFY_SHOP = "330022771", "northwind-gifts"
KEYS = {"siam_shopee": "siam-key", "shopee": "northwind-key", "shopify": "northwind-secret"}

Headers = dict[str, str]


def mac(key: str, text: bytes) -> hmac.HMAC:
    return hmac.new(key.encode(), text, hashlib.sha256)


def shopify(order: int, key: str = KEYS["shopify"], **more: Any) -> tuple[Headers, bytes]:
    """An order's webhook; `more` adds to its body or replaces what is in it."""
    told = {
        "id": order,
        "created_at": "2026-11-10T23:30:00-05:00",
        "updated_at": "2026-11-11T01:00:00-05:00",
        "email": "ploy@example.com",
        **more,
    }
    return signed_shopify(json.dumps(told).encode(), key)


def signed_shopify(
    body: bytes, key: str = KEYS["shopify"], topic: str = "orders/updated"
) -> tuple[Headers, bytes]:
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(mac(key, body).digest()).decode(),
        "X-Shopify-Shop-Domain": f"{SHOPIFY_SHOP}.myshopify.com",
    }, body


def shopee(
    url: str, order: str, key: str = KEYS["shopee"], shop: str = SHOPEE_SHOP, at: float | None = None
) -> tuple[Headers, bytes]:
    """An order status push to an address, sent at an instant, now by default."""
    told = {
        "code": 3,
        "data": {"ordersn": order, "status": "SHIPPED"},
        "shop_id": int(shop),
        "timestamp": int(at or time.time()),
    }
    return signed_shopee(url, json.dumps(told).encode(), key)


def signed_shopee(url: str, body: bytes, key: str = KEYS["shopee"]) -> tuple[Headers, bytes]:
    return {"Authorization": mac(key, url.encode() + b"|" + body).hexdigest()}, body
