"""A running sandbox, and a seller's client that speaks the bare protocol on its own."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from marketing_assets.sandbox.server import Sandbox

AS_OF = date(2026, 11, 20)
SEED = 7

OPTIONAL_FIELDS = (
    "buyer_user_id,buyer_username,estimated_shipping_fee,recipient_address,actual_shipping_fee,item_list,pay_time,"
    "cancel_by,cancel_reason,fulfillment_flag,package_list,payment_method,total_amount,invoice_data,"
    "checkout_shipping_carrier,order_chargeable_weight_gram"
)


class Seller:
    """Signs by the reference, knows nothing of the sandbox's own code."""

    def __init__(self, credentials: dict[str, Any], http: httpx.Client) -> None:
        self.__dict__.update(credentials)
        self.credentials = credentials
        self.http = http

    def signed(self, path: str, timestamp: int, token: str = "", shop: str = "") -> dict[str, Any]:
        known = self.credentials
        base = f"{known['partner_id']}/api/v2/{path}{timestamp}{token}{shop}"
        sign = hmac.new(known["partner_key"].encode(), base.encode(), hashlib.sha256).hexdigest()
        query = {"partner_id": known["partner_id"], "timestamp": timestamp, "sign": sign}
        return {**query, "access_token": token, "shop_id": shop} if token else query

    def query(self, path: str, timestamp: int | None = None) -> dict[str, Any]:
        moment = int(time.time()) if timestamp is None else timestamp
        return self.signed(path, moment, self.credentials["access_token"], str(self.credentials["shop_id"]))

    def url(self, path: str) -> str:
        return f"{self.credentials['base_url']}/api/v2/{path}"

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.http.get(self.url(path), params={**self.query(path), **parameters})

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.http.post(self.url(path), params=self.query(path), json=body)

    def post_public(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.http.post(self.url(path), params=self.signed(path, int(time.time())), json=body)

    def listed(self, field: str, first: int, last: int, size: int = 100, **more: Any) -> list[dict[str, Any]]:
        """All pages of one window, as they came."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            asked = {"time_range_field": field, "time_from": first, "time_to": last, "page_size": size}
            answer = self.get("order/get_order_list", **asked, cursor=cursor, **more).json()
            assert answer["error"] == "", answer
            rows += answer["response"]["order_list"]
            if not answer["response"]["more"]:
                return rows
            cursor = answer["response"]["next_cursor"]

    def details(self, numbers: list[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for start in range(0, len(numbers), 50):
            asked = {"order_sn_list": ",".join(numbers[start : start + 50])}
            answer = self.get("order/get_order_detail", **asked, response_optional_fields=OPTIONAL_FIELDS)
            rows += answer.json()["response"]["order_list"]
        return rows

    def incomes(self, numbers: list[str]) -> dict[str, dict[str, Any]]:
        """``order_income`` by order number."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(numbers), 50):
            answer = self.post(
                "payment/get_escrow_detail_batch", {"order_sn_list": numbers[start : start + 50]}
            )
            for row in answer.json()["response"]:
                found[row["escrow_detail"]["order_sn"]] = row["escrow_detail"]["order_income"]
        return found


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Shared by the tests that leave it as it was; they may call as fast as they can."""
    with Sandbox(seed=SEED, as_of=AS_OF, port=0) as running:
        running.world.settings.update({"shopee_requests_per_second": 10_000, "shopee_burst": 10_000})
        yield running


@pytest.fixture
def own_sandbox() -> Iterator[Sandbox]:
    """For tests that switch, place or amend something."""
    with Sandbox(seed=SEED, as_of=AS_OF, port=0) as running:
        yield running


Sellers = Callable[[Sandbox, str], Seller]


@pytest.fixture
def seller_of(http: httpx.Client) -> Sellers:
    """``seller_of(sandbox, tenant)``: a seller with a consent of its own."""

    def seller(running: Sandbox, tenant: str) -> Seller:
        known = http.get(f"{running.control_url}/_world/credentials").json()
        return Seller(known[tenant]["shopee"], http)

    return seller


@pytest.fixture
def siam(sandbox: Sandbox, seller_of: Sellers) -> Seller:
    return seller_of(sandbox, "siam")


@pytest.fixture
def now(sandbox: Sandbox) -> int:
    """The world's now in Unix seconds."""
    return int(sandbox.world.clock.as_of.timestamp())
