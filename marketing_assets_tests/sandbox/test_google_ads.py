"""Google Ads on the wire, asked with nothing but HTTP: its query language, access, tokens and consent."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from marketing_assets.sandbox.server import Sandbox

WEEK = "segments.date BETWEEN '2026-11-09' AND '2026-11-15'"


@dataclass
class Searcher:
    """A user of one account with a token of an hour."""

    known: dict[str, Any]
    http: httpx.Client

    def post(self, method: str, body: Any, **headers: str) -> httpx.Response:
        url = f"{self.known['base_url']}/v26/customers/{self.known['account_id']}/googleAds:{method}"
        own = {"authorization": f"Bearer {self.known['access_token']}"}
        if self.known["login_customer_id"]:
            own["login-customer-id"] = self.known["login_customer_id"]
        return self.http.post(url, json=body, headers={k: v for k, v in (own | headers).items() if v})

    def rows(self, query: str) -> list[dict[str, Any]]:
        answer = self.post("searchStream", {"query": query})
        assert answer.status_code == 200, answer.text
        return [row for piece in answer.json() for row in piece["results"]]

    def refusal(self, query: str, **headers: str) -> tuple[int, str]:
        """Status and error code of a query that is refused."""
        answer = self.post("searchStream", {"query": query}, **headers)
        [told] = answer.json()
        [cause] = told["error"]["details"][0]["errors"]
        assert told["error"]["code"] == answer.status_code
        return answer.status_code, ".".join(*cause["errorCode"].items())

    def token(self, **form: str) -> httpx.Response:
        own = {name: self.known[name] for name in ("client_id", "client_secret")}
        return self.http.post(f"{self.known['base_url']}/token", data=own | form)


Of = Callable[[str], Searcher]


@pytest.fixture
def of(sandbox: Sandbox, http: httpx.Client) -> Of:
    def searcher(tenant: str) -> Searcher:
        known = http.get(f"{sandbox.control_url}/_world/credentials").json()
        return Searcher(known[tenant]["google_ads"], http)

    return searcher


@pytest.fixture
def siam(of: Of) -> Searcher:
    return of("siam")


# --- queries -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tenant", ["siam", "northwind"])
def test_every_level_adds_up_to_the_one_above(of: Of, tenant: str) -> None:
    figures = "metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions"

    def totals(resource: str, more: str = "", where: str = "") -> dict[str, list[Decimal]]:
        days: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
        query = f"SELECT segments.date{more}, {figures} FROM {resource} WHERE {WEEK}{where}"
        for row in of(tenant).rows(query):
            told = row["metrics"]
            values = (told[k] for k in ("impressions", "clicks", "costMicros", "conversions"))
            day = days[row["segments"]["date"]]
            days[row["segments"]["date"]] = [
                have + Decimal(str(v)) for have, v in zip(day, values, strict=True)
            ]
        return dict(days)

    account = totals("customer")
    assert totals("campaign", ", campaign.id, segments.device") == account
    assert totals("campaign", ", campaign.id, segments.hour") == account
    with_ads = totals(
        "campaign", ", campaign.id", " AND campaign.advertising_channel_type != 'PERFORMANCE_MAX'"
    )
    assert totals("ad_group", ", ad_group.id") == with_ads != account
    assert totals("ad_group_ad", ", ad_group_ad.ad.id, segments.device") == with_ads
    on_search = totals("campaign", "", " AND campaign.advertising_channel_type IN ('SEARCH')")
    assert totals("keyword_view", ", ad_group_criterion.criterion_id") == on_search
    terms = totals("search_term_view", ", search_term_view.search_term, segments.device")
    assert all(terms[day][0] < with_ads[day][0] for day in with_ads)


def test_filters_order_and_limit(siam: Searcher) -> None:
    query = f"SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE {WEEK}"
    every = siam.rows(query)
    some = {row["campaign"]["id"] for row in every[:2]}
    listed = ", ".join(sorted(some))
    chosen = siam.rows(
        f"{query} AND campaign.id IN ({listed}) ORDER BY metrics.clicks DESC, segments.date LIMIT 5"
    )
    assert {row["campaign"]["id"] for row in chosen} <= some and len(chosen) == 5
    clicks = [int(row["metrics"]["clicks"]) for row in chosen]
    assert clicks == sorted(clicks, reverse=True)
    rest = siam.rows(f"{query} AND campaign.id NOT IN ({listed})")
    assert len(rest) == len(every) - len([r for r in every if r["campaign"]["id"] in some])
    half = siam.rows(query.replace(WEEK, "segments.date >= '2026-11-09' AND segments.date < '2026-11-11'"))
    assert {row["segments"]["date"] for row in half} == {"2026-11-09", "2026-11-10"}


def test_a_metric_without_its_day_is_summed_over_the_days(siam: Searcher) -> None:
    [total] = siam.rows(f"SELECT metrics.cost_micros FROM customer WHERE {WEEK}")
    days = siam.rows(f"SELECT segments.date, metrics.cost_micros FROM customer WHERE {WEEK}")
    assert int(total["metrics"]["costMicros"]) == sum(int(row["metrics"]["costMicros"]) for row in days)


def test_rows_without_any_asked_figure_are_left_out(siam: Searcher) -> None:
    where = f"FROM campaign WHERE {WEEK}"
    shown = siam.rows(f"SELECT campaign.id, segments.date, segments.hour, metrics.impressions {where}")
    clicked = siam.rows(f"SELECT campaign.id, segments.date, segments.hour, metrics.clicks {where}")
    assert 0 < len(clicked) < len(shown)
    assert all(row["metrics"]["clicks"] != "0" for row in clicked)


def test_numbers_are_written_as_google_writes_them(siam: Searcher) -> None:
    query = (
        f"SELECT campaign.id, segments.hour, metrics.clicks, metrics.conversions FROM campaign WHERE {WEEK}"
    )
    row = siam.rows(query)[0]
    assert isinstance(row["campaign"]["id"], str) and isinstance(row["metrics"]["clicks"], str)
    assert isinstance(row["segments"]["hour"], int) and isinstance(row["metrics"]["conversions"], float)
    assert row["campaign"]["resourceName"] == f"customers/7301188201/campaigns/{row['campaign']['id']}"


def test_nothing_found_is_an_empty_list(siam: Searcher) -> None:
    empty = "SELECT campaign.id, segments.date FROM campaign WHERE segments.date = '2020-01-01'"
    assert siam.post("searchStream", {"query": empty}).json() == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("campaign.id FROM campaign", "queryError.EXPECTED_SELECT"),
        ("SELECT campaign.id WHERE x = 1", "queryError.EXPECTED_FROM"),
        ("SELECT campaign.id FROM campaigns", "queryError.BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign.colour FROM campaign", "queryError.UNRECOGNIZED_FIELD"),
        (f"SELECT metrics.costMicros FROM campaign WHERE {WEEK}", "queryError.UNRECOGNIZED_FIELD"),
        ("SELECT ad_group.id FROM campaign", "queryError.PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        (
            f"SELECT segments.hour, metrics.clicks FROM keyword_view WHERE {WEEK}",
            "queryError.PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE",
        ),
        (
            f"SELECT metrics.clicks FROM campaign_budget WHERE {WEEK}",
            "queryError.PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
        ),
        (
            f"SELECT metrics.clicks FROM campaign WHERE {WEEK} AND segments.device = 'MOBILE'",
            "queryError.EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
        ),
        ("SELECT segments.date, metrics.clicks FROM campaign", "queryError.EXPECTED_FILTERS_ON_DATE_RANGE"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id LIKES 1", "queryError.BAD_OPERATOR"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id BETWEEN 1, 2", "queryError.EXPECTED_AND"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id IN 1", "queryError.EXPECTED_LIST"),
        ("SELECT campaign.id FROM campaign LIMIT 0", "queryError.BAD_LIMIT_VALUE"),
        ("SELECT campaign.id FROM campaign GROUP BY x", "queryError.UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = ;", "queryError.BAD_SYMBOL"),
    ],
)
def test_what_google_refuses_is_refused(siam: Searcher, query: str, code: str) -> None:
    assert siam.refusal(query) == (400, code)


@pytest.mark.parametrize(
    ("clauses", "code"),
    [
        (" LIMIT 10", "CHANGE_DATE_RANGE_INFINITE"),
        (" WHERE {at} >= '2026-11-01' LIMIT 10", "CHANGE_DATE_RANGE_INFINITE"),
        (" WHERE {at} >= '2026-11-10' AND {at} <= '2026-11-12'", "LIMIT_NOT_SPECIFIED"),
        (" WHERE {at} >= '2026-11-10' AND {at} <= '2026-11-12' LIMIT 10001", "INVALID_LIMIT_CLAUSE"),
        (" WHERE {at} BETWEEN '2026-10-01' AND '2026-11-12' LIMIT 10", "START_DATE_TOO_OLD"),
        (" WHERE {at} BETWEEN '2026-11-12' AND '2026-11-10' LIMIT 10", "CHANGE_DATE_RANGE_NEGATIVE"),
    ],
)
def test_changes_want_a_finite_recent_range_and_a_limit(siam: Searcher, clauses: str, code: str) -> None:
    at = "change_event.change_date_time"
    query = f"SELECT {at} FROM change_event{clauses.format(at=at)}"
    assert siam.refusal(query) == (400, f"changeEventError.{code}")


def test_pages_have_one_size_and_the_total_knows_no_limit(siam: Searcher) -> None:
    query = "SELECT campaign.id FROM campaign LIMIT 3"
    settings = {"returnTotalResultsCount": True}
    answer = siam.post("search", {"query": query, "searchSettings": settings}).json()
    assert len(answer["results"]) == 3 and int(answer["totalResultsCount"]) > 50
    settings["omitResults"] = True
    assert "results" not in siam.post("search", {"query": query, "searchSettings": settings}).json()
    refused = siam.post("search", {"query": query, "pageSize": 10})
    assert refused.status_code == 400 and "PAGE_SIZE_NOT_SUPPORTED" in refused.text
    assert isinstance(refused.json(), dict)  # only streams tell errors in a list


# --- access ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"authorization": ""}, (401, "authenticationError.AUTHENTICATION_ERROR")),
        ({"authorization": "Bearer ya29.nobody"}, (401, "authenticationError.OAUTH_TOKEN_INVALID")),
        ({"login-customer-id": ""}, (403, "authorizationError.USER_PERMISSION_DENIED")),
        ({"login-customer-id": "7301188201"}, (403, "authorizationError.USER_PERMISSION_DENIED")),
    ],
)
def test_who_may_not_see_the_account(
    siam: Searcher, headers: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert siam.refusal("SELECT customer.id FROM customer", **headers) == refusal


def test_another_tenants_token_does_not_open_the_account(of: Of) -> None:
    other = of("northwind").known["access_token"]
    headers = {"authorization": f"Bearer {other}"}
    refusal = (403, "authorizationError.USER_PERMISSION_DENIED")
    assert of("siam").refusal("SELECT customer.id FROM customer", **headers) == refusal


def test_a_token_lives_an_hour(own_sandbox: Sandbox, http: httpx.Client) -> None:
    known = http.get(f"{own_sandbox.control_url}/_world/credentials").json()["siam"]["google_ads"]
    user, query = Searcher(known, http), "SELECT customer.id FROM customer"
    own_sandbox.world.clock.offset_seconds = 3_500
    assert user.rows(query)
    own_sandbox.world.clock.offset_seconds = 3_700
    assert user.refusal(query) == (401, "authenticationError.OAUTH_TOKEN_EXPIRED")
    granted = user.token(grant_type="refresh_token", refresh_token=known["refresh_token"]).json()
    assert granted["expires_in"] == 3_600 and "refresh_token" not in granted
    user.known["access_token"] = granted["access_token"]
    assert user.rows(query)


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "refresh_token", "refresh_token": "1//0nobody"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token", "client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_the_token_endpoint_refuses(siam: Searcher, form: dict[str, str], status: int, error: str) -> None:
    answer = siam.token(**form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def consent(user: Searcher, challenge: str) -> str:
    """The code of a consent."""
    query = {
        "client_id": user.known["client_id"],
        "redirect_uri": "http://127.0.0.1:1/callback",
        "response_type": "code",
        "scope": "https://www.googleapis.com/auth/adwords",
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    answer = user.http.get(f"{user.known['base_url']}/o/oauth2/v2/auth", params=query)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == ["s"]
    return back["code"][0]


def test_a_code_wants_its_verifier_and_its_address_and_works_once(siam: Searcher) -> None:
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    code = consent(siam, base64.urlsafe_b64encode(digest).decode().rstrip("="))
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": "http://127.0.0.1:1/callback",
    }
    assert siam.token(**form | {"code_verifier": "w" * 50}).json()["error"] == "invalid_grant"
    assert siam.token(**form | {"redirect_uri": "http://127.0.0.1:2/"}).status_code == 400
    granted = siam.token(**form).json()
    assert granted["access_token"] and granted["refresh_token"].startswith("1//0")
    assert siam.token(**form).json()["error"] == "invalid_grant"
    again = siam.token(grant_type="refresh_token", refresh_token=granted["refresh_token"])
    assert again.status_code == 200


def test_the_log_of_requests_tells_the_query_and_no_secret(sandbox: Sandbox, siam: Searcher) -> None:
    siam.rows("SELECT customer.id FROM customer")
    siam.token(grant_type="refresh_token", refresh_token=siam.known["refresh_token"])
    told = [v for v in sandbox.world.visits.report(50)["latest"] if v["platform"] == "google_ads"]
    assert {"query": "SELECT customer.id FROM customer"} in [v["query"] for v in told]
    assert siam.known["refresh_token"] not in repr(told) and siam.known["access_token"] not in repr(told)


# --- the world ---------------------------------------------------------------------------------------------


def test_two_worlds_of_one_seed_tell_the_same(siam: Searcher, http: httpx.Client) -> None:
    chosen = "ad_group_ad.ad.id, segments.date, segments.device, metrics.cost_micros"
    query = f"SELECT {chosen} FROM ad_group_ad WHERE {WEEK}"
    with Sandbox(seed=7, as_of=date(2026, 11, 20), port=0) as other:
        known = http.get(f"{other.control_url}/_world/credentials").json()["siam"]["google_ads"]
        assert Searcher(known, http).rows(query) == siam.rows(query)


def test_the_truth_has_a_row_for_every_day(sandbox: Sandbox, siam: Searcher, http: httpx.Client) -> None:
    asked = {"tenant": "siam", "platform": "google_ads", "from": "2026-11-09", "to": "2026-11-15"}
    rows = http.get(f"{sandbox.control_url}/_world/truth", params=asked).json()
    days = [f"{date(2026, 11, 9) + timedelta(days=n)}" for n in range(7)]
    assert [row["date"] for row in rows] == days
    figures = "metrics.cost_micros, metrics.conversions, metrics.conversions_value"
    wire = siam.rows(f"SELECT segments.date, {figures} FROM customer WHERE {WEEK} ORDER BY segments.date")
    for row, told in zip(rows, (w["metrics"] for w in wire), strict=True):
        assert Decimal(row["spend"]) == Decimal(told["costMicros"]).scaleb(-6)
        assert Decimal(row["conversions"]) == Decimal(str(told["conversions"]))
        assert Decimal(row["conversion_value"]) == Decimal(str(told["conversionsValue"]))
        assert row["currency"] == "THB" and row["orders"] is None
