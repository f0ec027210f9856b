"""The receiver: a bare ASGI application that answers 2xx only for what is on disk.

Nothing of a message is ever logged: refusals are counted by tenant, platform and reason.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from marketing_assets.platforms.webhooks import Headers, Incoming
from marketing_assets.secrets import MissingSecret
from marketing_assets.webhooks.body import Bodies, Gone, Receive
from marketing_assets.webhooks.endpoints import Endpoint, Endpoints
from marketing_assets.webhooks.inbox import Inbox, Message
from marketing_assets.webhooks.judge import MEMORY_SECONDS, Refused, judge
from marketing_assets.webhooks.writer import Full, Writer

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REPORT_SECONDS = 10
REREAD_SECONDS = 120
"""How often tenant files and secrets are read again."""

_LOG = logging.getLogger(__name__)


class Receiver:
    """`reread` gives the addresses, from those before; `public_url` is the address in front of it, if any.

    `charts` answers below `/charts/`: services that take images by address need one that is reachable too.
    `keep_request` keeps what is asked in a person's name; without it such messages are turned away for now.
    """

    def __init__(
        self,
        inbox: Inbox,
        reread: Callable[[Endpoints], Endpoints],
        public_url: str = "",
        charts: App | None = None,
        keep_request: Callable[[Message], None] | None = None,
    ):
        self.inbox, self._reread, self._charts = inbox, reread, charts
        self._keep_request = keep_request
        self._public_url = public_url.rstrip("/")
        self._endpoints = reread({})
        self._refused: Counter[tuple[str, str]] = Counter()
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and self._charts and scope["path"].startswith("/charts/"):
            await self._charts(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        where = "nowhere"
        try:
            endpoint = self._endpoint(scope)
            if endpoint is not None:
                where = f"{endpoint.tenant}/{endpoint.platform}"
                await self._take(endpoint, scope, receive)
            await _send(send, 200)
        except Gone:
            return
        except Refused as refused:
            self._refused[where, refused.reason] += 1
            await _send(send, refused.status, refused.reason)

    def _endpoint(self, scope: Scope) -> Endpoint | None:
        """The address that is called; None where only the health is asked for."""
        path, method = scope["path"], scope["method"]
        endpoint = self._endpoints.get(path)
        if endpoint is None:
            if path == "/health" and method == "GET":
                return None
            raise Refused(404, "unknown address")
        if method != "POST":
            raise Refused(405, "only POST")
        return endpoint

    async def _take(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        body = await self._bodies.read(headers, receive)
        try:
            message = judge(endpoint, Incoming(self._url(scope, headers), headers, body), time.time())
            if message.request is None:
                await self._writer.keep(message)
            else:
                await self._ask(message)
        except Full:
            raise Refused(503, "overloaded") from None
        except (SQLAlchemyError, OSError, MissingSecret) as error:
            # Its words hold the statement's values.
            _LOG.error("a message cannot be kept: %s", type(getattr(error, "orig", error)).__name__)
            raise Refused(503, "inbox") from None
        finally:
            self._bodies.release(body)

    async def _ask(self, message: Message) -> None:
        if self._keep_request is None:
            raise Refused(503, "requests")
        await asyncio.to_thread(self._keep_request, message)

    def _url(self, scope: Scope, headers: Headers) -> str:
        """The address as the platform called it."""
        query = scope["query_string"]
        target = scope["path"] + (f"?{query.decode('latin-1')}" if query else "")
        if self._public_url:
            return f"{self._public_url}{target}"
        return f"{scope['scheme']}://{headers.get(b'host', b'').decode('latin-1')}{target}"

    async def _live(self, receive: Receive, send: Send) -> None:
        """From start to end: the writer and the housekeeping run meanwhile."""
        await receive()
        self._writer = Writer(self.inbox.put)
        tasks = [asyncio.create_task(self._writer.run()), asyncio.create_task(self._keep_house())]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._report()
        self.inbox.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _keep_house(self) -> None:
        reread = time.monotonic() + REREAD_SECONDS
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            self._report()
            if time.monotonic() >= reread:
                reread = time.monotonic() + REREAD_SECONDS
                try:
                    self._endpoints = await asyncio.to_thread(self._reread, self._endpoints)
                    await asyncio.to_thread(self.inbox.forget, time.time() - MEMORY_SECONDS)
                except Exception as error:  # the next round tries again
                    _LOG.error("housekeeping failed: %s", type(error).__name__)

    def _report(self) -> None:
        counted, self._refused = self._refused, Counter()
        for (where, reason), times in sorted(counted.items()):
            _LOG.warning("refused %d requests of %s: %s", times, where, reason)


async def _send(send: Send, status: int, reason: str = "") -> None:
    text = reason.encode()
    headers = [(b"content-length", b"%d" % len(text))]
    if text:
        headers.append((b"content-type", b"text/plain"))
    if status == 503:
        headers.append((b"retry-after", b"5"))
    if status in _CLOSING:
        headers.append((b"connection", b"close"))
    if status == 405:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


_CLOSING = (404, 405, 408, 413, 503)
"""Answers that may go out while the body is still coming."""
