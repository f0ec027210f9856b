"""Calls an ASGI application in a loop of its own, with its lifespan, message by message."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Caller:
    """Each call is answered before the next, but for those of `at_once`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._runner.run(self._start())
        return self

    async def _start(self) -> None:
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._life = asyncio.create_task(
            self.app({"type": "lifespan"}, self._events.get, self._said.put), name="lifespan"
        )
        await self._events.put({"type": "lifespan.startup"})
        assert (await self._said.get())["type"] == "lifespan.startup.complete"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._stop())
        self._runner.close()

    async def _stop(self) -> None:
        await self._events.put({"type": "lifespan.shutdown"})
        await self._life

    def post(
        self,
        path: str,
        headers: Mapping[Any, Any],
        body: bytes | Iterable[bytes],
        method: str = "POST",
        query: bytes = b"",
    ) -> Answer:
        """One request; a body in parts comes as parts."""
        return self.at_once([(path, headers, body)], method, query)[0]

    def at_once(
        self, requests: Iterable[tuple[str, Any, Any]], method: str = "POST", query: bytes = b""
    ) -> list[Answer]:
        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(self._call(*one, method, query) for one in requests))

        return self._runner.run(all_of_them())

    async def _call(self, path: str, headers: Any, body: Any, method: str, query: bytes) -> Answer:
        parts = [body] if isinstance(body, bytes) else list(body)
        events = [
            {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
            for place, part in enumerate(parts)
        ]
        said: list[Any] = []

        async def receive() -> Any:
            return events.pop(0) if events else await asyncio.Event().wait()

        async def send(event: Any) -> None:
            said.append(event)

        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query,
            "headers": [(_bytes(name).lower(), _bytes(value)) for name, value in headers.items()],
        }
        await self.app(scope, receive, send)
        start, end = said
        return Answer(start["status"], dict(start["headers"]), end["body"])


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
