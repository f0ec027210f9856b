"""Meta's proof, errors, usage headers and credentials."""

from __future__ import annotations

import orjson
import pytest

from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.meta_ads.dialect import MetaDialect, appsecret_proof
from marketing_assets.platforms.meta_ads.resource import prove
from marketing_assets.platforms.meta_ads.usage import Usage, pause_seconds, usage
from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import meta_client

DIALECT = MetaDialect(connection="siam/meta_ads/1", token=lambda: "EAABtoken", app_secret="meta_app_secret")


@pytest.mark.parametrize(
    ("secret", "token", "proof"),
    [
        ("appsecret", "usertoken", "6bc11b37dcd27c4d30befca9bd302c392d55db65d20e4f2e41bfb4dea8ea8006"),
        ("meta_app_secret", "EAABtoken", "fd5f77243f2ea070da429fc3c834252c9da2c7fe7612c1b6c0b0bb49f1580663"),
    ],
)
def test_the_proof_is_metas(secret: str, token: str, proof: str) -> None:
    assert appsecret_proof(secret, token) == proof


def test_the_token_goes_in_a_header_and_the_proof_beside_it() -> None:
    signed = DIALECT.sign(Call("GET", "/v26.0/act_1"))
    assert signed["headers"] == {"Authorization": "Bearer EAABtoken"}
    proof = appsecret_proof("meta_app_secret", "EAABtoken")
    assert signed["params"] == {"appsecret_proof": proof}
    bare = MetaDialect(connection="x", token=lambda: "t").sign(Call("GET", "/v26.0/act_1"))
    assert bare["params"] == {}
    assert "EAAB" not in repr(DIALECT) and "meta_app_secret" not in repr(DIALECT)


CASES = [
    *(({"code": code}, 400, Failure.TRANSIENT) for code in (1, 2, 99, 104, 960)),
    ({"code": 100, "is_transient": True}, 400, Failure.TRANSIENT),
    ({"code": 100}, 500, Failure.TRANSIENT),
    ({"code": 100}, 503, Failure.TRANSIENT),
    *(({"code": code}, 400, Failure.THROTTLE_LONG) for code in (4, 32, 341)),
    *(({"code": code}, 400, Failure.THROTTLE_LONG) for code in range(80000, 80009)),
    ({"code": 17, "error_subcode": 2446079, "is_transient": True}, 400, Failure.THROTTLE_LONG),
    ({"code": 613, "error_subcode": 1487742}, 400, Failure.THROTTLE_LONG),
    ({"code": 100, "error_subcode": 1487534}, 400, Failure.REDUCE),
    ({"code": 100, "error_subcode": 1487534, "is_transient": True}, 500, Failure.REDUCE),
    ({"code": 1, "message": "Please reduce the amount of data you're asking for"}, 500, Failure.REDUCE),
    *(
        ({"code": 190, "error_subcode": subcode}, 400, Failure.AUTH_DEAD)
        for subcode in (458, 459, 460, 463, 467)
    ),
    ({"code": 190}, 401, Failure.AUTH_DEAD),
    *(({"code": code}, 403, Failure.CONFIG) for code in (10, 200, 250, 299)),
    ({"code": 100, "error_subcode": 33}, 400, Failure.CONFIG),
    ({"code": 2635}, 400, Failure.CONFIG),
    ({"code": 3018}, 400, Failure.CONFIG),
]


@pytest.mark.parametrize(("error", "status", "failure"), CASES, ids=lambda x: str(x)[:60])
def test_the_code_decides_the_class(error: dict[str, object], status: int, failure: Failure) -> None:
    body = orjson.dumps({"error": {"message": "m", "type": "OAuthException", "fbtrace_id": "A", **error}})
    complaint = DIALECT.complaint(status, {}, body)
    assert complaint is not None and complaint.failure is failure
    assert complaint.code.startswith(str(error["code"]))


def test_answers_without_an_error_are_successes_and_error_pages_speak_by_their_status() -> None:
    assert DIALECT.complaint(200, {}, b'{"data":[]}') is None
    assert DIALECT.complaint(502, {}, b"<html>") is None
    with pytest.raises(ValueError, match="truncated"):
        DIALECT.complaint(200, {}, b'{"data":[{"a":"b"')


def test_a_throttle_waits_as_long_as_the_header_says() -> None:
    case = {"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 7}
    headers = {"x-business-use-case-usage": orjson.dumps({"1": [case]}).decode()}
    complaint = DIALECT.complaint(400, headers, b'{"error":{"code":80000,"message":"m"}}')
    assert complaint is not None and complaint.wait_seconds == 420
    other = DIALECT.complaint(400, {}, b'{"error":{"code":80000,"message":"m"}}')
    assert other is not None and other.wait_seconds is None


@pytest.mark.parametrize(
    ("headers", "percent", "regain"),
    [
        ({}, 0, 0),
        (
            {
                "x-business-use-case-usage": '{"1":[{"call_count":28,"total_cputime":80,"total_time":25,'
                '"estimated_time_to_regain_access":3}]}'
            },
            80,
            180,
        ),
        ({"x-app-usage": '{"call_count":3,"total_time":91,"total_cputime":1}'}, 91, 0),
        ({"x-ad-account-usage": '{"acc_id_util_pct":95.5,"reset_time_duration":100}'}, 95.5, 100),
        ({"x-fb-ads-insights-throttle": '{"app_id_util_pct":10,"acc_id_util_pct":92}'}, 92, 0),
        ({"x-app-usage": "not json", "x-ad-account-usage": "[1]"}, 0, 0),
        ({"x-business-use-case-usage": '{"1":{"call_count":"x"},"2":[3,{"call_count":null}]}'}, 0, 0),
    ],
)
def test_usage_is_the_highest_of_all_headers(headers: dict[str, str], percent: float, regain: float) -> None:
    assert usage(headers) == Usage(percent, regain)


@pytest.mark.parametrize(
    ("used", "seconds"),
    [
        (Usage(75, 0), 0),
        (Usage(82.5, 0), 5),
        (Usage(90, 600), 10),
        (Usage(90.5, 0), 60),
        (Usage(95, 180), 180),
        (Usage(100, 7200), 900),
    ],
)
def test_calls_slow_down_above_75_and_stop_above_90_per_cent(used: Usage, seconds: float) -> None:
    assert pause_seconds(used) == pytest.approx(seconds)


def test_dead_credentials_name_the_command_that_renews_them(sandbox: Sandbox) -> None:
    client = meta_client(sandbox, access_token="EAABnobodyknowsthis")
    with pytest.raises(PlatformError) as caught:
        prove(client)
    assert caught.value.failure is Failure.AUTH_DEAD
    assert "marketing connections authorize siam meta_ads" in caught.value.remedy
    assert "EAABnobody" not in str(caught.value)
    client.close()


def test_without_any_token_it_says_so(sandbox: Sandbox) -> None:
    client = meta_client(sandbox, access_token="")
    with pytest.raises(PlatformError) as caught:
        prove(client)
    assert caught.value.failure is Failure.AUTH_DEAD and "stored token" in str(caught.value)
    client.close()


@pytest.mark.parametrize("secret", ["", "another_secret"])
def test_a_missing_or_wrong_app_secret_is_a_mistake_of_the_settings(sandbox: Sandbox, secret: str) -> None:
    client = meta_client(sandbox, app_secret=secret)
    with pytest.raises(PlatformError) as caught:
        prove(client)
    assert caught.value.failure is Failure.CONFIG
    assert TENANTS["siam"].meta.account_id in str(caught.value) and "app_secret" in caught.value.remedy
    assert "another_secret" not in str(caught.value)
    client.close()
