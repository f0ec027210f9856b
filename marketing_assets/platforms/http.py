"""The one transport of all platforms: signing, retries, throttles, refresh, counters.

A platform gives a `Dialect` (how to sign a call, how to read a failure out of an answer); the transport does
the rest. What it does about each retry class:

| class | what happens |
|---|---|
| throttle-short | the whole connection pauses for the time asked, else 1-10 s; `throttle_tries` tries |
| throttle-long | the same with the time asked, else minutes, as long as the deadline permits |
| quota-day | raised at once; later calls fail unsent, until the time asked is over where one was given |
| transient | exponential waits with jitter; `transient_tries` tries; network errors too |
| reduce | raised, for the client to ask for less |
| auth-refresh | one `refresh()` for all threads that met it, then one more try; after that auth-dead |
| auth-dead | raised; later calls fail unsent |
| config | raised |

A request is sent again when its answer was lost, so clients only make calls that may be repeated.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import httpx
from tenacity import RetryCallState, Retrying

from marketing_assets.platforms.calllog import log_call, log_retry
from marketing_assets.platforms.failures import THROTTLES, Complaint, Failure, PlatformError
from marketing_assets.platforms.halt import Halt
from marketing_assets.platforms.judging import judge
from marketing_assets.platforms.retry import RetryPlan
from marketing_assets.platforms.throttle import TokenBucket
from marketing_assets.platforms.wire import Answer, Call, Counters, Dialect, Limits
from marketing_assets.platforms.workers import Stopped, Workers

__all__ = [
    "Answer",
    "Call",
    "Complaint",
    "Counters",
    "Dialect",
    "Failure",
    "Limits",
    "PlatformError",
    "Stopped",
    "Transport",
]

T = TypeVar("T")
R = TypeVar("R")

_SECRET_PARTS = frozenset({"access_token", "sign", "appsecret_proof", "authorization"})


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust, read once a process: the list of authorities takes longer to read than most answers."""
    return httpx.create_ssl_context()


@dataclass
class _Sending:
    """One `send` under way. `deadline` is a moment of the transport's clock."""

    call: Call
    deadline: float
    tries: int = 0
    status: int = 0
    generation: int = 0
    refreshed: bool = False
    secrets: tuple[str, ...] = ()


class Transport:
    """Calls of one connection (`tenant/platform/account`); safe to use from several threads.

    `clock` is monotonic and `wall` is Unix time, both in seconds. `usage` reads the share of the allowance
    that is used off an answer's headers. `sleep` and `transport` (httpx's) are for tests.
    """

    counters: Counters

    def __init__(
        self,
        *,
        connection: str,
        base_url: str,
        dialect: Dialect,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        usage: Callable[[Mapping[str, str]], float] | None = None,
        sleep: Callable[[float], None] | None = None,
        transport: httpx.BaseTransport | None = None,
    ):
        self.connection, self.limits, self.counters = connection, limits, Counters()
        self._base_url, self._dialect, self._clock, self._wall = base_url, dialect, clock, wall
        self._usage = usage
        self._bucket = TokenBucket(limits.calls_per_second, limits.burst, clock)
        self._workers = Workers(limits.concurrency, connection)
        self._rest = sleep or self._workers.rest
        self._slots = threading.BoundedSemaphore(limits.concurrency)
        self._lock = threading.Lock()
        self._refreshing = threading.RLock()
        self._refresher: int | None = None
        self._generation = 0
        self._halt = Halt(clock)
        pool = httpx.Limits(max_connections=None, max_keepalive_connections=limits.concurrency)
        self._http = httpx.Client(
            verify=_trusted(), timeout=limits.timeout_seconds, limits=pool, transport=transport
        )

    def send(self, call: Call) -> Answer:
        """The platform's answer, after as many tries as its complaints allow; raises `PlatformError`."""
        limits = self.limits
        tries = {Failure.TRANSIENT: limits.transient_tries, Failure.THROTTLE_SHORT: limits.throttle_tries}
        plan = RetryPlan(tries, self._clock() + limits.deadline_seconds, self._clock)
        retrying = Retrying(
            retry=plan.retry,
            wait=plan.wait,
            stop=plan.stop,
            before_sleep=self._prepare_retry,
            sleep=self._rest,
            reraise=True,
        )
        return retrying(self._try, _Sending(call, plan.deadline))

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """`function` over `items` with bounded concurrency; results in order, no more than a few ahead.

        See `Workers.map` for what happens on failure, on close and inside a worker.
        """
        return self._workers.map(function, items)

    def close(self) -> None:
        """Stop the workers, wait for their calls and close the network connections."""
        self._workers.close()
        self._http.close()

    def _try(self, sending: _Sending) -> Answer:
        self._halt.check(sending.call, sending.tries)
        self._wait_turn(sending)
        sending.generation = self._generation
        parts = self._dialect.sign(sending.call)
        sending.secrets = _secrets_of(parts)
        sending.tries += 1
        with self._slots:
            outcome = self._exchange(sending, parts)
        if isinstance(outcome, Complaint):
            raise self._failed(sending, outcome)
        if self._usage is not None:
            self.counters.quota_used = max(self.counters.quota_used, self._usage(outcome.headers))
        complaint = judge(self._dialect, outcome, self._wall())
        if complaint is not None:
            raise self._failed(sending, complaint)
        self._bucket.pause(self._dialect.pause(outcome.headers))
        return outcome

    def _wait_turn(self, sending: _Sending) -> None:
        while (wait := self._bucket.take()) > 0:
            start = self._clock()
            if start + wait > sending.deadline:
                message = "held back by the platform's rate limit for longer than the deadline allows"
                raise self._failed(sending, Complaint(Failure.THROTTLE_LONG, "deadline", message, wait))
            self._rest(wait)
            self._count(throttled_seconds=self._clock() - start)

    def _exchange(self, sending: _Sending, parts: Mapping[str, Any]) -> Answer | Complaint:
        """One request; network errors come back as a complaint, for httpx's exceptions hold the address."""
        call, start, sending.status = sending.call, self._clock(), 0
        url = (call.base_url or self._base_url).rstrip("/") + call.path
        headers = dict(parts.get("headers") or {})
        if call.body is not None:
            headers.setdefault("content-type", call.content_type)
        params = {**call.params, **(parts.get("params") or {})}
        received = 0
        try:
            with self._http.stream(
                call.method, url, params=params, headers=headers, content=call.body
            ) as response:
                sending.status = response.status_code
                try:
                    body = self._read(response, sending)
                finally:
                    received = response.num_bytes_downloaded
                return Answer(response.status_code, response.headers, body)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            return Complaint(Failure.CONFIG, type(error).__name__, str(error))
        except httpx.RequestError as error:
            return Complaint(Failure.TRANSIENT, type(error).__name__, str(error))
        finally:
            self._count(calls=1, retries=int(sending.tries > 1), bytes_received=received)
            log_call(
                connection=self.connection,
                method=call.method,
                path=call.path.partition("?")[0],
                status=sending.status,
                attempt=sending.tries,
                bytes=received,
                elapsed_ms=round((self._clock() - start) * 1000),
            )

    def _read(self, response: httpx.Response, sending: _Sending) -> bytes:
        chunks = []
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            self._workers.check()
            if self._clock() > sending.deadline:
                raise httpx.ReadTimeout("the answer was still coming in at the deadline")
        return b"".join(chunks)

    def _failed(self, sending: _Sending, complaint: Complaint) -> PlatformError:
        failure = complaint.failure
        spent = sending.refreshed or self._refresher == threading.get_ident()
        if failure is Failure.AUTH_REFRESH and spent:
            failure = Failure.AUTH_DEAD
        error = PlatformError(
            failure,
            connection=self.connection,
            method=sending.call.method,
            path=sending.call.path,
            code=complaint.code,
            message=complaint.message,
            remedy=complaint.remedy,
            tries=sending.tries,
            wait_seconds=complaint.wait_seconds,
            now=self._wall(),
            secrets=sending.secrets,
        )
        self._halt.note(error)
        return error

    def _prepare_retry(self, state: RetryCallState) -> None:
        """What must happen before the next try: hold the connection back, or refresh its token."""
        sending: _Sending = state.args[0]
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, PlatformError)
        log_retry(error, sending.status, sending.tries, state.upcoming_sleep)
        if error.failure in THROTTLES:
            self._bucket.pause(state.upcoming_sleep)
            self._count(throttled_seconds=state.upcoming_sleep)
        elif error.failure is Failure.AUTH_REFRESH:
            self._refresh(sending)
            sending.refreshed = True

    def _refresh(self, sending: _Sending) -> None:
        """A new token, unless another thread got one since this call was signed."""
        with self._refreshing:
            self._halt.check(sending.call, sending.tries)
            if self._generation != sending.generation:
                return
            self._refresher = threading.get_ident()
            try:
                self._dialect.refresh()
            except PlatformError as error:
                self._halt.note(error)
                raise
            finally:
                self._refresher = None
            self._generation += 1

    def _count(self, **more: float) -> None:
        with self._lock:
            for name, amount in more.items():
                setattr(self.counters, name, getattr(self.counters, name) + amount)


def _secrets_of(parts: Mapping[str, Any]) -> tuple[str, ...]:
    """Credentials among signed request parts; of a header such as `Bearer abc` its last word."""
    pairs = [*(parts.get("params") or {}).items(), *(parts.get("headers") or {}).items()]
    return tuple(str(value).split()[-1] for name, value in pairs if name.lower() in _SECRET_PARTS and value)
