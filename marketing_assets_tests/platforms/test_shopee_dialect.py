"""Shopee's signatures, its errors and its tokens."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import orjson
import pytest

from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.renewing import RenewedTokens
from marketing_assets.platforms.shopee.dialect import CLASSES, PublicDialect, read_complaint, signature
from marketing_assets.platforms.shopee.resource import prove
from marketing_assets.platforms.tokens import TokenKey, Tokens
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import MemoryTokens, asked, authorised, shopee_client

KEY = "test_partner_key_0001"
TOKEN = "71594a4c54537649697341796363674a"
AUTHORIZE = "marketing connections authorize siam shopee"


@pytest.mark.parametrize(
    ("path", "token", "owner", "sign"),
    [
        (
            "/api/v2/order/get_order_list",
            TOKEN,
            "322300222",
            "bedc953206e9c76c88c7805b97f670eceda129f2208c0c2514e2d3744aa11469",
        ),
        (
            "/api/v2/ads/get_all_cpc_ads_daily_performance",
            TOKEN,
            "322300222",
            "897f78e2ee1d4ec8ebfafd0bd299c1b3d2544fd11b4831f253241cc87c873025",
        ),
        (
            "/api/v2/auth/token/get",
            "",
            "",
            "a24643fb9bd8901c0410e95732c1aa4e9ae39026964c6426985ca8a33aa1387e",
        ),
        (
            "/api/v2/auth/access_token/get",
            "",
            "",
            "373171d8a8fd967f9e40ee2799a9de1e7742cb9944a5ee8f741c23562f71380b",
        ),
        (
            "/api/v2/merchant/get_merchant_info",
            TOKEN,
            "1000000400",
            "d3e09d38569b74e917e2c360f90c559e4436199a0fea2940198de763da383523",
        ),
    ],
)
def test_signs_as_shopee_documents(path: str, token: str, owner: str, sign: str) -> None:
    assert signature(KEY, 2001887, path, 1_700_000_000, token, owner) == sign


def test_public_calls_are_signed_anew_with_the_time_of_the_attempt() -> None:
    moments = iter([1_700_000_000.9, 1_700_000_400.0])
    dialect = PublicDialect(partner_id=2001887, partner_key=KEY, now=lambda: next(moments))
    call = Call("POST", "/api/v2/auth/token/get")
    first, second = dialect.sign(call)["params"], dialect.sign(call)["params"]
    assert first["sign"] == "a24643fb9bd8901c0410e95732c1aa4e9ae39026964c6426985ca8a33aa1387e"
    assert (first["timestamp"], second["timestamp"]) == ("1700000000", "1700000400")
    assert KEY not in repr(dialect)


def _body(error: str, message: str = "") -> bytes:
    return orjson.dumps({"error": error, "message": message, "request_id": "x"})


@pytest.mark.parametrize("status", [200, 403, 500])
@pytest.mark.parametrize(
    ("error", "failure"),
    [
        ("error_sign", Failure.CONFIG),
        ("error_auth", Failure.AUTH_REFRESH),
        ("invalid_acceess_token", Failure.AUTH_REFRESH),
        ("invalid_access_token", Failure.AUTH_REFRESH),
        ("error_param", Failure.CONFIG),
        ("error_permission", Failure.CONFIG),
        ("error_api_permission", Failure.CONFIG),
        ("shop_no_linked", Failure.AUTH_DEAD),
        ("partner_shop_no_link", Failure.AUTH_DEAD),
        ("shop_banned", Failure.AUTH_DEAD),
        ("error_rate_limit", Failure.THROTTLE_SHORT),
        ("error_limit", Failure.QUOTA_DAY),
        ("error_server", Failure.TRANSIENT),
        ("error_inner", Failure.TRANSIENT),
        ("error_network", Failure.TRANSIENT),
        ("error_busy", Failure.TRANSIENT),
        ("source_ip_undeclared", Failure.CONFIG),
        ("error_partner_key_expired", Failure.CONFIG),
        ("invalid_code", Failure.AUTH_DEAD),
        ("error_shop_refresh_token", Failure.AUTH_DEAD),
        ("error_merchant_refresh_token", Failure.AUTH_DEAD),
        ("refresh_token_expired", Failure.AUTH_DEAD),
        ("order.order_list_invalid_time", Failure.CONFIG),
        ("product.error_busy", Failure.TRANSIENT),
    ],
)
def test_the_body_decides_the_class_whatever_the_status(error: str, failure: Failure, status: int) -> None:
    complaint = read_complaint(status, _body(error, "Something."), 0)
    assert complaint is not None
    assert (complaint.failure, complaint.code, complaint.message) == (failure, error, "Something.")


def test_every_listed_error_is_tested_above() -> None:
    assert len(CLASSES) == 22


@pytest.mark.parametrize("body", [b'{"response":{}}', b'{"error":"","message":""}', b'{"error":null}'])
def test_an_empty_or_missing_error_is_a_success(body: bytes) -> None:
    assert read_complaint(200, body, 0) is None


def test_an_answer_that_is_no_json_is_unreadable_or_speaks_by_its_status() -> None:
    with pytest.raises(ValueError, match="truncated"):
        read_complaint(200, b'{"error":"","response":{"order_list":[{"order_sn":"1', 0)
    assert read_complaint(502, b"<html>", 0) is None


def test_the_daily_quota_waits_until_midnight_in_the_reset_zone() -> None:
    at = datetime(2026, 11, 20, 15, 30, tzinfo=UTC).timestamp()  # 23:30 UTC+8
    complaint = read_complaint(200, _body("error_limit"), at)
    assert complaint is not None and complaint.wait_seconds == 1800


def test_a_wrong_partner_key_is_a_mistake_of_the_settings(sandbox: Sandbox) -> None:
    client = shopee_client(sandbox, partner_key="another_key")
    with pytest.raises(PlatformError) as caught:
        prove(client)
    assert caught.value.failure is Failure.CONFIG
    assert "siam/shopee/220011881" in str(caught.value)
    assert "partner_key" in caught.value.remedy and "another_key" not in str(caught.value)
    client.close()


@pytest.mark.parametrize("seconds", [-600, 600])
def test_a_clock_ten_minutes_off_is_named(sandbox: Sandbox, seconds: int) -> None:
    client = shopee_client(sandbox, now=lambda: time.time() + seconds)
    with pytest.raises(PlatformError) as caught:
        prove(client)
    assert caught.value.failure is Failure.CONFIG
    assert "siam/shopee/220011881" in str(caught.value)
    assert "clock" in caught.value.remedy and "NTP" in caught.value.remedy
    client.close()


def test_a_shop_that_never_agreed_is_told_how_to(sandbox: Sandbox) -> None:
    client = shopee_client(sandbox, store=MemoryTokens())
    with pytest.raises(PlatformError) as caught:
        prove(client)
    assert caught.value.failure is Failure.AUTH_DEAD and AUTHORIZE in caught.value.remedy
    client.close()


def test_a_refresh_token_that_was_used_already_is_dead(sandbox: Sandbox) -> None:
    store = authorised(sandbox)
    (whose, good), *_ = store.held.items()
    client = shopee_client(sandbox, store=store)
    client.transport._dialect.refresh()
    store.held[whose] = Tokens("0" * 32, good.refresh_token)
    other = shopee_client(sandbox, store=store)
    with pytest.raises(PlatformError) as caught:
        prove(other)
    assert caught.value.failure is Failure.AUTH_DEAD and AUTHORIZE in caught.value.remedy
    assert good.refresh_token not in str(caught.value)
    client.close()
    other.close()


def test_a_token_that_shopee_refuses_is_renewed_once_and_stored_first(sandbox: Sandbox) -> None:
    store = authorised(sandbox)
    before = dict(store.held)
    sandbox.world.faults.add(kind="expired_token", platform="shopee", times=1)
    client = shopee_client(sandbox, store=store)
    assert prove(client).startswith("shop Siam Home & Living")
    assert store.writes == 1 and store.held != before
    assert len(asked(sandbox, "auth/access_token/get")) == 1
    client.close()


def test_a_token_about_to_expire_is_renewed_before_it_is_used_by_one_thread_alone(sandbox: Sandbox) -> None:
    store = authorised(sandbox, seconds_left=250)
    client = shopee_client(sandbox, store=store)
    shown = list(client.transport.map(lambda _: prove(client), range(12)))
    assert len(set(shown)) == 1
    assert store.writes == 1 and len(asked(sandbox, "auth/access_token/get")) == 1
    assert client.transport.counters.retries == 0
    client.close()


def test_two_processes_share_one_refresh() -> None:
    key = TokenKey("siam", "shopee", "1")
    store = MemoryTokens({("siam", "shopee", "1"): Tokens("old", "r1", expires_at=1_000)})
    exchanged: list[str] = []
    started = threading.Barrier(2)

    def exchange(held: Tokens) -> Tokens:
        exchanged.append(held.refresh_token)
        return Tokens(f"new{len(exchanged)}", f"r{len(exchanged) + 1}", expires_at=50_000)

    found = []

    def process() -> None:
        tokens = RenewedTokens(store, key, exchange, now=lambda: 900.0)
        started.wait(timeout=5)
        found.append(tokens.access_token())

    threads = [threading.Thread(target=process) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert exchanged == ["r1"] and found == ["new1", "new1"]
