"""Shopee's push: hexadecimal HMAC of `callback URL|raw body` under the partner key, in `Authorization`.

The order number begins with a date, but no rule says in which zone; the shop is asked for the creation day.
"""

from __future__ import annotations

import msgspec

from marketing_assets.platforms.webhooks import Headers, Incoming, Scheme, Told, hex_digest, instant, safe
from marketing_assets.tenants import Connection

ORDER_STATUS = 3
"""Code of the push that tells an order's new status."""


class _Order(msgspec.Struct):
    ordersn: str
    update_time: int | None = None


class _Push(msgspec.Struct):
    code: int
    timestamp: int
    shop_id: int | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


_push = msgspec.json.Decoder(_Push)
_order = msgspec.json.Decoder(_Order)


def signature(headers: Headers) -> bytes | None:
    return hex_digest(headers.get(b"authorization"))


def signed(incoming: Incoming, _connection: Connection) -> bytes:
    return incoming.url.encode() + b"|" + incoming.body


def read(incoming: Incoming) -> Told:
    push = _push.decode(incoming.body)
    account = "" if push.shop_id is None else str(push.shop_id)
    told = Told(f"code {push.code}", account, sent_at=instant(push.timestamp))
    if push.code != ORDER_STATUS:
        return told
    order = _order.decode(push.data)
    return Told(
        told.topic,
        account,
        safe(order.ordersn),
        updated_at=instant(order.update_time),
        sent_at=told.sent_at,
    )


SCHEME = Scheme("partner_key", signature, signed, read)
