"""Shopify's webhooks: base64 HMAC of the raw body under the app's client secret. Headers are not signed.

So the body alone tells whether a message came before: `X-Shopify-Webhook-Id` and `X-Shopify-Triggered-At` can
be changed by whoever repeats one, and are not relied on. Delivery is at least once and in no order.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from marketing_assets.platforms.webhooks import Headers, Incoming, Scheme, Told, base64_digest, safe
from marketing_assets.tenants import Connection

_DOMAIN = ".myshopify.com"


class _Order(msgspec.Struct):
    id: int
    created_at: datetime
    updated_at: datetime | None = None


class _Part(msgspec.Struct):
    order_id: int | None = None


_order = msgspec.json.Decoder(_Order)
_part = msgspec.json.Decoder(_Part)
_PARTS = ("refunds/", "order_transactions/", "fulfillments/")
"""Topics about a part of an order, which name it by `order_id`."""


def signature(headers: Headers) -> bytes | None:
    return base64_digest(headers.get(b"x-shopify-hmac-sha256"))


def signed(incoming: Incoming, _connection: Connection) -> bytes:
    return incoming.body


def read(incoming: Incoming) -> Told:
    headers = incoming.headers
    topic = safe(headers.get(b"x-shopify-topic", b"").decode("latin-1"))
    shop = safe(headers.get(b"x-shopify-shop-domain", b"").decode("latin-1")).removesuffix(_DOMAIN)
    if topic.startswith("orders/"):
        order = _order.decode(incoming.body)
        created, updated = _utc(order.created_at), order.updated_at and _utc(order.updated_at)
        return Told(topic, shop, str(order.id), created, updated)
    part = _part.decode(incoming.body)
    order_id = part.order_id if topic.startswith(_PARTS) else None
    return Told(topic, shop, "" if order_id is None else str(order_id))


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("an instant has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time lies outside the calendar") from None


SCHEME = Scheme("client_secret", signature, signed, read)
