"""The outermost layer of the server: takes orders at /_control and loses answers."""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from marketing_assets_tests.bigquery.server import faults, uploads


@dataclass
class Answer:
    """What becomes of the answer to a request; the work that the request starts may change it."""

    lost: bool = False


answer: ContextVar[Answer] = ContextVar("answer")


class Control:
    """An ASGI application around the server's."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if scope["path"] == "/_control":
            faults.order(faults.Fault(**json.loads(await request.body())))
            await Response(status_code=204)(scope, receive, send)
        elif finished := uploads.finished(request):
            await request.body()
            await JSONResponse(finished)(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        given = Answer()
        answer.set(given)

        async def deliver(message: Any) -> None:
            if not given.lost:
                await send(message)

        await self._app(scope, receive, deliver)
        if given.lost:
            # uvicorn hands its request cycle in as the owner of `receive`.
            receive.__self__.transport.abort()
