"""Each platform's signature, against vectors of its protocol, and what is read of its messages."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from marketing_assets.platforms.shopee import webhooks as shopee
from marketing_assets.platforms.shopify import webhooks as shopify
from marketing_assets.platforms.tiktok_shop import webhooks as tiktok_shop
from marketing_assets.platforms.webhooks import Incoming, Scheme, Told
from marketing_assets.tenants import Connection
from marketing_assets.webhooks.endpoints import Endpoint, Shop
from marketing_assets.webhooks.judge import Refused, judge

VECTORS = {
    "shopee": (
        shopee.SCHEME,
        "test_partner_key_0001",
        {},
        b"authorization",
        b"c2b221a11a1572fd8ed3f62fc9912ba4a55659df66ef63ea5cb77caa644b7c7f",
        b'{"code":3,"data":{"ordersn":"2401010000001","status":"READY_TO_SHIP"},'
        b'"shop_id":322300222,"timestamp":1700000000}',
        Told("code 3", "322300222", "2401010000001", sent_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
    ),
    "tiktok_shop": (
        tiktok_shop.SCHEME,
        "tts_app_secret",
        {"app_key": "6abcdef"},
        b"authorization",
        b"de21142eed17aa45b4b1a0d05c5e7296810f372ab2d21aeba63a0f0f97ea17d8",
        b'{"type":1,"shop_id":"7494049642642441621","timestamp":1644412885,"data":{"order_id":'
        b'"576486316948490001","order_status":"AWAITING_SHIPMENT","update_time":1644412885}}',
        Told(
            "type 1",
            "7494049642642441621",
            "576486316948490001",
            updated_at=datetime(2022, 2, 9, 13, 21, 25, tzinfo=UTC),
            sent_at=datetime(2022, 2, 9, 13, 21, 25, tzinfo=UTC),
        ),
    ),
    "shopify": (
        shopify.SCHEME,
        "shopify_api_secret",
        {},
        b"x-shopify-hmac-sha256",
        b"4Dq3kM+knMdNMhbFflvYoJnf2xC3b1HMVT880YpWNDI=",
        b'{"id":820982911946154508}',
        Told(""),
    ),
}
URL = "https://example.com/shopee/push"


@pytest.mark.parametrize("platform", VECTORS)
def test_the_protocols_vectors_are_accepted_and_read(platform: str) -> None:
    scheme, key, settings, header, sign, body, told = VECTORS[platform]
    connection = Connection(platform=platform, account_id=told.account or "shop", settings=settings)
    endpoint = Endpoint("acme", platform, scheme, (Shop(connection, (b"another", key.encode())),))
    incoming = Incoming(URL, {header: sign}, body)
    assert scheme.read(incoming) == told
    now = told.sent_at.timestamp() if told.sent_at else 0
    message = judge(endpoint, incoming, now)
    assert (message.tenant, message.account) == ("acme", told.account or "shop")
    assert message.order_id == told.order_id
    assert body not in message.digest and len(message.digest) == 16


@pytest.mark.parametrize("platform", VECTORS)
def test_any_other_byte_or_key_is_refused(platform: str) -> None:
    scheme, key, settings, header, sign, body, told = VECTORS[platform]
    now = told.sent_at.timestamp() if told.sent_at else 0

    def status(key: str, sign: bytes, body: bytes, url: str = URL) -> int:
        connection = Connection(platform=platform, account_id=told.account or "shop", settings=settings)
        endpoint = Endpoint("acme", platform, scheme, (Shop(connection, (key.encode(),)),))
        try:
            judge(endpoint, Incoming(url, {header: sign}, body), now)
        except Refused as refused:
            return refused.status
        return 200

    assert status(key, sign, body) == 200
    assert status("another", sign, body) == 401
    assert status(key, sign, body + b" ") == 401
    assert status(key, sign[:-4], body) == 401
    assert status(key, b"", body) == 401
    assert status(key, b"\xff" * 64, body) == 401
    if platform == "shopee":
        assert status(key, sign, body, "https://example.com/shopee/other") == 401


def test_a_repeated_message_has_the_same_digest_whatever_its_unsigned_headers_say() -> None:
    scheme, key, _, header, sign, body, _ = VECTORS["shopify"]
    connection = Connection(platform="shopify", account_id="shop")
    endpoint = Endpoint("acme", "shopify", scheme, (Shop(connection, (key.encode(),)),))

    def digest(endpoint: Endpoint, **more: bytes) -> bytes:
        headers = {header: sign, **{k.replace("_", "-").encode(): v for k, v in more.items()}}
        return judge(endpoint, Incoming(URL, headers, body), 0).digest

    first = digest(endpoint, x_shopify_webhook_id=b"1", x_shopify_triggered_at=b"2026-01-01T00:00:00Z")
    assert first == digest(endpoint, x_shopify_webhook_id=b"2", x_shopify_topic=b"products/update")
    other = Endpoint("other", "shopify", scheme, endpoint.shops)
    assert first != digest(other)


@pytest.mark.parametrize(
    ("scheme", "headers", "body"),
    [
        (shopify.SCHEME, {b"x-shopify-topic": b"orders/create"}, b"{}"),
        (
            shopify.SCHEME,
            {b"x-shopify-topic": b"orders/create"},
            b'{"id":1,"created_at":"2026-01-01T00:00:00"}',
        ),
        (shopify.SCHEME, {b"x-shopify-topic": b"<script>"}, b"{}"),
        (shopify.SCHEME, {}, b"[]"),
        (shopee.SCHEME, {}, b'{"code":3,"timestamp":1}'),
        (shopee.SCHEME, {}, b'{"code":3,"timestamp":1,"data":{"ordersn":"Ploy <ploy@example.com>"}}'),
        (shopee.SCHEME, {}, b'{"code":3,"timestamp":99999999999999,"data":{"ordersn":"1"}}'),
        (tiktok_shop.SCHEME, {}, b'{"type":1,"timestamp":1,"shop_id":7}'),
    ],
)
def test_what_is_no_message_of_the_platform_is_malformed(
    scheme: Scheme, headers: dict[bytes, bytes], body: bytes
) -> None:
    with pytest.raises((ValueError, msgspec.DecodeError)):
        scheme.read(Incoming(URL, headers, body))
