"""A real local HTTP server that answers from a script, and the means to drive a transport against it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from marketing_assets.platforms.http import Call, Complaint, Failure, Limits, PlatformError, Transport

CONNECTION = "siam/shopee/220011881"
TOKEN = "token-that-nobody-may-see"
ORDERS = Call("GET", "/api/v2/order/get_order_list", {"page_size": "100"})


@dataclass(frozen=True)
class Seen:
    """A request as the server got it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What the server says: JSON of `body` unless it is bytes. `cut` closes the connection in the middle."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    hang_up: bool = False


FINE = Reply({"response": {"more": False}})


def complaint_of(failure: Failure, code: str = "error_x", message: str = "Bad.", **more: Any) -> Reply:
    """An answer with HTTP 200 whose body holds the failure, as the `Words` dialect reads it."""
    return Reply({"failure": failure.value, "error": code, "message": message}, **more)


class Server:
    def __init__(self, answer: Callable[[Seen], Reply]):
        self.seen: list[Seen] = []
        self._answer = answer
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                query = parse_qs(url.query, keep_blank_values=True)
                seen = Seen(self.command, url.path, query, dict(self.headers), body)
                outer.seen.append(seen)
                self._send(outer._answer(seen))

            def _send(self, reply: Reply) -> None:
                if reply.hang_up:
                    self.close_connection = True
                    return
                data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if reply.cut else data)
                self.close_connection = reply.cut or self.close_connection

            do_GET = do_POST = _do  # noqa: N815 - their names upstream

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name upstream
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


def in_turn(*replies: Reply) -> Callable[[Seen], Reply]:
    """The replies one after another; the last one again and again."""
    left = list(replies)
    lock = threading.Lock()

    def answer(_: Seen) -> Reply:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


class Words:
    """A dialect whose failures stand in the body and whose token stands in the query."""

    def __init__(self, token: str = TOKEN):
        self.token = token
        self.signed = 0
        self.refreshed = 0
        self.on_refresh: Callable[[], None] = lambda: None

    def sign(self, call: Call) -> Mapping[str, Any]:
        self.signed += 1
        return {"params": {"access_token": self.token, "nonce": str(self.signed)}}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        content = json.loads(body)
        if not content.get("failure"):
            return None
        wait = content.get("wait")
        return Complaint(Failure(content["failure"]), content["error"], content["message"], wait)

    def pause(self, headers: Mapping[str, str]) -> float:
        return float(headers.get("x-pause") or 0)

    def refresh(self) -> None:
        self.refreshed += 1
        self.on_refresh()


class FakeTime:
    """A clock that sleeping moves on. `slept` lists the sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


@contextmanager
def driven(
    answer: Callable[[Seen], Reply],
    *,
    dialect: Words | None = None,
    usage: Callable[[Mapping[str, str]], float] | None = None,
    real_time: bool = False,
    **limits: Any,
) -> Iterator[tuple[Transport, Server, FakeTime]]:
    """A transport that talks to a scripted server, on a clock that never makes a test wait."""
    fake = FakeTime()
    times: dict[str, Any] = {} if real_time else {"clock": fake.clock, "sleep": fake.sleep}
    settings = {"calls_per_second": 1000, "burst": 1000, "timeout_seconds": 10} | limits
    with Server(answer) as server:
        transport = Transport(
            connection=CONNECTION,
            base_url=server.url,
            dialect=dialect or Words(),
            limits=Limits(**settings),
            wall=time.time,
            usage=usage,
            **times,
        )
        try:
            yield transport, server, fake
        finally:
            transport.close()


def fails(transport: Transport, call: Call = ORDERS) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        transport.send(call)
    return caught.value
