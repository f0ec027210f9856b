"""The door in front of every platform: plays faults in the platform's own words and notes each visit.

An API module declares a ``Dialect``; the server puts the gate around its app:

    DIALECT = Dialect(
        platform="meta_ads",
        tenant=lambda request: ...,            # tenant key from path, query or header, else None
        answers={
            "rate_limit": lambda fault: JSONResponse({...}, 400, {"Retry-After": str(fault.retry_after)}),
            "server_error": lambda fault: JSONResponse({...}, fault.status or 503),
            "expired_token": lambda fault: JSONResponse({...}, 400),
        },
        without_token=("/oauth/",),            # paths that need no access token, spared by expired_token
    )

Kinds the platform has no word for may be left out; ``server_error`` then is a bare status. HTML pages, cut
JSON, slow answers and broken connections need no words.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.faults import ANSWER_KINDS, Fault, Faults
from marketing_assets.sandbox.visits import SECRETS, Visit, Visits

BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True)
class Dialect:
    platform: str
    tenant: Callable[[Request], str | None]
    answers: Mapping[str, Callable[[Fault], Response]] = field(default_factory=dict)
    without_token: tuple[str, ...] = ()
    said: Callable[[bytes], Mapping[str, str]] | None = None
    """What a call's body asks for, for platforms whose address does not tell: faults and the log of requests
    take it as part of the query. It must leave secrets out."""


class Gate:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, dialect: Dialect, faults: Faults, visits: Visits, clock: Clock) -> None:
        self.app, self.dialect, self.faults, self.visits, self.clock = app, dialect, faults, visits, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        tenant = self.dialect.tenant(request)
        said: Mapping[str, str] = {}
        if self.dialect.said is not None:
            body = await request.body()
            said, receive = self.dialect.said(body), _again(body)
        fault = self._fault(request, tenant, said)
        started, status = time.perf_counter(), 0

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._play(fault, scope, receive, noting_send, send)
        finally:
            self.visits.add(
                Visit(
                    at=self.clock.now(),
                    platform=self.dialect.platform,
                    tenant=tenant,
                    method=request.method,
                    path=request.url.path,
                    query={
                        key: value
                        for key, value in {**request.query_params, **said}.items()
                        if key not in SECRETS
                    },
                    status=status,
                    fault=fault.kind if fault else None,
                    milliseconds=round((time.perf_counter() - started) * 1000, 3),
                )
            )

    def _fault(self, request: Request, tenant: str | None, said: Mapping[str, str]) -> Fault | None:
        path = request.url.path
        query = "&".join((request.url.query, *said.values()))
        kinds: tuple[str, ...] = ANSWER_KINDS
        if path.startswith(self.dialect.without_token):
            kinds = tuple(kind for kind in kinds if kind != "expired_token")
        return self.faults.take(kinds, self.dialect.platform, f"{path}?{query}", tenant)

    async def _play(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send, raw: Send) -> None:
        kind = fault.kind if fault else ""
        if kind == "connection_reset":
            _abort(raw)
        elif fault is not None and kind in self.dialect.answers:
            await self.dialect.answers[kind](fault)(scope, receive, send)
        elif fault is not None and kind == "server_error":
            await PlainTextResponse("", fault.status or 503)(scope, receive, send)
        elif kind == "html":
            await HTMLResponse(BAD_GATEWAY, 502)(scope, receive, send)
        elif kind == "truncated":
            await _cut_in_half(self.app, scope, receive, send)
        else:
            if fault is not None and kind == "slow":
                await asyncio.sleep(fault.seconds)
            await self.app(scope, receive, send)


def _again(body: bytes) -> Receive:
    """Hands a body out that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _abort(send: Send) -> None:
    """Close the client's connection without an answer. uvicorn's ``send`` is a method of the running cycle,
    which holds the connection; no ASGI message says the same."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]


async def _cut_in_half(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the first half of what the application said, and a length that fits the half."""
    start: Message = {}
    body = b""

    async def collect(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
        else:
            body += message.get("body", b"")

    await app(scope, receive, collect)
    half = body[: len(body) // 2]
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    await send({**start, "headers": [*headers, (b"content-length", str(len(half)).encode())]})
    await send({"type": "http.response.body", "body": half})
