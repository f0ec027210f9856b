"""A flood of signed webhooks over HTTP to the receiver, which runs in a thread at this process's clock."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from marketing_assets.sandbox.pushes.wire import shopify_push
from marketing_assets.webhooks.app import receiver
from marketing_assets_tests.e2e.house import House

SENDERS = 16
RECENT_SECONDS = 3 * 86_400


@contextmanager
def receiving() -> Iterator[str]:
    """The receiver as `marketing webhooks serve` runs it; gives its address."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(receiver, factory=True, access_log=False, log_level="warning", proxy_headers=False)
    )
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


def flood(house: House, tenant: str, settings: Mapping[str, Any], at: datetime) -> str:
    """News of some orders of the last days, again and again, each message another; all must be taken."""
    world = house.sandbox.world
    store, now = world.storefronts[tenant], world.clock.as_of_seconds
    orders = list(store.touched(now - RECENT_SECONDS, now))[-settings["orders"] :]
    for order in orders:
        store.touch(order.order_id)
    with receiving() as url:
        address = f"{url}/webhooks/{tenant}/shopify"
        pushes = [
            shopify_push(store.shop, address, one, now, now - number)
            for number in range(settings["messages"])
            for one in [orders[number % len(orders)]]
        ]
        began = time.monotonic()
        answers = _send(url, [(p.url, p.headers, p.body) for p in pushes])
        seconds = time.monotonic() - began
    refused = {status: count for status, count in answers.items() if status != 200}
    assert not refused, f"the receiver answered {refused}"
    return f"{answers[200]} messages about {len(orders)} orders taken in {seconds:.0f} s"


def _send(url: str, messages: list[tuple[str, Mapping[str, str], bytes]]) -> dict[int, int]:
    """Post all of them over some connections; returns how often each status was answered."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port
    answers: dict[int, int] = {}
    lock = threading.Lock()

    def send(own: list[tuple[str, Mapping[str, str], bytes]]) -> None:
        connection = http.client.HTTPConnection(host, port, timeout=60)
        for address, headers, body in own:
            status = 503
            while status == 503:  # what a platform does: it comes again
                connection.request("POST", urlsplit(address).path, body, dict(headers))
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            with lock:
                answers[status] = answers.get(status, 0) + 1
        connection.close()

    threads = [threading.Thread(target=send, args=(messages[n::SENDERS],)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
