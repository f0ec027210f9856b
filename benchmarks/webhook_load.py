"""Sends signed webhooks: `python -m benchmarks.webhook_load PORT SECRET SENT CONNECTIONS`.

Prints requests a second, the 99th percentile in milliseconds, and how many were answered otherwise than 200.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time

PADDING = "x" * 3_000
"""An order of Shopify is some kilobytes long."""


def request(secret: str, number: int) -> bytes:
    """One POST, whole."""
    order = {
        "id": 5_000_000_000_000 + number,
        "created_at": "2026-11-20T10:00:00+07:00",
        "updated_at": "2026-11-20T10:00:01+07:00",
        "note": PADDING,
    }
    body = json.dumps(order).encode()
    sign = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    head = (
        "POST /webhooks/northwind/shopify HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Shopify-Topic: orders/updated\r\nX-Shopify-Hmac-Sha256: {sign}\r\n"
        f"X-Shopify-Shop-Domain: northwind-gifts.myshopify.com\r\nX-Shopify-Webhook-Id: {number}\r\n\r\n"
    )
    return head.encode() + body


class Sender(asyncio.Protocol):
    """One connection: the next request goes out when the last one was answered."""

    def __init__(self, waiting: list[bytes], took: list[float], bad: list[bytes]) -> None:
        self._waiting, self._took, self._bad = waiting, took, bad
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        if not self._waiting:
            self._transport.close()
            return
        self._at = time.perf_counter()
        self._transport.write(self._waiting.pop())

    def data_received(self, data: bytes) -> None:
        # Answers are short and without a body: one piece each.
        self._took.append(time.perf_counter() - self._at)
        if not data.startswith(b"HTTP/1.1 200"):
            self._bad.append(data[:100])
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(None)


async def load(port: int, secret: str, sent: int, connections: int) -> dict[str, float]:
    requests = [request(secret, number) for number in range(sent)]
    took: list[float] = []
    bad: list[bytes] = []
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    made = [
        await loop.create_connection(lambda: Sender(requests, took, bad), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(sender.ended for _, sender in made))
    seconds = time.perf_counter() - start
    p99 = sorted(took)[int(len(took) * 0.99)]
    return {"rps": len(took) / seconds, "p99_ms": p99 * 1000, "answered": len(took), "bad": len(bad)}


if __name__ == "__main__":
    port, secret, sent, connections = sys.argv[1:]
    print(json.dumps(asyncio.run(load(int(port), secret, int(sent), int(connections)))))
