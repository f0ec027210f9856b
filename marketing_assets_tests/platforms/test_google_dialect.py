"""How calls to Google Ads are signed, and how every error of Google's is read."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from marketing_assets.platforms.google_ads.authorize import challenge_of
from marketing_assets.platforms.google_ads.dialect import GoogleAdsDialect, TokenDialect
from marketing_assets.platforms.google_ads.fields import query_name, resource_names, selected
from marketing_assets.platforms.google_ads.tables import AD_PERFORMANCE, CAMPAIGNS
from marketing_assets.platforms.http import Call, Failure


class Fixed:
    """Always the same token; counts renewals."""

    renewed = 0

    def access_token(self) -> str:
        return "ya29.token"

    def renew(self) -> None:
        self.renewed += 1


DIALECT = GoogleAdsDialect(tokens=Fixed(), login_customer_id="9100220330")


def body_of(
    code: dict[str, str] | None, status: str = "", message: str = "m", delay: str | None = None
) -> dict[str, Any]:
    cause: dict[str, Any] = {"errorCode": code, "message": message}
    if delay is not None:
        cause["details"] = {"quotaErrorDetails": {"rateScope": "DEVELOPER", "retryDelay": delay}}
    details = [{"@type": "x", "errors": [cause], "requestId": "A"}] if code else []
    return {"error": {"code": 400, "message": "outer", "status": status, "details": details}}


CASES: list[tuple[dict[str, str] | None, str, int, Failure]] = [
    ({"quotaError": "RESOURCE_EXHAUSTED"}, "RESOURCE_EXHAUSTED", 429, Failure.QUOTA_DAY),
    (
        {"quotaError": "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION"},
        "RESOURCE_EXHAUSTED",
        429,
        Failure.QUOTA_DAY,
    ),
    ({"quotaError": "RESOURCE_TEMPORARILY_EXHAUSTED"}, "RESOURCE_EXHAUSTED", 429, Failure.THROTTLE_SHORT),
    (
        {"quotaError": "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION"},
        "RESOURCE_EXHAUSTED",
        429,
        Failure.THROTTLE_SHORT,
    ),
    ({"internalError": "INTERNAL_ERROR"}, "INTERNAL", 500, Failure.TRANSIENT),
    ({"internalError": "TRANSIENT_ERROR"}, "UNAVAILABLE", 503, Failure.TRANSIENT),
    ({"internalError": "DEADLINE_EXCEEDED"}, "DEADLINE_EXCEEDED", 504, Failure.TRANSIENT),
    ({"requestError": "EXPIRED_PAGE_TOKEN"}, "INVALID_ARGUMENT", 400, Failure.TRANSIENT),
    ({"authenticationError": "OAUTH_TOKEN_EXPIRED"}, "UNAUTHENTICATED", 401, Failure.AUTH_REFRESH),
    ({"authenticationError": "NOT_ADS_USER"}, "UNAUTHENTICATED", 401, Failure.CONFIG),
    ({"authenticationError": "CUSTOMER_NOT_FOUND"}, "UNAUTHENTICATED", 401, Failure.CONFIG),
    (None, "UNAUTHENTICATED", 401, Failure.AUTH_REFRESH),
    (None, "UNAVAILABLE", 503, Failure.TRANSIENT),
    (None, "RESOURCE_EXHAUSTED", 429, Failure.QUOTA_DAY),
    (None, "PERMISSION_DENIED", 403, Failure.CONFIG),
    ({"authorizationError": "USER_PERMISSION_DENIED"}, "PERMISSION_DENIED", 403, Failure.CONFIG),
    ({"authorizationError": "CUSTOMER_NOT_ENABLED"}, "PERMISSION_DENIED", 403, Failure.CONFIG),
    (
        {"authorizationError": "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION"},
        "PERMISSION_DENIED",
        403,
        Failure.CONFIG,
    ),
    ({"queryError": "UNRECOGNIZED_FIELD"}, "INVALID_ARGUMENT", 400, Failure.CONFIG),
    ({"requestError": "UNSUPPORTED_VERSION"}, "INVALID_ARGUMENT", 400, Failure.CONFIG),
    ({"requestError": "INVALID_PAGE_TOKEN"}, "INVALID_ARGUMENT", 400, Failure.CONFIG),
]


@pytest.mark.parametrize("wrapped", [True, False], ids=["stream", "plain"])
@pytest.mark.parametrize(("code", "status", "http", "failure"), CASES, ids=lambda x: str(x)[:70])
def test_the_error_decides_the_class(
    code: dict[str, str] | None, status: str, http: int, failure: Failure, wrapped: bool
) -> None:
    told = body_of(code, status)
    complaint = DIALECT.complaint(http, {}, orjson.dumps([told] if wrapped else told))
    assert complaint is not None and complaint.failure is failure
    assert complaint.code == (".".join(*code.items()) if code else status)
    assert complaint.message == ("m" if code else "outer")


@pytest.mark.parametrize(
    ("name", "delay", "failure", "wait"),
    [
        ("RESOURCE_EXHAUSTED", "30s", Failure.THROTTLE_LONG, 30),
        ("RESOURCE_EXHAUSTED", "900s", Failure.THROTTLE_LONG, 900),
        ("RESOURCE_EXHAUSTED", "901s", Failure.QUOTA_DAY, 901),
        ("RESOURCE_TEMPORARILY_EXHAUSTED", "1.5s", Failure.THROTTLE_SHORT, 1.5),
        ("RESOURCE_EXHAUSTED", "soon", Failure.QUOTA_DAY, None),
    ],
)
def test_a_quota_waits_as_long_as_it_says(
    name: str, delay: str, failure: Failure, wait: float | None
) -> None:
    told = orjson.dumps([body_of({"quotaError": name}, "RESOURCE_EXHAUSTED", delay=delay)])
    complaint = DIALECT.complaint(429, {}, told)
    assert complaint is not None and (complaint.failure, complaint.wait_seconds) == (failure, wait)


def test_an_error_behind_results_is_seen_too() -> None:
    told = [{"results": [{"a": 1}]}, body_of({"internalError": "INTERNAL_ERROR"}, "INTERNAL")]
    complaint = DIALECT.complaint(200, {}, orjson.dumps(told))
    assert complaint is not None and complaint.failure is Failure.TRANSIENT


def test_answers_without_an_error_are_successes_and_error_pages_speak_by_their_status() -> None:
    assert DIALECT.complaint(200, {}, b"[]") is None
    assert DIALECT.complaint(200, {}, b'[{"results":[{"campaign":{"name":"error"}}]}]') is None
    assert DIALECT.complaint(200, {}, b'{"totalResultsCount":"3"}') is None
    assert DIALECT.complaint(502, {}, b"<html>") is None
    with pytest.raises(ValueError, match="truncated"):
        DIALECT.complaint(200, {}, b'[{"results":[{"campaign":')


def test_a_call_carries_the_token_and_the_manager() -> None:
    call = Call("POST", "/v26/customers/1/googleAds:searchStream", json={"query": "x"})
    assert DIALECT.sign(call) == {
        "headers": {"Authorization": "Bearer ya29.token", "login-customer-id": "9100220330"}
    }
    bare = GoogleAdsDialect(tokens=Fixed())
    assert "login-customer-id" not in bare.sign(call)["headers"]
    assert "ya29" not in repr(DIALECT)


@pytest.mark.parametrize(
    ("error", "status", "failure"),
    [
        ("invalid_grant", 400, Failure.AUTH_DEAD),
        ("invalid_client", 401, Failure.CONFIG),
        ("unauthorized_client", 401, Failure.CONFIG),
        ("redirect_uri_mismatch", 400, Failure.CONFIG),
        ("internal_failure", 500, Failure.TRANSIENT),
        ("something_new", 503, Failure.TRANSIENT),
        ("rate_limit_exceeded", 403, Failure.THROTTLE_SHORT),
    ],
)
def test_the_token_endpoints_errors(error: str, status: int, failure: Failure) -> None:
    told = orjson.dumps({"error": error, "error_description": "Why."})
    complaint = TokenDialect("make a new one.").complaint(status, {}, told)
    assert complaint is not None
    assert (complaint.failure, complaint.code, complaint.message) == (failure, error, "Why.")
    assert (complaint.remedy == "make a new one.") == (failure is Failure.AUTH_DEAD)


def test_the_token_endpoints_answers_are_successes() -> None:
    assert TokenDialect().complaint(200, {}, b'{"access_token":"a","expires_in":3599}') is None
    assert TokenDialect().complaint(502, {}, b"<html>") is None


def test_a_form_goes_as_a_form() -> None:
    call = Call("POST", "/token", form={"grant_type": "refresh_token", "refresh_token": "1//0 a&b"})
    assert call.body == b"grant_type=refresh_token&refresh_token=1%2F%2F0+a%26b"
    assert call.content_type == "application/x-www-form-urlencoded"
    assert "1//0" not in repr(call)
    assert Call("POST", "/x", json={}).content_type == "application/json"


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("adGroupAd.ad.id", "ad_group_ad.ad.id"),
        ("metrics.allConversionsValue", "metrics.all_conversions_value"),
        ("campaign.maximizeConversions.targetCpaMicros", "campaign.maximize_conversions.target_cpa_micros"),
        ("segments.date", "segments.date"),
    ],
)
def test_fields_are_named_in_queries_as_google_names_them(path: str, name: str) -> None:
    assert query_name(path) == name


def test_every_column_is_selected_and_every_object_may_name_its_resource() -> None:
    assert len(selected(AD_PERFORMANCE.columns)) == len(AD_PERFORMANCE.columns)
    assert {"adGroupAd.ad.resourceName", "adGroupAd.resourceName", "customer.resourceName"} <= set(
        AD_PERFORMANCE.ignored
    )
    assert "campaignBudget.resourceName" in resource_names(CAMPAIGNS.columns)
