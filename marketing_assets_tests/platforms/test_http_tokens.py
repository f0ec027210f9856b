"""How the transport meets expired and dead tokens."""

from __future__ import annotations

import threading
import time
from typing import Any

from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets_tests.platforms.scripted import (
    CONNECTION,
    FINE,
    ORDERS,
    Reply,
    Seen,
    Words,
    complaint_of,
    driven,
    fails,
    in_turn,
)

EXPIRED = complaint_of(Failure.AUTH_REFRESH, "invalid_acceess_token", "Invalid access_token.", status=403)


def only_for(good: str) -> Any:
    return lambda seen: FINE if seen.query["access_token"] == [good] else EXPIRED


def test_an_expired_token_is_refreshed_once_and_the_call_repeated() -> None:
    words = Words("old")
    words.on_refresh = lambda: setattr(words, "token", "new")
    with driven(only_for("new"), dialect=words) as (transport, server, fake):
        transport.send(ORDERS)
        assert (words.refreshed, len(server.seen), sum(fake.slept)) == (1, 2, 0)


def test_a_status_401_refreshes_too() -> None:
    words = Words()
    with driven(in_turn(Reply({}, 401), FINE), dialect=words) as (transport, _, _):
        transport.send(ORDERS)
        assert words.refreshed == 1


def test_threads_that_meet_the_expiry_together_refresh_once() -> None:
    words = Words("old")
    together = threading.Barrier(4, timeout=10)

    def answer(seen: Seen) -> Reply:
        if seen.query["access_token"] == ["old"]:
            together.wait()
            return EXPIRED
        return FINE

    def refresh() -> None:
        time.sleep(0.05)
        words.token = "new"

    words.on_refresh = refresh
    with driven(answer, dialect=words, real_time=True, concurrency=4) as (transport, _, _):
        assert len(list(transport.map(transport.send, [ORDERS] * 8))) == 8
    assert words.refreshed == 1


def test_a_second_auth_failure_is_final_and_names_the_connection_to_repair() -> None:
    words = Words()
    with driven(in_turn(EXPIRED), dialect=words) as (transport, server, _):
        error = fails(transport)
        assert (error.failure, error.tries, words.refreshed) == (Failure.AUTH_DEAD, 2, 1)
        assert "marketing connections authorize siam shopee" in error.remedy
        assert fails(transport).failure is Failure.AUTH_DEAD
        assert len(server.seen) == 2, "a dead connection is not asked again"


def test_a_refresh_through_the_same_transport_is_not_itself_refreshed() -> None:
    words = Words()
    with driven(in_turn(EXPIRED), dialect=words, concurrency=1) as (transport, server, _):

        def refresh() -> None:
            transport.send(Call("POST", "/auth/access_token/get", json={}))

        words.on_refresh = refresh
        error = fails(transport)
        assert (error.failure, error.path) == (Failure.AUTH_DEAD, "/auth/access_token/get")
        assert (words.refreshed, len(server.seen)) == (1, 2)


def test_a_refresh_that_fails_for_now_does_not_kill_the_connection() -> None:
    words = Words("old")
    refusals = [Failure.TRANSIENT]

    def refresh() -> None:
        if refusals:
            raise PlatformError(refusals.pop(), connection=CONNECTION)
        words.token = "new"

    words.on_refresh = refresh
    with driven(only_for("new"), dialect=words) as (transport, _, _):
        assert fails(transport).failure is Failure.TRANSIENT
        transport.send(ORDERS)
