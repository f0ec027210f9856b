"""The receiver as a process: killed under load it lost nothing that it took, and its log tells no body."""

from __future__ import annotations

import itertools
import random
import re
import signal
import socket
import time
import uuid
from collections import Counter
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from marketing_assets.alerts.chart_files import charts_folder
from marketing_assets.settings import Settings
from marketing_assets.webhooks.body import MOST_BODY
from marketing_assets.webhooks.inbox import INBOX, Inbox
from marketing_assets_tests.webhooks.serving import Senders, Served, serving
from marketing_assets_tests.webhooks.signing import KEYS, shopee, shopify, signed_shopify

pytestmark = pytest.mark.xdist_group("webhooks")

MARK = "SECRETBODYMARK"


def kept(settings: Settings) -> dict[int, int]:
    """How often each order stands in the inbox."""
    inbox = Inbox(settings)
    with inbox.engine.connect() as connection:
        counted = sa.select(INBOX.c.order_id, sa.func.count()).group_by(INBOX.c.order_id)
        found = {int(order): int(times) for order, times in connection.execute(counted)}
    inbox.close()
    return found


def test_killed_under_load_it_keeps_all_that_it_took_once(settings: Settings, tmp_path: Path) -> None:
    numbers, chance = itertools.count(1), random.Random()
    taken: set[int] = set()
    sent: set[int] = set()
    for _ in range(2):
        with (
            serving(settings, tmp_path / "log") as served,
            Senders(served.port, numbers, taken, sent),
        ):
            moment = chance.uniform(0.2, 1.5)
            time.sleep(moment)
            served.process.send_signal(signal.SIGKILL)
        found = kept(settings)
        assert taken <= found.keys(), f"killed after {moment:.3f} s"
        assert set(found.values()) == {1}
    assert len(taken) > 50
    with serving(settings, tmp_path / "log") as served:
        unanswered = sorted(sent - taken)
        again = [*unanswered, *sorted(taken)[:50]]
        url = f"{served.url}/webhooks/northwind/shopify"
        answers = {httpx.post(url, content=b, headers=h).status_code for h, b in map(shopify, again)}
        assert answers == {200}
        found = kept(settings)
        assert found == dict.fromkeys(sent, 1), "the platform sends again what was not answered"
        serves_charts_and_nothing_else(served, settings)
        refuses_without_a_trace(served, settings)


def serves_charts_and_nothing_else(served: Served, settings: Settings) -> None:
    """As LINE fetches the image of an alert: by the message's key, which nobody guesses."""
    folder = charts_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{uuid.uuid4()}.png"
    (folder / name).write_bytes(b"\x89PNG picture")
    (folder / "notes.png").write_bytes(b"mine")
    got = httpx.get(f"{served.url}/charts/{name}")
    assert (got.status_code, got.headers["content-type"], got.content) == (
        200,
        "image/png",
        b"\x89PNG picture",
    )
    others = [f"{uuid.uuid4()}.png", "notes.png", "", "..%2Fwebhooks.sqlite", "%2e%2e/webhooks.sqlite", "x/y"]
    assert [httpx.get(f"{served.url}/charts/{other}").status_code for other in others] == [404] * len(others)
    assert httpx.get(f"{served.url}/state/charts/{name}").status_code == 404
    assert httpx.post(f"{served.url}/charts/{name}").status_code == 405


def refuses_without_a_trace(served: Served, settings: Settings) -> None:
    """Refused requests, each with a mark in its body, its headers and its path."""
    before = kept(settings)
    shopify_url = f"{served.url}/webhooks/northwind/shopify"
    shopee_url = f"{served.url}/webhooks/northwind/shopee"
    marked = {"X-Mark": MARK}
    good, body = shopify(1, note=MARK)
    large = b'{"id":1,"x":"' + MARK.encode() * (MOST_BODY // 10) + b'"}'
    cases = {
        401: [
            (shopify_url, marked, body),
            (shopify_url, {**good, "X-Shopify-Hmac-Sha256": MARK}, body),
            (shopify_url, *shopify(1, key=KEYS["siam_shopee"], note=MARK)),
            (shopee_url, *shopee(shopee_url, MARK, at=time.time() - 10 * 86_400)),
        ],
        400: [
            (shopify_url, *signed_shopify(f'{{"id": "{MARK}"'.encode())),
            (shopify_url, *signed_shopify(f'{{"id": "{MARK}"}}'.encode())),
            (shopee_url, *shopee(shopee_url, f"{MARK} <buyer@example.com>")),
        ],
        404: [
            (f"{served.url}/webhooks/{MARK}/shopify", good, body),
            (f"{served.url}/webhooks/siam/shopify", good, body),
            (shopee_url, *shopee(shopee_url, MARK, shop="220011881")),
        ],
        413: [(shopify_url, *signed_shopify(large))],
    }
    for status, requests in cases.items():
        for url, headers, content in requests:
            answer = httpx.post(url, headers={**headers, **marked}, content=content)
            assert answer.status_code == status, (url, answer.text)
            assert MARK not in answer.text
    # A length that lies, and no HTTP at all.
    head = f"POST /webhooks/northwind/shopify HTTP/1.1\r\nHost: x\r\nX-Mark: {MARK}\r\n"
    for raw in (
        f"{head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n{MARK}",
        f"{head}Content-Length: 99999999999999999999\r\n\r\n{MARK}",
        f"{head}Transfer-Encoding: chunked\r\n\r\n" + f"fffff\r\n{'x' * 0xFFFFF}\r\n" * 2,
        f"{MARK}\r\n\r\n{MARK}",
    ):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as plain:
            plain.sendall(raw.encode())
            assert plain.recv(100).startswith(b"HTTP/1.1 4"), raw[:200]
    assert kept(settings) == before
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(20)
    said = served.said()
    assert MARK not in said and "buyer@" not in said and "Traceback" not in said, said
    # On a slow machine the requests fall into several reports.
    told: Counter[str] = Counter()
    for times, what in re.findall(r"refused (\d+) requests of (.+)", said):
        told[what] += int(times)
    assert told["northwind/shopify: malformed"] == 2
    assert told["northwind/shopify: unsigned"] == 2
    assert told["northwind/shopify: wrong signature"] == 1
    assert told["northwind/shopee: stale"] == 1
    assert not any(key in said for key in KEYS.values())
