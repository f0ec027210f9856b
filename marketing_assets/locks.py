"""A lock between processes of one machine that ends with its holder, however that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class LockTimeout(Exception):
    """A lock that another process held for longer than one was willing to wait."""


@contextmanager
def exclusive(path: Path, timeout_seconds: float, what: str) -> Iterator[None]:
    """Hold the lock file `path`; raises `LockTimeout` naming `what` after `timeout_seconds`.

    The lock is the operating system's (flock): it is free as soon as its process is gone, so no stale lock
    stays behind. It also holds between threads. Network file systems may not honour it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=timeout_seconds, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        message = (
            f"{what}: another process held {path} for more than {timeout_seconds:g} s; wait until it is done"
        )
        raise LockTimeout(message) from None
    try:
        yield
    finally:
        lock.release()
