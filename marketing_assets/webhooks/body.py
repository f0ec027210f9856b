"""Bodies as they stream in: refused as soon as one, or all of them together, are too much."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from marketing_assets.platforms.webhooks import Headers
from marketing_assets.webhooks.judge import Refused

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MOST_BODY = 1_048_576
"""Bytes of a body."""
MOST_HELD = 64 * MOST_BODY
"""Bytes of all bodies that are held at once."""
BODY_SECONDS = 10
"""How long a body may take to arrive."""


class Gone(Exception):
    """The sender hung up."""


class Bodies:
    """Reads bodies and counts their bytes until they are let go."""

    def __init__(self, most: int = MOST_BODY, most_held: int = MOST_HELD, seconds: float = BODY_SECONDS):
        self._most, self._most_held, self._seconds = most, most_held, seconds
        self.held = 0

    async def read(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body, to be let go with `release`; raises `Refused` or `Gone`."""
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > 9 or int(declared) > self._most):
            raise Refused(413, "too large")
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self._seconds):
                while await self._part(receive, parts):
                    pass
        except BaseException as error:
            self.held -= sum(map(len, parts))
            if isinstance(error, TimeoutError):
                raise Refused(408, "slow") from None
            raise
        return b"".join(parts) if len(parts) > 1 else parts[0]

    def release(self, body: bytes) -> None:
        self.held -= len(body)

    async def _part(self, receive: Receive, parts: list[bytes]) -> bool:
        """Take the next part; whether more follow."""
        event = await receive()
        if event["type"] != "http.request":
            raise Gone
        part = event.get("body", b"")
        parts.append(part)
        self.held += len(part)
        if sum(map(len, parts)) > self._most:
            raise Refused(413, "too large")
        if self.held > self._most_held:
            raise Refused(503, "overloaded")
        return bool(event.get("more_body", False))
