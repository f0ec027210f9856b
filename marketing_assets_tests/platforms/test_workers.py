"""Many calls at once: in order, bounded, and stopped when nobody wants them."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from marketing_assets.platforms.http import Call, Failure, PlatformError, Stopped
from marketing_assets_tests.platforms.scripted import (
    FINE,
    ORDERS,
    Reply,
    Seen,
    complaint_of,
    driven,
    in_turn,
)


def test_map_keeps_the_order_and_bounds_what_is_in_flight_and_ahead() -> None:
    started: list[int] = []
    running, most = 0, 0
    lock = threading.Lock()

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            started.append(number)
            running += 1
            most = max(most, running)
        time.sleep(0.002 * (number % 3))
        with lock:
            running -= 1
        return number * number

    with driven(in_turn(FINE), concurrency=3) as (transport, _, _):
        for position, result in enumerate(transport.map(work, iter(range(50)))):
            assert result == position * position
            assert len(started) <= position + 1 + 2 * 3
    assert most == 3


def test_the_first_failure_of_a_map_stops_the_rest_even_those_that_wait() -> None:
    started: list[int] = []

    def answer(seen: Seen) -> Reply:
        started.append(1)
        if seen.path == "/bad":
            return complaint_of(Failure.CONFIG)
        return complaint_of(Failure.THROTTLE_LONG, headers={"Retry-After": "600"})

    calls = [Call("GET", "/waits"), Call("GET", "/bad")] + [Call("GET", "/rest")] * 100
    with driven(answer, real_time=True, concurrency=2, deadline_seconds=3600) as (transport, _, _):
        begin = time.monotonic()

        def staggered(call: Call) -> Any:
            time.sleep(0 if call.path == "/bad" else 0.2)
            return transport.send(call)

        with pytest.raises(PlatformError, match="/bad"):
            list(transport.map(staggered, calls))
        assert time.monotonic() - begin < 5
    assert len(started) <= 4


def test_closing_the_iterator_stops_the_work() -> None:
    started: list[int] = []

    def work(number: int) -> int:
        started.append(number)
        return number

    with driven(in_turn(FINE), concurrency=2) as (transport, _, _):
        results = transport.map(work, iter(range(1_000_000)))
        assert next(results) == 0
        results.close()  # type: ignore[attr-defined]
        time.sleep(0.05)
        assert len(started) <= 6


def test_a_map_inside_a_map_does_not_lock_up() -> None:
    with driven(in_turn(FINE), concurrency=2) as (transport, _, _):

        def outer(number: int) -> int:
            return sum(transport.map(lambda n: n, range(number)))

        assert list(transport.map(outer, range(20))) == [sum(range(n)) for n in range(20)]


def test_close_wakes_those_who_wait() -> None:
    script = in_turn(complaint_of(Failure.THROTTLE_LONG, headers={"Retry-After": "600"}))
    with driven(script, real_time=True) as (transport, server, _):
        results = transport.map(transport.send, [ORDERS] * 4)
        ended: list[BaseException] = []

        def consume() -> None:
            try:
                next(results)
            except Stopped as stopped:
                ended.append(stopped)

        reader = threading.Thread(target=consume)
        reader.start()
        while not server.seen:
            time.sleep(0.01)
        transport.close()
        reader.join(5)
        assert len(ended) == 1


def test_no_more_calls_than_the_concurrency_are_in_flight() -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def answer(_: Seen) -> Reply:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return FINE

    with driven(answer, real_time=True, concurrency=2) as (transport, _, _):
        threads = [threading.Thread(target=transport.send, args=(ORDERS,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert transport.counters.calls == 8
    assert most == 2
