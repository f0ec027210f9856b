"""How the transport waits for a platform that asks for less."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate

import pytest

from marketing_assets.platforms.http import Call, Failure
from marketing_assets.platforms.meta_ads.usage import used_share
from marketing_assets_tests.platforms.scripted import (
    FINE,
    ORDERS,
    Reply,
    Seen,
    complaint_of,
    driven,
    fails,
    in_turn,
)


def test_a_short_throttle_behind_http_200_waits_one_to_ten_seconds() -> None:
    script = in_turn(complaint_of(Failure.THROTTLE_SHORT, "error_rate_limit"), FINE)
    with driven(script) as (transport, server, fake):
        transport.send(ORDERS)
        assert len(server.seen) == 2
        assert 1 <= sum(fake.slept) <= 10.1
        assert transport.counters.retries == 1
        assert transport.counters.throttled_seconds == pytest.approx(sum(fake.slept), abs=0.01)


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "7"},
        # The local clock is far from the platform's: the date counts against the platform's own `Date`.
        {"Retry-After": formatdate(1_000_007, usegmt=True), "Date": formatdate(1_000_000, usegmt=True)},
    ],
    ids=["seconds", "date against Date"],
)
def test_retry_after_is_honoured(headers: dict[str, str]) -> None:
    throttled = Reply({}, status=429, headers=headers)
    with driven(in_turn(throttled, FINE)) as (transport, _, fake):
        transport.send(ORDERS)
        assert 5 <= fake.slept[0] <= 8


def test_a_retry_after_date_without_a_date_header_counts_from_the_local_clock() -> None:
    throttled = Reply({}, status=429, headers={"Retry-After": formatdate(time.time() + 60, usegmt=True)})
    with driven(in_turn(throttled, FINE)) as (transport, _, fake):
        transport.send(ORDERS)
        assert 50 <= fake.slept[0] <= 61


def test_the_time_given_in_the_body_comes_before_the_header() -> None:
    body = {"failure": "throttle-long", "error": "80000", "message": "slow down", "wait": 300}
    with driven(in_turn(Reply(body, 400, {"Retry-After": "7"}), FINE)) as (transport, _, fake):
        transport.send(ORDERS)
        assert fake.slept[0] == 300


def test_a_short_throttle_ends_after_its_tries() -> None:
    with driven(in_turn(complaint_of(Failure.THROTTLE_SHORT)), throttle_tries=3) as (transport, server, _):
        error = fails(transport)
        assert (error.failure, error.tries, len(server.seen)) == (Failure.THROTTLE_SHORT, 3, 3)


def test_a_long_throttle_past_the_deadline_says_when_it_may_go_on() -> None:
    body = {"failure": "throttle-long", "error": "80000", "message": "slow down", "wait": 1800}
    with driven(in_turn(Reply(body, 400)), deadline_seconds=600) as (transport, _, fake):
        error = fails(transport)
        again = time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() + 1800))
        assert error.failure is Failure.THROTTLE_LONG
        assert error.wait_seconds == 1800
        assert f"lets calls through again at {again}" in str(error)
        assert fake.slept == []


def test_a_long_throttle_without_a_time_waits_minutes_until_the_deadline() -> None:
    script = in_turn(complaint_of(Failure.THROTTLE_LONG))
    with driven(script, deadline_seconds=900) as (transport, server, fake):
        assert fails(transport).failure is Failure.THROTTLE_LONG
        assert 60 <= fake.slept[0] <= 71
        assert len(server.seen) == 4
        assert sum(fake.slept) <= 900


def test_a_throttle_holds_every_thread_of_the_connection() -> None:
    throttled_at: list[float] = []
    later: list[float] = []
    lock = threading.Lock()

    def answer(seen: Seen) -> Reply:
        with lock:
            if seen.path == "/hit" and not throttled_at:
                throttled_at.append(time.monotonic())
                return complaint_of(Failure.THROTTLE_SHORT, headers={"Retry-After": "0.4"})
            if throttled_at:
                later.append(time.monotonic() - throttled_at[0])
        return FINE

    with driven(answer, real_time=True, concurrency=4) as (transport, _, _):
        list(transport.map(transport.send, [Call("GET", "/hit")] + [Call("GET", "/other")] * 12))
    # Up to three calls were under way when the complaint came in; the rest waited.
    assert sum(moment < 0.39 for moment in later) <= 6
    assert sum(moment >= 0.39 for moment in later) >= 6


def test_usage_headers_of_a_success_hold_back_the_next_call() -> None:
    with driven(in_turn(Reply({}, headers={"X-Pause": "45"}), FINE)) as (transport, _, fake):
        transport.send(ORDERS)
        assert fake.slept == []
        transport.send(ORDERS)
        assert sum(fake.slept) == pytest.approx(45, abs=0.1)
        assert transport.counters.throttled_seconds == pytest.approx(45, abs=0.1)


def test_a_pause_longer_than_the_deadline_is_an_error_not_a_hang() -> None:
    script = in_turn(Reply({}, headers={"X-Pause": "7200"}), FINE)
    with driven(script, deadline_seconds=60) as (transport, server, fake):
        transport.send(ORDERS)
        error = fails(transport)
        assert (error.failure, error.tries) == (Failure.THROTTLE_LONG, 0)
        assert (fake.slept, len(server.seen)) == ([], 1)


def test_a_spent_day_quota_stops_the_connection_until_it_is_renewed() -> None:
    body = {"failure": "quota-day", "error": "error_limit", "message": "daily cap", "wait": 3600}
    with driven(in_turn(Reply(body), FINE)) as (transport, server, fake):
        assert fails(transport).failure is Failure.QUOTA_DAY
        error = fails(transport, Call("GET", "/other"))
        assert (error.failure, error.code, error.path, error.tries) == (
            Failure.QUOTA_DAY,
            "error_limit",
            "/other",
            0,
        )
        assert len(server.seen) == 1
        fake.sleep(3601)
        transport.send(ORDERS)


def test_the_peak_of_metas_usage_is_counted_also_of_refusals() -> None:
    def used(percent: int) -> dict[str, str]:
        return {"X-App-Usage": f'{{"call_count": {percent}, "total_cputime": 3, "total_time": 2}}'}

    refused = complaint_of(Failure.THROTTLE_SHORT, headers=used(97))
    script = in_turn(Reply(FINE.body, headers=used(40)), refused, Reply(FINE.body, headers=used(12)))
    with driven(script, usage=used_share) as (transport, _, _):
        assert transport.counters.quota_used == 0
        transport.send(ORDERS)
        assert transport.counters.quota_used == 0.4
        transport.send(ORDERS)
        assert transport.counters.quota_used == 0.97
