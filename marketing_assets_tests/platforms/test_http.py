"""The transport against a real local server: what goes out, what comes back, and how it fails."""

from __future__ import annotations

import gzip
import json
import threading
import time
import tracemalloc
from email.utils import formatdate
from typing import Any

import pytest

from marketing_assets.platforms.http import Call, Failure, Limits, Transport
from marketing_assets_tests.platforms.scripted import (
    CONNECTION,
    FINE,
    ORDERS,
    TOKEN,
    Reply,
    Seen,
    Words,
    complaint_of,
    driven,
    fails,
    in_turn,
)


def test_a_call_goes_out_signed_and_its_answer_comes_back() -> None:
    with driven(in_turn(FINE)) as (transport, server, _):
        answer = transport.send(ORDERS)
        assert json.loads(answer.body) == FINE.body
        assert answer.headers["CONTENT-LENGTH"] == str(len(answer.body))
        (seen,) = server.seen
        assert seen.query == {"page_size": ["100"], "access_token": [TOKEN], "nonce": ["1"]}
        assert (transport.counters.calls, transport.counters.retries) == (1, 0)
        assert transport.counters.bytes_received == len(answer.body)


def test_a_json_body_is_sent_as_the_bytes_a_dialect_would_sign() -> None:
    call = Call("POST", "/x", json={"name": "ร้าน", "n": 1})
    with driven(in_turn(FINE)) as (transport, server, _):
        transport.send(call)
        assert server.seen[0].body == call.body
        assert server.seen[0].headers["content-type"] == "application/json"


def test_another_base_url_may_be_given_for_one_call() -> None:
    with driven(in_turn(FINE)) as (transport, server, _), driven(in_turn(FINE)) as (_, other, _):
        transport.send(Call("GET", "/x", base_url=other.url + "/"))
        assert (len(server.seen), len(other.seen)) == (0, 1)


TRANSIENT = {
    "platform's own code": complaint_of(Failure.TRANSIENT, "error_server"),
    "html 502": Reply(b"<html>Bad Gateway</html>", 502),
    "empty 503": Reply(b"", 503),
    "500 the dialect has no word for": Reply({}, 500),
    "408": Reply({}, 408),
    "json cut, length fits": Reply(b'{"response": {"mo'),
    "json cut, length does not fit": Reply({"response": "x" * 100}, cut=True),
    "connection closed": Reply(hang_up=True),
    "not gzip although it says so": Reply(b"plain", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("reply", TRANSIENT.values(), ids=TRANSIENT)
def test_a_transient_failure_is_tried_again_and_its_wait_grows(reply: Reply) -> None:
    with driven(in_turn(reply, reply, reply, FINE)) as (transport, server, fake):
        assert json.loads(transport.send(ORDERS).body) == FINE.body
        assert len(server.seen) == 4
        assert all(low <= wait <= low + 1.01 for low, wait in zip([1, 2, 4], fake.slept, strict=True))
        assert transport.counters.throttled_seconds == 0


def test_transient_failures_end_after_their_tries() -> None:
    with driven(in_turn(Reply(b"<html>", 502)), transient_tries=5) as (transport, server, _):
        error = fails(transport)
        assert (error.failure, error.tries, len(server.seen)) == (Failure.TRANSIENT, 5, 5)
        assert "failed (transient, " in str(error) and "after 5 tries" in str(error)


def test_a_slow_answer_times_out_and_is_tried_again() -> None:
    first = threading.Event()

    def answer(_: Seen) -> Reply:
        if not first.is_set():
            first.set()
            time.sleep(0.6)
        return FINE

    with driven(answer, timeout_seconds=0.2) as (transport, server, _):
        transport.send(ORDERS)
        assert len(server.seen) == 2


def test_nobody_listening_is_transient_and_keeps_the_token_out_of_the_error() -> None:
    transport = Transport(
        connection=CONNECTION,
        base_url="http://127.0.0.1:9",
        dialect=Words(),
        limits=Limits(transient_tries=2),
        sleep=lambda _: None,
    )
    error = fails(transport)
    assert (error.failure, error.code, error.tries) == (Failure.TRANSIENT, "ConnectError", 2)


def test_signing_happens_anew_for_every_try() -> None:
    with driven(in_turn(Reply(b"", 503), FINE)) as (transport, server, _):
        transport.send(ORDERS)
        assert [seen.query["nonce"] for seen in server.seen] == [["1"], ["2"]]


@pytest.mark.parametrize("failure", [Failure.REDUCE, Failure.CONFIG, Failure.AUTH_DEAD])
def test_these_are_raised_at_once(failure: Failure) -> None:
    with driven(in_turn(complaint_of(failure))) as (transport, server, fake):
        error = fails(transport)
        assert (error.failure, error.tries) == (failure, 1)
        assert (len(server.seen), fake.slept) == (1, [])


def test_a_wrong_signing_key_is_named_with_its_remedy() -> None:
    with driven(in_turn(complaint_of(Failure.CONFIG, "error_sign", "Wrong sign.", status=403))) as (
        transport,
        _,
        _,
    ):
        assert str(fails(transport)).startswith(
            "siam/shopee/220011881: GET /api/v2/order/get_order_list failed (config, error_sign: Wrong sign.)"
            " after 1 try. Remedy: check the settings and secrets of siam/shopee/220011881"
        )


@pytest.mark.parametrize(("status", "failure"), [(403, Failure.CONFIG), (302, Failure.CONFIG)])
def test_a_status_the_dialect_has_no_word_for(status: int, failure: Failure) -> None:
    with driven(in_turn(Reply({}, status))) as (transport, _, _):
        error = fails(transport)
        assert (error.failure, error.code) == (failure, f"http_{status}")


@pytest.mark.parametrize(("offset", "word"), [(-600, "ahead of"), (600, "behind")])
def test_a_clock_ten_minutes_off_is_told(offset: int, word: str) -> None:
    date = {"Date": formatdate(time.time() + offset, usegmt=True)}
    late = complaint_of(Failure.CONFIG, "error_param", "Timestamp is expired.", headers=date)
    with driven(in_turn(late)) as (transport, _, _):
        remedy = fails(transport).remedy
        assert remedy.startswith("this machine's clock is ") and f" s {word} the platform's" in remedy
        assert 598 <= int(remedy.split("clock is ")[1].split()[0]) <= 602
        assert "NTP" in remedy


def test_a_right_clock_is_not_blamed() -> None:
    date = {"Date": formatdate(usegmt=True)}
    late = complaint_of(Failure.CONFIG, "error_param", "Timestamp is expired.", headers=date)
    with driven(in_turn(late)) as (transport, _, _):
        assert "clock" not in fails(transport).remedy


def test_a_page_of_100_mb_passes_without_many_copies() -> None:
    size = 100_000_000
    packed = gzip.compress(bytes(size), 1)

    class Big(Words):
        def complaint(self, status: int, headers: Any, body: bytes) -> None:
            return None

    reply = Reply(packed, headers={"Content-Encoding": "gzip"})
    with driven(in_turn(reply), dialect=Big()) as (transport, _, _):
        tracemalloc.start()
        answer = transport.send(ORDERS)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(answer.body) == size
        assert peak < 2.2 * size
        assert transport.counters.bytes_received == len(packed), "as sent over the wire"
