"""Ctrl-C and stops that wait for the end of a block.

DuckDB looks for signals while it works in the main thread. Where one came, it fails with a plain
`RuntimeError` (the interrupt is lost, and the run goes on), and what it leaves behind makes the next opening
of the same file wait for ever (DuckDB 1.5). So nothing interrupts it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals that stop a process take effect after the block; where several came, once.

    Other threads than the main one get no signals: there the block is left as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    holds = [_Hold(number) for number in _STOPS if callable(signal.getsignal(number))]
    try:
        yield
    finally:
        for hold in holds:
            hold.release()
        # Only now: what the first signal's handler raises would leave the other signal held for ever.
        for hold in holds:
            hold.pass_on()


class _Hold:
    """One signal, held back from its handler."""

    def __init__(self, number: signal.Signals):
        self._number = number
        self._came = self._over = False
        self._before: Any = signal.signal(number, self._take)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._over:
            self._before(number, frame)
        else:
            self._came = True

    def release(self) -> None:
        self._over = True
        # Inside a generator others may have set handlers meanwhile; they put this one back later.
        if signal.getsignal(self._number) == self._take:
            signal.signal(self._number, self._before)

    def pass_on(self) -> None:
        if self._came:
            signal.raise_signal(self._number)
