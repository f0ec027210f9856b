"""TikTok Shop's webhooks: hex HMAC of `app key + raw body` under the app secret, in `Authorization`."""

from __future__ import annotations

import msgspec

from marketing_assets.platforms.webhooks import Headers, Incoming, Scheme, Told, hex_digest, instant, safe
from marketing_assets.tenants import Connection


class _Order(msgspec.Struct):
    order_id: str = ""
    update_time: int | None = None


class _Push(msgspec.Struct):
    type: int
    timestamp: int
    shop_id: str = ""
    data: _Order = msgspec.field(default_factory=_Order)


_push = msgspec.json.Decoder(_Push)


def signature(headers: Headers) -> bytes | None:
    return hex_digest(headers.get(b"authorization"))


def signed(incoming: Incoming, connection: Connection) -> bytes:
    return str(connection.settings.get("app_key", "")).encode() + incoming.body


def read(incoming: Incoming) -> Told:
    push = _push.decode(incoming.body)
    return Told(
        f"type {push.type}",
        safe(push.shop_id),
        safe(push.data.order_id),
        updated_at=instant(push.data.update_time),
        sent_at=instant(push.timestamp),
    )


SCHEME = Scheme("app_secret", signature, signed, read)
