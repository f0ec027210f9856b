"""Remembers that a connection is broken or out of quota, so that no further call goes out in vain."""

from __future__ import annotations

import threading
from collections.abc import Callable

from marketing_assets.platforms.failures import Failure, PlatformError
from marketing_assets.platforms.wire import Call

_HALTING = frozenset({Failure.QUOTA_DAY, Failure.AUTH_DEAD})


class Halt:
    """`clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._lock = threading.Lock()
        self._error: PlatformError | None = None
        self._until: float | None = None

    def note(self, error: PlatformError) -> None:
        """Halt where the error's class asks for it; a spent quota halts until renewed, if known when."""
        if error.failure not in _HALTING:
            return
        renewed = error.wait_seconds if error.failure is Failure.QUOTA_DAY else None
        with self._lock:
            self._error = error
            self._until = None if renewed is None else self._clock() + renewed

    def check(self, call: Call, tries: int) -> None:
        """Raise the halting error again, in the name of `call`."""
        with self._lock:
            error, until = self._error, self._until
            if error is None:
                return
            if until is not None and self._clock() >= until:
                self._error = None
                return
        raise PlatformError(
            error.failure,
            connection=error.connection,
            method=call.method,
            path=call.path,
            code=error.code,
            message=f"not sent, since {error.path or 'an earlier call'} met: {error.message}",
            remedy=error.remedy,
            tries=tries,
            wait_seconds=None if until is None else until - self._clock(),
        )
