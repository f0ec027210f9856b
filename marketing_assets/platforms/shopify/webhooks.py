"""Shopify's webhooks: base64 HMAC of the raw body under the app's client secret. Headers are not signed.

So the body alone tells whether a message came before: `X-Shopify-Webhook-Id` and `X-Shopify-Triggered-At` can
be changed by whoever repeats one, and are not relied on. Delivery is at least once and in no order.

The compliance topics that every app must take are known by their bodies alone, shop and kind included: else
an order's message, sent again under another topic, would ask for its buyer to be erased.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from marketing_assets.platforms.webhooks import (
    Headers,
    Incoming,
    PrivacyRequest,
    Scheme,
    Told,
    base64_digest,
    safe,
)
from marketing_assets.tenants import Connection

_DOMAIN = ".myshopify.com"


class _Order(msgspec.Struct):
    id: int
    created_at: datetime
    updated_at: datetime | None = None


class _Part(msgspec.Struct):
    order_id: int | None = None


class _Customer(msgspec.Struct):
    id: int | None = None
    email: str | None = None
    phone: str | None = None


class _Redact(msgspec.Struct):
    shop_domain: str
    customer: _Customer
    orders_to_redact: list[int]


class _Reference(msgspec.Struct):
    id: int


class _DataRequest(msgspec.Struct):
    shop_domain: str
    customer: _Customer
    orders_requested: list[int]
    data_request: _Reference


class _ShopLeft(msgspec.Struct, forbid_unknown_fields=True):
    shop_id: int
    shop_domain: str


COMPLIANCE = ("customers/redact", "customers/data_request", "shop/redact")
_Compliance = _Redact | _DataRequest | _ShopLeft
_compliance: tuple[msgspec.json.Decoder[_Compliance], ...] = tuple(
    msgspec.json.Decoder(shape) for shape in (_Redact, _DataRequest, _ShopLeft)
)
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
    if asked := _asked(incoming.body):
        return asked
    if topic in COMPLIANCE:
        raise ValueError("a compliance message of another form")
    part = _part.decode(incoming.body)
    order_id = part.order_id if topic.startswith(_PARTS) else None
    return Told(topic, shop, "" if order_id is None else str(order_id))


def _asked(body: bytes) -> Told | None:
    """The compliance message that a body is; None where it is something else."""
    for decoder in _compliance if b'"shop_domain"' in body else ():
        try:
            found = decoder.decode(body)
        except msgspec.DecodeError:
            continue
        shop = safe(found.shop_domain).removesuffix(_DOMAIN)
        if isinstance(found, _Redact):
            return Told(COMPLIANCE[0], shop, request=PrivacyRequest("erase", _subject(found.customer)))
        if isinstance(found, _DataRequest):
            # Told to a person by its number: who asked is for the platform to say.
            reference = f"data request {found.data_request.id}, {len(found.orders_requested)} orders"
            return Told(COMPLIANCE[1], shop, request=PrivacyRequest("access", (), reference))
        return Told(COMPLIANCE[2], shop, request=PrivacyRequest("shop_left"))
    return None


def _subject(customer: _Customer) -> tuple[tuple[str, str], ...]:
    known = {"id": customer.id and str(customer.id), "email": customer.email, "phone": customer.phone}
    return tuple((kind, value.strip()) for kind, value in known.items() if value and value.strip())


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("an instant has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time lies outside the calendar") from None


SCHEME = Scheme("client_secret", signature, signed, read)
