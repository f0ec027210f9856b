"""Shopify's errors, its points and its tokens."""

from __future__ import annotations

import orjson
import pytest

from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.shopify.client import Pace
from marketing_assets.platforms.shopify.dialect import (
    CODES,
    STATUSES,
    Cost,
    Extensions,
    FileDialect,
    ShopifyDialect,
    Throttle,
)
from marketing_assets.platforms.shopify.queries import ORDERS
from marketing_assets.platforms.shopify.resource import prove
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import shopify_client

NAME = "northwind/shopify/northwind-gifts"


def dialect(own_token: bool = False) -> ShopifyDialect:
    return ShopifyDialect(connection=NAME, token=lambda: "shpat_secret", own_token=own_token)


def body(code: str, cost: dict[str, object] | None = None) -> bytes:
    told: dict[str, object] = {"errors": [{"message": "Something.", "extensions": {"code": code}}]}
    return orjson.dumps(told | ({"extensions": {"cost": cost}} if cost else {}))


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("THROTTLED", Failure.THROTTLE_SHORT),
        ("MAX_COST_EXCEEDED", Failure.REDUCE),
        ("ACCESS_DENIED", Failure.CONFIG),
        ("SHOP_INACTIVE", Failure.CONFIG),
        ("INTERNAL_SERVER_ERROR", Failure.TRANSIENT),
        ("undefinedField", Failure.CONFIG),
        ("", Failure.CONFIG),
    ],
)
def test_the_code_in_the_body_decides(code: str, failure: Failure) -> None:
    complaint = dialect().complaint(200, {}, body(code))
    assert complaint is not None
    assert (complaint.failure, complaint.code, complaint.message) == (
        failure,
        code or "graphql",
        "Something.",
    )


def test_every_listed_code_and_status_is_tested() -> None:
    assert len(CODES) == 5 and len(STATUSES) == 6


@pytest.mark.parametrize(
    ("status", "failure", "remedy"),
    [
        (401, Failure.AUTH_DEAD, None),
        (402, Failure.CONFIG, "the shop's plan is unpaid"),
        (403, Failure.CONFIG, None),
        (404, Failure.CONFIG, "check account_id"),
        (423, Failure.CONFIG, "locked the shop"),
        (430, Failure.THROTTLE_LONG, None),
    ],
)
@pytest.mark.parametrize("text", [b'{"errors":"[API] Invalid API key"}', b"<html>"])
def test_statuses_of_their_own(status: int, failure: Failure, remedy: str | None, text: bytes) -> None:
    complaint = dialect().complaint(status, {}, text)
    assert complaint is not None and complaint.failure is failure
    assert (remedy or "") in (complaint.remedy or "")
    assert complaint.message == ("[API] Invalid API key" if text.startswith(b"{") else "")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_other_statuses_mean_what_they_mean_everywhere(status: int) -> None:
    assert dialect().complaint(status, {}, b"") is None


def test_a_throttled_query_waits_for_the_points_that_are_missing() -> None:
    level = {"maximumAvailable": 2000, "currentlyAvailable": 340, "restoreRate": 100}
    cost = {"requestedQueryCost": 840, "actualQueryCost": None, "throttleStatus": level}
    complaint = dialect().complaint(200, {}, body("THROTTLED", cost))
    assert complaint is not None and complaint.wait_seconds == 5.0


def test_the_pace_knows_the_points_of_a_query_it_has_seen() -> None:
    moments = iter([0.0, 0.0, 2.0, 2.0, 60.0])
    pace = Pace(lambda: next(moments))
    assert pace.wait("Orders/6") == 0
    pace.learn("Orders/6", Extensions(Cost(800, Throttle(2000, 300, 100))))
    assert pace.wait("Orders/6") == 5.0
    assert pace.wait("Orders/6") == 3.0
    assert pace.wait("PollBulk/") == 0  # of unknown cost: never held back
    assert pace.wait("Orders/6") == 3.0
    assert pace.wait("Orders/6") == 0


def test_the_token_goes_in_a_header_and_never_to_the_host_of_files() -> None:
    signed = dialect().sign(Call("POST", "/admin/api/2026-10/graphql.json"))
    assert signed == {"headers": {"X-Shopify-Access-Token": "shpat_secret"}}
    assert FileDialect().sign(Call("GET", "/bulk/1.jsonl")) == {}
    assert "shpat_secret" not in repr(dialect())


def test_an_unreadable_answer_is_no_success() -> None:
    with pytest.raises(ValueError, match=r"truncated|unexpected"):
        dialect().complaint(200, {}, b'{"data":')


def test_a_refused_token_names_where_it_comes_from(sandbox: Sandbox) -> None:
    own = shopify_client(sandbox, access_token="shpat_of_nobody")
    with pytest.raises(PlatformError, match="secret access_token points") as caught:
        prove(own)
    assert caught.value.failure is Failure.AUTH_DEAD and "shpat_of_nobody" not in str(caught.value)
    own.close()
    stored = shopify_client(sandbox, access_token="")
    with pytest.raises(PlatformError, match="neither a secret access_token nor a stored token"):
        prove(stored)
    stored.close()


def test_a_query_that_does_not_fit_the_schema_is_a_mistake_of_ours(sandbox: Sandbox) -> None:
    client = shopify_client(sandbox)
    wrong = type(ORDERS)("Wrong", "query Wrong{shop{nickname}}")
    with pytest.raises(PlatformError, match="nickname") as caught:
        client.ask(wrong, {}, dict)
    assert caught.value.failure is Failure.CONFIG and caught.value.tries == 1
    client.close()
