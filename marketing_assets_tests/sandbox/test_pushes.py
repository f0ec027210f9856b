"""What the sandbox pushes: signed as the platforms sign, at least once, some twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import orjson
import pytest

from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.server import Sandbox

CLIENT = httpx.Client(timeout=60)
AS_OF = datetime(2026, 11, 12, 4, 30, tzinfo=UTC)


@dataclass
class Listener:
    """An address that is pushed to, which fails as often as told first."""

    failures: int = 0
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def serve(self) -> ThreadingHTTPServer:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
                listener.failures -= 1
                self.send_response(500 if listener.failures >= 0 else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


@dataclass
class Pushing:
    sandbox: Sandbox
    listener: Listener
    url: str

    def to(self, tenant: str, platform: str) -> None:
        target = {"tenant": tenant, "platform": platform, "url": self.url}
        CLIENT.put(f"{self.sandbox.control_url}/_world/pushes", json=[target]).raise_for_status()

    def control(self, path: str, body: object) -> dict[str, object]:
        answer: dict[str, object] = CLIENT.post(f"{self.sandbox.control_url}/_world/{path}", json=body).json()
        return answer

    def settled(self) -> dict[str, int]:
        """What was pushed, when nothing waits any more."""
        end = time.monotonic() + 60
        while True:
            told: dict[str, int] = CLIENT.get(f"{self.sandbox.control_url}/_world/pushes").json()
            if told["changes"] and not told["waiting"]:
                return told
            assert time.monotonic() < end, told
            time.sleep(0.05)


@pytest.fixture(scope="module")
def own() -> Iterator[Sandbox]:
    with Sandbox(7, AS_OF, port=0) as sandbox:
        sandbox.world.settings.update({"push_retry_seconds": 0.05, "push_duplicates": 0})
        yield sandbox


@pytest.fixture
def pushing(own: Sandbox) -> Iterator[Pushing]:
    listener = Listener()
    server = listener.serve()
    yield Pushing(own, listener, f"http://127.0.0.1:{server.server_port}/hooks?of=1")
    own.courier.replace([])
    own.world.settings.update({"push_duplicates": 0})
    own.world.book.clear()
    server.shutdown()


def test_a_new_order_is_pushed_as_shopee_signs(pushing: Pushing) -> None:
    pushing.to("siam", "shopee")
    order = pushing.control("orders/siam", {"created": "2026-11-01T09:00:00+07:00"})["order_sn"]
    assert pushing.settled()["answered"] == 1
    [(headers, body)] = pushing.listener.came
    told = orjson.loads(body)
    assert (told["code"], told["shop_id"]) == (3, 220011881)
    assert (told["data"]["ordersn"], told["data"]["status"]) == (order, "READY_TO_SHIP")
    assert abs(told["timestamp"] - time.time()) < 60
    key = TENANTS["siam"].shopee.partner_key.encode()
    text = f"{pushing.url}|".encode() + body
    assert headers["authorization"] == hmac.new(key, text, hashlib.sha256).hexdigest()


def test_a_touched_order_is_pushed_as_shopify_signs(pushing: Pushing) -> None:
    store = pushing.sandbox.world.storefronts["northwind"]
    order = min(
        store.created(int(AS_OF.timestamp()) - 9 * 86_400, int(AS_OF.timestamp())), key=lambda o: o.created
    )
    pushing.to("northwind", "shopify")
    pushing.control("storefront/northwind", {"order_id": order.order_id})
    pushing.settled()
    [(headers, body)] = pushing.listener.came
    told = orjson.loads(body)
    assert told["id"] == order.order_id
    assert datetime.fromisoformat(told["created_at"]).timestamp() == order.created
    assert datetime.fromisoformat(told["updated_at"]) == AS_OF
    assert (headers["x-shopify-topic"], headers["x-shopify-shop-domain"]) == (
        "orders/updated",
        "northwind-gifts.myshopify.com",
    )
    key = TENANTS["northwind"].shopify.client_secret.encode()  # type: ignore[union-attr]
    digest = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
    assert headers["x-shopify-hmac-sha256"] == digest


def test_it_is_sent_again_until_it_is_taken_and_some_is_sent_twice(pushing: Pushing) -> None:
    pushing.to("siam", "shopee")
    pushing.listener.failures = 3
    pushing.control("orders/siam", {"created": "2026-11-02T09:00:00+07:00"})
    told = pushing.settled()
    assert (told["changes"], told["refused"], told["answered"]) == (1, 3, 1)
    pushing.sandbox.world.settings.update({"push_duplicates": 1})
    pushing.to("siam", "shopee")
    pushing.listener.came.clear()
    pushing.control("orders/siam", {"created": "2026-11-03T09:00:00+07:00"})
    pushing.settled()
    bodies = [body for _, body in pushing.listener.came]
    assert len(bodies) == 2 * len(set(bodies))


def test_time_that_goes_on_pushes_what_happened_in_it(pushing: Pushing) -> None:
    pushing.to("siam", "shopee")
    later = AS_OF.replace(hour=6)
    pushing.control("clock", {"as_of": later.isoformat()})
    pushing.settled()
    pushed = {orjson.loads(body)["data"]["ordersn"] for _, body in pushing.listener.came}
    first, last = int(AS_OF.timestamp()), int(later.timestamp())
    happened = {order.sn for order in pushing.sandbox.world.touched("siam", first, last)}
    assert len(happened) > 2
    assert pushed >= happened


def test_a_shop_that_does_not_exist(pushing: Pushing) -> None:
    url = f"{pushing.sandbox.control_url}/_world/pushes"
    answer = CLIENT.put(url, json=[{"tenant": "siam", "platform": "shopify", "url": "http://x"}])
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "tenant 'siam' has no shop on 'shopify' that pushes",
    )
