"""Work on many items at once, in order, without running far ahead of the reader."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Stopped(Exception):
    """The work was given up: another item failed, the reader went away, or the workers were closed."""


class _Batch:
    """What the items of one `map` share: the wish to stop, and the error that caused it."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._lock = threading.Lock()

    def fail(self, error: BaseException) -> None:
        with self._lock:
            if self.error is None and not self.stop.is_set():
                self.error = error
            self.stop.set()


class Workers:
    """A pool of `concurrency` threads, made when first used."""

    def __init__(self, concurrency: int, name: str):
        self._concurrency, self._name = concurrency, name
        self._pool: ThreadPoolExecutor | None = None
        self._here = threading.local()
        self._lock = threading.Lock()
        self._batches: set[_Batch] = set()
        self._closed = threading.Event()

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """`function` over `items`, results in order.

        `items` is read in the caller's thread and at most `2 * concurrency` items ahead of the reader. The
        first failure stops the rest and is raised, maybe before results of earlier items. Closing the
        iterator stops the work. A map inside a worker runs in that worker's own thread, one by one, since
        waiting for a place in its own pool could wait for ever.
        """
        if getattr(self._here, "batch", None) is not None:
            yield from map(function, items)
            return
        batch = _Batch()
        self._open(batch)
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(self._submit(batch, function, item))
                if len(waiting) >= 2 * self._concurrency:
                    yield _result(batch, waiting.popleft())
            while waiting:
                yield _result(batch, waiting.popleft())
        finally:
            batch.stop.set()
            for future in waiting:
                future.cancel()
            with self._lock:
                self._batches.discard(batch)

    def rest(self, seconds: float) -> None:
        """Sleep, but wake with `Stopped` as soon as this thread's work is no longer wanted."""
        self.signal().wait(seconds)
        self.check()

    def check(self) -> None:
        """Raise `Stopped` where this thread's work is no longer wanted."""
        if self.signal().is_set():
            raise Stopped(f"{self._name}: work given up")

    def signal(self) -> threading.Event:
        """Set when the work of the current thread is no longer wanted."""
        batch: _Batch | None = getattr(self._here, "batch", None)
        return self._closed if batch is None else batch.stop

    def close(self) -> None:
        """Stop everything and wait for calls under way."""
        with self._lock:
            self._closed.set()
            for batch in self._batches:
                batch.stop.set()
            pool = self._pool
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _open(self, batch: _Batch) -> None:
        with self._lock:
            if self._closed.is_set():
                raise Stopped(f"{self._name}: closed")
            self._batches.add(batch)

    def _submit(self, batch: _Batch, function: Callable[[T], R], item: T) -> Future[R]:
        with self._lock:
            if self._closed.is_set():
                raise Stopped(f"{self._name}: closed")
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix=self._name)
            return self._pool.submit(self._run, batch, function, item)

    def _run(self, batch: _Batch, function: Callable[[T], R], item: T) -> R:
        self._here.batch = batch
        try:
            self.check()
            return function(item)
        except BaseException as error:
            batch.fail(error)
            raise
        finally:
            self._here.batch = None


def _result(batch: _Batch, future: Future[R]) -> R:
    try:
        return future.result()
    except (Stopped, CancelledError) as stopped:
        error = batch.error or stopped
    raise error
