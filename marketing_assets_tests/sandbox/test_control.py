"""The control port and the server around it."""

import signal
import subprocess
import sys
import time
from typing import Any

import httpx
import pytest

from marketing_assets.sandbox.server import PortInUse, Sandbox
from marketing_assets_tests.sandbox.conftest import SEED, Sellers


def place(running: Sandbox, tenant: str, wish: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.post(f"{running.control_url}/_world/orders/{tenant}", json=wish)
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


def test_health_tells_seed_and_date(sandbox: Sandbox) -> None:
    health = httpx.get(f"{sandbox.control_url}/_world/health").json()
    assert health == {"status": "ok", "seed": SEED, "as_of": "2026-11-20T23:59:59+00:00"}


def test_every_tenant_has_credentials_for_every_platform(sandbox: Sandbox) -> None:
    known = httpx.get(f"{sandbox.control_url}/_world/credentials").json()
    assert set(known) == {"siam", "northwind"}
    for tenant, platforms in known.items():
        theirs = {n: url for n, url in sandbox.urls.items() if n != "shopify" or tenant == "northwind"}
        assert {name: platforms[name]["base_url"] for name in platforms} == theirs
    assert not known["siam"]["shopee"]["base_url"].endswith("/")


def test_the_clock_can_be_moved(own_sandbox: Sandbox) -> None:
    url = f"{own_sandbox.control_url}/_world/clock"
    moved = httpx.post(url, json={"as_of": "2026-11-21T04:00:00+07:00", "offset_seconds": -60}).json()
    assert moved["as_of"] == "2026-11-20T21:00:00+00:00"
    assert abs(moved["now"] + 60 - time.time()) < 5
    following = httpx.post(url, json={"as_of": None}).json()
    assert not following["stands_still"]
    assert httpx.post(url, json={"as_of": "yesterday"}).status_code == 400


def test_anomalies_are_listed_in_order(sandbox: Sandbox) -> None:
    rows = httpx.get(
        f"{sandbox.control_url}/_world/anomalies", params={"from": "2026-08-01", "to": "2026-11-20"}
    ).json()
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert {row["tenant"] for row in rows} == {"siam", "northwind"}
    assert {"order_outage", "revenue_spike", "price_error", "return_wave"} <= {row["kind"] for row in rows}


def test_requests_are_counted_without_secrets(own_sandbox: Sandbox, seller_of: Sellers) -> None:
    seller = seller_of(own_sandbox, "siam")
    for _ in range(3):
        seller.get("shop/get_shop_info")
    report = httpx.get(f"{own_sandbox.control_url}/_world/requests").json()
    assert report["counts"] == [
        {
            "platform": "shopee",
            "path": "/api/v2/shop/get_shop_info",
            "tenant": "siam",
            "status": 200,
            "count": 3,
        }
    ]
    assert seller.credentials["access_token"] not in str(report)
    assert "sign" not in report["latest"][0]["query"]
    assert httpx.delete(f"{own_sandbox.control_url}/_world/requests").json()["total"] == 0


def test_a_placed_order_is_listed_and_counted(own_sandbox: Sandbox, seller_of: Sellers) -> None:
    wish = {
        "created": "2026-11-01T23:59:30+07:00",
        "lines": [{"quantity": 2, "list_price": "129.50", "paid_price": "100.25"}],
        "buyer_name": "พลอย 🌸",
        "message": "ขอบคุณค่ะ 🙏",
    }
    asked = {"tenant": "siam", "platform": "shopee", "from": "2026-11-01", "to": "2026-11-01"}
    url = f"{own_sandbox.control_url}/_world/truth"
    before = httpx.get(url, params=asked).json()[0]
    placed = place(own_sandbox, "siam", wish)
    after = httpx.get(url, params=asked).json()[0]
    assert (after["orders"], after["units"]) == (before["orders"] + 1, before["units"] + 2)
    assert round(float(after["revenue"]) - float(before["revenue"]), 2) == 200.50
    seller = seller_of(own_sandbox, "siam")
    now = int(own_sandbox.world.clock.as_of.timestamp())
    assert placed["order_sn"] in {row["order_sn"] for row in seller.listed("update_time", now - 60, now)}
    assert seller.details([placed["order_sn"]])[0]["message_to_seller"] == "ขอบคุณค่ะ 🙏"


def test_a_placed_order_may_break_the_contract(own_sandbox: Sandbox, seller_of: Sellers) -> None:
    wish = {
        "currency": "XAU",
        "wire": {"brand_new_field": {"deep": [1]}, "create_time": None},
        "wire_item": {"model_original_price": "abc"},
        "in_truth": False,
    }
    sn = place(own_sandbox, "northwind", wish)["order_sn"]
    order = seller_of(own_sandbox, "northwind").details([sn])[0]
    assert (order["currency"], order["create_time"]) == ("XAU", None)
    assert order["brand_new_field"] == {"deep": [1]}
    assert order["item_list"][0]["model_original_price"] == "abc"


def test_an_order_can_be_returned_and_all_be_forgotten(own_sandbox: Sandbox, seller_of: Sellers) -> None:
    sn = place(own_sandbox, "siam", {"lines": [{"quantity": 3, "list_price": 10}]})["order_sn"]
    place(own_sandbox, "siam", {"order_sn": sn, "amend": True, "returned": True})
    seller = seller_of(own_sandbox, "siam")
    assert seller.details([sn])[0]["item_list"][0]["returned_qty"] == 3
    assert seller.incomes([sn])[sn]["seller_return_refund"] == -30.0
    httpx.delete(f"{own_sandbox.control_url}/_world/orders")
    assert seller.get("order/get_order_detail", order_sn_list=sn).json()["error"] == "error_not_found"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "truth?platform=tiktok", None),
        ("GET", "truth?from=soon", None),
        ("PUT", "settings", {"shopee_burst": "many"}),
        ("POST", "orders/siam", {"order_sn": "none", "amend": True}),
        ("POST", "orders/nobody", {}),
        ("POST", "clock", []),
    ],
)
def test_mistakes_are_told_in_one_line(sandbox: Sandbox, method: str, path: str, body: object) -> None:
    answer = httpx.request(method, f"{sandbox.control_url}/_world/{path}", json=body)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["error"]


def test_a_port_in_use_is_named(sandbox: Sandbox) -> None:
    port = int(sandbox.control_url.rpartition(":")[2])
    with pytest.raises(PortInUse, match=f"port {port} is in use.*--port"):
        Sandbox(port=port)


def test_served_as_a_process_it_ends_quietly() -> None:
    command = [sys.executable, "-m", "marketing_assets.sandbox", "--port", "18700", "--as-of", "2026-11-20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "http://127.0.0.1:18701" in process.stdout.readline()
        assert httpx.get("http://127.0.0.1:18700/_world/health").status_code == 200
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
