"""A signed webhook, by the rules of Standard Webhooks: id, timestamp, HMAC-SHA256 of `id.timestamp.body`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time

from marketing_assets.alerts.channels.channel import Deliver, call
from marketing_assets.alerts.message import Chart, Message

_PREFIX = "whsec_"


def webhook_channel(url: str, secret: str) -> Deliver:
    def deliver(message: Message, chart: Chart | None, key: str) -> None:
        told = {"type": "marketing.alert", "id": key, **message.as_json()}
        if chart is not None:
            told["image"] = {"url": chart.url, "alt": chart.alt, "png": base64.b64encode(chart.png).decode()}
        body = json.dumps(told, ensure_ascii=False).encode()
        call("the webhook", "POST", url, content=body, headers=headers(secret, key, int(time.time()), body))

    return deliver


def headers(secret: str, key: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that prove where a body comes from; `at` in Unix seconds."""
    signed = b".".join([key.encode(), str(at).encode(), body])
    signature = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass  # a secret of people's own making that happens to begin so
    return secret.encode()
