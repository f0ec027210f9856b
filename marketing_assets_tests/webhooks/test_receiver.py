"""The receiver's answers: what it takes, what it refuses, and that no message makes it fail."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.webhooks.body import MOST_BODY, Bodies
from marketing_assets.webhooks.inbox import INBOX, Inbox, Message
from marketing_assets.webhooks.judge import TOLERANCE_SECONDS
from marketing_assets_tests.webhooks.calling import Caller
from marketing_assets_tests.webhooks.signing import KEYS, shopee, shopify, signed_shopee, signed_shopify

SHOPEE, SHOPIFY = "/webhooks/northwind/shopee", "/webhooks/northwind/shopify"
SHOPEE_URL = f"https://hooks.example.com{SHOPEE}"


def kept(inbox: Inbox, order: str) -> list[sa.RowMapping]:
    with inbox.engine.connect() as connection:
        return list(connection.execute(sa.select(INBOX).where(INBOX.c.order_id == order)).mappings())


def count(inbox: Inbox) -> int:
    with inbox.engine.connect() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(INBOX)) or 0)


def test_a_message_is_kept_as_ids_and_instants_alone(caller: Caller, inbox: Inbox) -> None:
    answer = caller.post(SHOPIFY, *shopify(820982911946154508))
    assert (answer.status, answer.body) == (200, b"")
    [row] = kept(inbox, "820982911946154508")
    assert (row["tenant"], row["platform"], row["account"]) == ("northwind", "shopify", "northwind-gifts")
    assert (row["topic"], row["created_at"], row["updated_at"]) == (
        "orders/updated",
        1794371400.0,
        1794376800.0,
    )
    assert abs(row["received_at"] - time.time()) < 60
    assert "ploy" not in repr(dict(row))


def test_a_shop_is_told_by_path_or_by_message(caller: Caller, inbox: Inbox) -> None:
    assert caller.post(SHOPEE, *shopee(SHOPEE_URL, "261110AAAA0001")).status == 200
    own = f"{SHOPEE}/330022771"
    assert caller.post(own, *shopee(f"https://hooks.example.com{own}", "261110AAAA0002")).status == 200
    assert [kept(inbox, f"261110AAAA000{n}")[0]["account"] for n in (1, 2)] == ["330022771"] * 2


def test_a_message_that_comes_again_is_kept_once(caller: Caller, inbox: Inbox) -> None:
    headers, body = shopify(7001)
    again = {**headers, "X-Shopify-Webhook-Id": "another", "X-Shopify-Triggered-At": "2030-01-01T00:00:00Z"}
    at_once = caller.at_once([(SHOPIFY, headers, body)] * 5)
    assert [answer.status for answer in [*at_once, caller.post(SHOPIFY, again, body)]] == [200] * 6
    [row] = kept(inbox, "7001")
    inbox.settle("northwind", "shopify", INBOX.c.id == row["id"])
    assert caller.post(SHOPIFY, again, body).status == 200
    assert kept(inbox, "7001") == [], "what was dealt with is remembered"


@pytest.mark.parametrize("late", [-TOLERANCE_SECONDS - 60, TOLERANCE_SECONDS + 60])
def test_a_message_of_another_time_is_refused(caller: Caller, inbox: Inbox, late: float) -> None:
    answer = caller.post(SHOPEE, *shopee(SHOPEE_URL, "261110STALE01", at=time.time() + late))
    assert (answer.status, answer.body) == (401, b"stale")
    assert kept(inbox, "261110STALE01") == []


@pytest.mark.parametrize(
    ("path", "request_", "status", "word"),
    [
        (SHOPIFY, ({}, b"{}"), 401, b"unsigned"),
        (SHOPIFY, shopify(1, key="guessed"), 401, b"wrong signature"),
        (SHOPIFY, shopify(1, key=KEYS["siam_shopee"]), 401, b"wrong signature"),
        (SHOPIFY, signed_shopify(b'{"id": 1'), 400, b"malformed"),
        (SHOPIFY, signed_shopify(b"\xff\xfe"), 400, b"malformed"),
        (SHOPIFY, signed_shopify(b'{"id":' + b"[" * 100_000), 400, b"malformed"),
        (SHOPEE, shopee("https://elsewhere.example.com/x", "1"), 401, b"wrong signature"),
        (SHOPEE, shopee(SHOPEE_URL, "1", key=KEYS["siam_shopee"]), 401, b"wrong signature"),
        (SHOPEE, shopee(SHOPEE_URL, "1", shop="220011881"), 404, b"unknown account"),
        ("/webhooks/siam/shopify", shopify(1), 404, b"unknown address"),
        ("/webhooks/nobody/shopify", shopify(1), 404, b"unknown address"),
        ("/webhooks/northwind/amazon", shopify(1), 404, b"unknown address"),
        ("/", shopify(1), 404, b"unknown address"),
    ],
)
def test_refusals(
    caller: Caller, inbox: Inbox, path: str, request_: tuple[dict[str, str], bytes], status: int, word: bytes
) -> None:
    before = count(inbox)
    answer = caller.post(path, *request_)
    assert (answer.status, answer.body) == (status, word)
    assert count(inbox) == before


def test_other_methods(caller: Caller) -> None:
    answer = caller.post(SHOPIFY, {}, b"", method="GET")
    assert (answer.status, answer.headers[b"allow"]) == (405, b"POST")
    assert caller.post("/health", {}, b"", method="GET").status == 200


def test_a_body_is_refused_as_soon_as_it_is_too_large(caller: Caller) -> None:
    headers, body = signed_shopify(b'{"id":1,"x":"' + b"y" * MOST_BODY + b'"}')
    taken = []

    def parts() -> list[bytes]:
        return [body[start : start + 65_536] for start in range(0, len(body), 65_536)]

    for declared in ({}, {"Content-Length": "10"}):
        answer = caller.post(SHOPIFY, {**headers, **declared}, parts())
        taken.append((answer.status, answer.headers[b"connection"]))
    assert taken == [(413, b"close")] * 2
    assert caller.post(SHOPIFY, {**headers, "Content-Length": "9" * 30}, b"").status == 413
    assert (
        caller.post(SHOPIFY, *signed_shopify(b"{" + b" " * (MOST_BODY - 2) + b"}", topic="x")).status == 200
    )


def test_bodies_that_together_are_too_much_and_slow_ones_are_turned_away(caller: Caller) -> None:
    usual = caller.app._bodies
    assert usual.held == 0, "what was refused is not held"
    try:
        caller.app._bodies = Bodies(most_held=1_000)
        answer = caller.post(SHOPIFY, *signed_shopify(b" " * 1_001))
        assert (answer.status, answer.headers[b"retry-after"]) == (503, b"5")
        caller.app._bodies = Bodies(seconds=0.05)
        assert caller.post(SHOPIFY, {}, []).status == 408
        assert caller.app._bodies.held == 0
    finally:
        caller.app._bodies = usual


def test_more_than_the_writer_takes_is_turned_away_and_what_was_answered_is_kept(
    caller: Caller, inbox: Inbox
) -> None:
    caller.app._writer._most, usual = 3, caller.app._writer._most
    try:
        answers = caller.at_once([(SHOPIFY, *shopify(9_000 + n)) for n in range(40)])
    finally:
        caller.app._writer._most = usual
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {200, 503}
    assert all(a.headers[b"retry-after"] == b"5" for a in answers if a.status == 503)
    assert [len(kept(inbox, f"{9_000 + n}")) for n in range(40)] == [int(s == 200) for s in statuses]


def test_an_inbox_that_cannot_be_written_is_no_success(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    def full(messages: Sequence[Message]) -> None:
        raise sa.exc.OperationalError("insert …", [message.order_id for message in messages], OSError("full"))

    caller.app._writer._put, usual = full, caller.app._writer._put
    try:
        assert caller.post(SHOPIFY, *shopify(8001)).status == 503
    finally:
        caller.app._writer._put = usual
    assert "a message cannot be kept: OSError" in caplog.text
    assert "8001" not in caplog.text
    assert caller.post(SHOPIFY, *shopify(8001)).status == 200, "the writer goes on"


values = st.binary(max_size=80)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
known = st.sampled_from(
    ["id", "order_id", "created_at", "updated_at", "code", "timestamp", "data", "ordersn", "shop_id"]
)
bodies = st.binary(max_size=200) | st.dictionaries(known, jsons, max_size=6).map(
    lambda told: json.dumps(told).encode()
)


@given(
    path=st.sampled_from([SHOPEE, SHOPIFY, f"{SHOPEE}/1", "/webhooks", "/health"]) | st.text(max_size=40),
    headers=st.dictionaries(
        st.sampled_from(
            ["authorization", "x-shopify-hmac-sha256", "x-shopify-topic", "content-length", "host", "x"]
        ),
        values,
        max_size=6,
    ),
    body=bodies,
    query=values,
)
def test_whatever_comes_unsigned_is_refused_and_never_an_error(
    caller: Caller, inbox: Inbox, path: str, headers: dict[str, bytes], body: bytes, query: bytes
) -> None:
    before = count(inbox)
    assert caller.post(path, headers, body, query=query).status in {400, 401, 404, 405, 413}
    assert count(inbox) == before


@given(
    body=bodies,
    topic=st.sampled_from(["orders/create", "refunds/create", "shop/update"]) | st.text(max_size=70),
    shop=st.just(b"northwind-gifts.myshopify.com") | values,
    platform=st.sampled_from([SHOPEE, SHOPIFY]),
)
def test_whatever_comes_signed_is_taken_or_refused_and_never_an_error(
    caller: Caller, body: bytes, topic: str, shop: bytes, platform: str
) -> None:
    headers, _ = signed_shopify(body) if platform == SHOPIFY else signed_shopee(SHOPEE_URL, body)
    told = {"X-Shopify-Topic": topic.encode(), "X-Shopify-Shop-Domain": shop}
    assert caller.post(platform, {**headers, **told}, body).status in {200, 400, 401, 404}
