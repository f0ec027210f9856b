"""Signatures, clock windows and token lifetimes."""

import time
from urllib.parse import parse_qs, urlparse

import httpx
import pytest

from marketing_assets.sandbox.apis.shopee.signing import sign, sign_push
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.sandbox.conftest import AS_OF, SEED, Seller, Sellers

KEY, PARTNER, AT, TOKEN, SHOP = (
    "test_partner_key_0001",
    2001887,
    1700000000,
    "71594a4c54537649697341796363674a",
    "322300222",
)


@pytest.mark.parametrize(
    ("path", "token", "owner", "expected"),
    [
        (
            "order/get_order_list",
            TOKEN,
            SHOP,
            "bedc953206e9c76c88c7805b97f670eceda129f2208c0c2514e2d3744aa11469",
        ),
        (
            "ads/get_all_cpc_ads_daily_performance",
            TOKEN,
            SHOP,
            "897f78e2ee1d4ec8ebfafd0bd299c1b3d2544fd11b4831f253241cc87c873025",
        ),
        ("auth/token/get", "", "", "a24643fb9bd8901c0410e95732c1aa4e9ae39026964c6426985ca8a33aa1387e"),
        ("auth/access_token/get", "", "", "373171d8a8fd967f9e40ee2799a9de1e7742cb9944a5ee8f741c23562f71380b"),
        (
            "merchant/get_merchant_info",
            TOKEN,
            "1000000400",
            "d3e09d38569b74e917e2c360f90c559e4436199a0fea2940198de763da383523",
        ),
    ],
)
def test_signatures_equal_the_published_vectors(path: str, token: str, owner: str, expected: str) -> None:
    assert sign(KEY, PARTNER, f"/api/v2/{path}", AT, token, owner) == expected


def test_push_signature_equals_the_published_vector() -> None:
    body = (
        b'{"code":3,"data":{"ordersn":"2401010000001","status":"READY_TO_SHIP"},'
        b'"shop_id":322300222,"timestamp":1700000000}'
    )
    expected = "c2b221a11a1572fd8ed3f62fc9912ba4a55659df66ef63ea5cb77caa644b7c7f"
    assert sign_push(KEY, "https://example.com/shopee/push", body) == expected


def test_unsigned_parameters_do_not_matter(siam: Seller) -> None:
    answer = siam.get("shop/get_shop_info", language="th", anything="else")
    assert answer.json()["error"] == ""
    assert "สยามโฮม" in answer.json()["shop_name"]


def test_a_wrong_signature_is_refused(siam: Seller) -> None:
    query = {**siam.query("shop/get_shop_info"), "sign": "0" * 64}
    answer = siam.http.get(siam.url("shop/get_shop_info"), params=query)
    assert answer.status_code == 403
    assert (answer.json()["error"], answer.json()["message"]) == ("error_sign", "Wrong sign.")


def test_an_upper_case_signature_is_refused(siam: Seller) -> None:
    query = siam.query("shop/get_shop_info")
    answer = siam.http.get(siam.url("shop/get_shop_info"), params={**query, "sign": query["sign"].upper()})
    assert answer.json()["error"] == "error_sign"


@pytest.mark.parametrize(("seconds", "good"), [(-310, False), (-290, True), (290, True), (310, False)])
def test_the_clock_window_is_five_minutes(siam: Seller, seconds: int, good: bool) -> None:
    query = siam.query("shop/get_shop_info", int(time.time()) + seconds)
    answer = siam.http.get(siam.url("shop/get_shop_info"), params=query).json()
    assert (answer["error"] == "") == good
    assert good or answer["message"] == "Timestamp is expired."


def test_milliseconds_are_no_seconds(siam: Seller) -> None:
    query = siam.query("shop/get_shop_info", int(time.time() * 1000))
    answer = siam.http.get(siam.url("shop/get_shop_info"), params=query).json()
    assert (answer["error"], answer["message"]) == ("error_param", "Timestamp is expired.")


def _refresh(seller: Seller, token: str) -> httpx.Response:
    known = seller.credentials
    body = {"refresh_token": token, "partner_id": known["partner_id"], "shop_id": known["shop_id"]}
    return seller.post_public("auth/access_token/get", body)


def test_a_refresh_token_works_once(siam: Seller) -> None:
    first = _refresh(siam, siam.credentials["refresh_token"]).json()
    assert first["error"] == ""
    assert first["expire_in"] == 14_400
    second = _refresh(siam, siam.credentials["refresh_token"])
    assert second.status_code == 403
    assert (second.json()["error"], second.json()["message"]) == ("error_auth", "Invalid refresh_token.")
    assert _refresh(siam, first["refresh_token"]).json()["error"] == ""


def test_the_old_access_token_dies_five_minutes_after_a_refresh(
    own_sandbox: Sandbox, seller_of: Sellers
) -> None:
    seller = seller_of(own_sandbox, "siam")
    _refresh(seller, seller.credentials["refresh_token"])
    assert seller.get("shop/get_shop_info").json()["error"] == ""
    own_sandbox.world.clock.offset_seconds = 301
    query = seller.query("shop/get_shop_info", int(time.time() + 301))
    answer = seller.http.get(seller.url("shop/get_shop_info"), params=query)
    assert answer.status_code == 403
    assert answer.json()["error"] == "invalid_acceess_token"


def test_an_access_token_expires_after_its_time(own_sandbox: Sandbox, seller_of: Sellers) -> None:
    own_sandbox.world.settings.update({"shopee_access_seconds": 0})
    answer = seller_of(own_sandbox, "northwind").get("shop/get_shop_info")
    assert answer.json()["error"] == "invalid_acceess_token"


def test_a_token_of_another_shop_is_refused(sandbox: Sandbox, seller_of: Sellers, siam: Seller) -> None:
    other = seller_of(sandbox, "northwind").credentials["access_token"]
    forged = Seller({**siam.credentials, "access_token": other}, siam.http)
    assert forged.get("shop/get_shop_info").json()["message"] == "Invalid access_token."


def test_consent_gives_a_code_that_works_once(siam: Seller) -> None:
    known = siam.credentials
    asked = {
        "partner_id": known["partner_id"],
        "auth_type": "seller",
        "redirect_uri": "https://example.com/back?state=1",
        "response_type": "code",
    }
    answer = siam.http.get(known["auth_url"], params=asked, follow_redirects=False)
    back = parse_qs(urlparse(answer.headers["location"]).query)
    assert (answer.status_code, back["state"], back["shop_id"]) == (302, ["1"], [str(known["shop_id"])])
    body = {"code": back["code"][0], "partner_id": known["partner_id"], "shop_id": known["shop_id"]}
    pair = siam.post_public("auth/token/get", body).json()
    fresh = Seller({**known, "access_token": pair["access_token"]}, siam.http)
    assert fresh.get("shop/get_shop_info").json()["error"] == ""
    assert siam.post_public("auth/token/get", body).json()["error"] == "invalid_code"


def test_a_restarted_sandbox_knows_the_tokens_it_gave(siam: Seller) -> None:
    with Sandbox(seed=SEED, as_of=AS_OF, port=0) as restarted:
        again = Seller({**siam.credentials, "base_url": restarted.urls["shopee"]}, siam.http)
        assert again.get("shop/get_shop_info").json()["error"] == ""


def test_the_throttle_answers_in_the_body(own_sandbox: Sandbox, seller_of: Sellers) -> None:
    own_sandbox.world.settings.update({"shopee_burst": 2, "shopee_requests_per_second": 0.001})
    seller = seller_of(own_sandbox, "siam")
    answers = [seller.get("shop/get_shop_info") for _ in range(3)]
    assert [answer.json()["error"] for answer in answers] == ["", "", "error_rate_limit"]
    assert answers[2].status_code == 200
