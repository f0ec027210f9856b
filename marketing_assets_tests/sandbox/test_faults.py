"""Each fault in its form, as often as asked and nowhere else."""

from typing import Any

import httpx
import pytest

from marketing_assets.sandbox.faults import KINDS, Faults
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.sandbox.conftest import Seller, Sellers

DAY = 86_400


@pytest.fixture
def seller(own_sandbox: Sandbox, seller_of: Sellers) -> Seller:
    return seller_of(own_sandbox, "siam")


def switch_on(running: Sandbox, kind: str, **more: Any) -> None:
    fault = {"kind": kind, "platform": "shopee", "times": 1, **more}
    assert httpx.put(f"{running.control_url}/_world/faults", json=[fault]).status_code == 200


def test_the_next_two_calls_are_throttled(own_sandbox: Sandbox, seller: Seller) -> None:
    switch_on(own_sandbox, "rate_limit", path="get_shop_info", times=2, retry_after=3)
    assert seller.get("product/get_item_list", offset=0, page_size=1).json()["error"] == ""
    answers = [seller.get("shop/get_shop_info") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].json()["error"] == "error_rate_limit"
    assert answers[0].headers["retry-after"] == "3"


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("server_error", 503, "error_server"),
        ("quota_day", 200, "error_limit"),
        ("expired_token", 403, "invalid_acceess_token"),
    ],
)
def test_faults_speak_the_platforms_words(
    own_sandbox: Sandbox, seller: Seller, kind: str, status: int, error: str
) -> None:
    switch_on(own_sandbox, kind)
    answer = seller.get("shop/get_shop_info")
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert seller.get("shop/get_shop_info").json()["error"] == ""


def test_an_html_page_and_cut_json(own_sandbox: Sandbox, seller: Seller) -> None:
    switch_on(own_sandbox, "html")
    answer = seller.get("shop/get_shop_info")
    assert answer.status_code == 502 and answer.text.startswith("<html>")
    switch_on(own_sandbox, "truncated")
    answer = seller.get("shop/get_shop_info")
    assert answer.status_code == 200 and answer.text.startswith('{"error":""')
    with pytest.raises(ValueError):
        answer.json()


def test_a_broken_connection_and_a_slow_answer(own_sandbox: Sandbox, seller: Seller) -> None:
    switch_on(own_sandbox, "connection_reset")
    with pytest.raises(httpx.TransportError):
        seller.get("shop/get_shop_info")
    switch_on(own_sandbox, "slow", seconds=0.4)
    assert seller.get("shop/get_shop_info").elapsed.total_seconds() > 0.4


def test_an_expired_token_spares_the_refresh(own_sandbox: Sandbox, seller: Seller) -> None:
    switch_on(own_sandbox, "expired_token")
    known = seller.credentials
    body = {
        "refresh_token": known["refresh_token"],
        "partner_id": known["partner_id"],
        "shop_id": known["shop_id"],
    }
    assert seller.post_public("auth/access_token/get", body).json()["error"] == ""
    assert seller.get("shop/get_shop_info").json()["error"] == "invalid_acceess_token"


def test_a_page_silently_lacks_records(own_sandbox: Sandbox, seller: Seller, now: int) -> None:
    whole = seller.listed("create_time", now - 2 * DAY, now)
    switch_on(own_sandbox, "lacking", path="get_order_list")
    lacking = seller.listed("create_time", now - 2 * DAY, now)
    assert len(whole) - len(lacking) == 34
    assert {row["order_sn"] for row in lacking} < {row["order_sn"] for row in whole}


def test_a_record_moves_between_pages(own_sandbox: Sandbox, seller: Seller, now: int) -> None:
    window = now - 2 * DAY, now
    whole = [row["order_sn"] for row in seller.listed("update_time", *window, size=50)]
    switch_on(own_sandbox, "moving", path="update_time")
    moved = [row["order_sn"] for row in seller.listed("update_time", *window, size=50)]
    twice = {sn for sn in moved if moved.count(sn) == 2}
    assert twice == {whole[49]}
    assert moved.index(whole[50]) > 51
    assert set(moved) == set(whole)


def test_a_tenants_fault_leaves_the_other_alone(
    own_sandbox: Sandbox, seller: Seller, seller_of: Sellers
) -> None:
    switch_on(own_sandbox, "server_error", tenant="northwind", status=500)
    assert seller.get("shop/get_shop_info").status_code == 200
    assert seller_of(own_sandbox, "northwind").get("shop/get_shop_info").status_code == 500


def test_a_rate_is_drawn_in_a_fixed_order() -> None:
    def drawn() -> list[bool]:
        faults = Faults(seed=3)
        faults.add(kind="html", platform="shopee", rate=0.3)
        return [faults.take(KINDS, "shopee", "/", None) is not None for _ in range(200)]

    assert drawn() == drawn()
    assert 30 < sum(drawn()) < 90


@pytest.mark.parametrize("fault", [{"kind": "fire", "platform": "shopee"}, {"kind": "html"}, {"kin": 1}])
def test_a_mistyped_fault_is_told(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    answer = httpx.put(f"{sandbox.control_url}/_world/faults", json=[fault])
    assert answer.status_code == 400 and "fault" in answer.json()["error"]
