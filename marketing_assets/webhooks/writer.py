"""Group commit: messages that wait are written together, and each sender is answered after its commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from marketing_assets.webhooks.inbox import Message

MOST_WAITING = 2_000
"""Messages that may wait for the next commit; more are turned away for now."""


class Full(Exception):
    """As many messages wait as may."""


class Writer:
    """One writer over `put`, which returns when all it was given is on disk.

    While one group is written the next one gathers, so a commit's cost is shared by all who wait for it.
    """

    def __init__(self, put: Callable[[Sequence[Message]], None], most: int = MOST_WAITING):
        self._put, self._most = put, most
        self._waiting: list[tuple[Message, asyncio.Future[None]]] = []
        self._some = asyncio.Event()

    async def keep(self, message: Message) -> None:
        """Returns when the message is on disk; raises `Full`, or what `put` raised."""
        if len(self._waiting) >= self._most:
            raise Full
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((message, written))
        self._some.set()
        await written

    async def run(self) -> None:
        """Write until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._some.wait()
            group, self._waiting = self._waiting, []
            self._some.clear()
            error: Exception | None = None
            try:
                await loop.run_in_executor(None, self._put, [message for message, _ in group])
            except Exception as failed:  # whatever it was, those who wait are told
                error = failed
            for _, written in group:
                if written.done():
                    continue  # its sender hung up
                if error is None:
                    written.set_result(None)
                else:
                    written.set_exception(error)
