"""Meta's doors: versions, tokens, proofs, allowances, ceilings, asynchronous runs and planted faults."""

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.apis.meta.tokens import MARK, Grant, issue, proof, read
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.sandbox.advertiser import Advertiser, advertiser, everything, span, told

FIRST, LAST = date(2026, 10, 20), date(2026, 11, 20)
BACK = "https://client.example/back?x=1"


@pytest.fixture
def siam(sandbox: Sandbox, http: httpx.Client) -> Advertiser:
    return advertiser(sandbox, "siam", http)


@pytest.fixture
def own(own_sandbox: Sandbox, http: httpx.Client) -> Advertiser:
    return advertiser(own_sandbox, "siam", http)


def report(**more: Any) -> dict[str, Any]:
    return {
        "level": "ad",
        "time_range": span(FIRST, LAST),
        "time_increment": 1,
        "fields": "ad_id,spend",
        **more,
    }


@pytest.mark.parametrize(
    ("secret", "token", "expected"),
    [
        ("appsecret", "usertoken", "6bc11b37dcd27c4d30befca9bd302c392d55db65d20e4f2e41bfb4dea8ea8006"),
        ("meta_app_secret", "EAABtoken", "fd5f77243f2ea070da429fc3c834252c9da2c7fe7612c1b6c0b0bb49f1580663"),
    ],
)
def test_proof_vectors(secret: str, token: str, expected: str) -> None:
    assert proof(secret, token) == expected


def test_proof_is_required_of_one_app_and_checked_of_all(
    siam: Advertiser, sandbox: Sandbox, http: httpx.Client
) -> None:
    token = siam.known["access_token"]
    bare = http.get(siam.url("me"), params={"access_token": token})
    assert told(bare) == (400, 100, None)
    assert "require an appsecret_proof" in bare.json()["error"]["message"]
    northwind = advertiser(sandbox, "northwind", http)
    own_token = northwind.known["access_token"]
    assert http.get(northwind.url("me"), params={"access_token": own_token}).status_code == 200
    for client in (siam, northwind):
        assert client.error("me", appsecret_proof="0" * 64) == (400, 100, None)
        upper = client.auth()["appsecret_proof"].upper()
        assert client.error("me", appsecret_proof=upper) == (400, 100, None)


def test_token_may_travel_in_a_header(sandbox: Sandbox, http: httpx.Client) -> None:
    northwind = advertiser(sandbox, "northwind", http)
    headers = {"Authorization": f"Bearer {northwind.known['access_token']}"}
    assert http.get(northwind.url("me"), headers=headers).status_code == 200


def test_tokens_that_are_none(siam: Advertiser) -> None:
    assert siam.error("me", access_token="EAABnonsense") == (400, 190, 467)
    assert siam.error(siam.account, access_token="EAABxZDy") == (400, 190, 467)
    assert told(siam.http.get(siam.url("me"))) == (400, 2500, None)
    assert told(siam.http.get(siam.url(siam.account))) == (400, 104, None)


def test_only_the_own_account(siam: Advertiser) -> None:
    assert siam.error("act_101550000000002") == (403, 200, None)
    assert siam.error("act_5") == (400, 100, 33)
    assert siam.error("12013010101000009") == (400, 100, 33)


@pytest.mark.parametrize("version", ["v24.0", "v25.0", "v26.0"])
def test_versions_served(siam: Advertiser, version: str) -> None:
    assert siam.http.get(siam.url("me", version), params=siam.auth()).status_code == 200


def test_versions_gone_and_not_yet(siam: Advertiser) -> None:
    assert told(siam.http.get(siam.url("me", "v23.0"), params=siam.auth())) == (400, 2635, None)
    assert told(siam.http.get(siam.url("me", "v27.0"), params=siam.auth())) == (400, 2500, None)


def consented(client: Advertiser) -> str:
    params = {"client_id": client.known["app_id"], "redirect_uri": BACK, "state": "s 1", "scope": "ads_read"}
    answer = client.http.get(client.url("dialog/oauth"), params=params, follow_redirects=False)
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["s 1"] and query["x"] == ["1"]
    return query["code"][0]


def redeem(client: Advertiser, **params: Any) -> httpx.Response:
    app = {"client_id": client.known["app_id"], "client_secret": client.known["app_secret"]}
    return client.http.get(client.url("oauth/access_token"), params={**app, **params})


def exchange(client: Advertiser, token: str) -> httpx.Response:
    return redeem(client, grant_type="fb_exchange_token", fb_exchange_token=token)


def test_from_consent_to_a_long_lived_token(own: Advertiser, own_sandbox: Sandbox) -> None:
    code = consented(own)
    short = redeem(own, code=code, redirect_uri=BACK).json()
    assert short["token_type"] == "bearer" and short["expires_in"] == 5400
    assert own.http.get(own.url("me"), params=own.auth(short["access_token"])).status_code == 200
    long = exchange(own, short["access_token"]).json()
    assert long["expires_in"] == 5_184_000
    own_sandbox.world.clock.offset_seconds = 5401
    dead = own.http.get(own.url("me"), params=own.auth(short["access_token"]))
    assert told(dead) == (400, 190, 463)
    assert told(exchange(own, short["access_token"])) == (400, 190, 463)
    assert own.http.get(own.url("me"), params=own.auth(long["access_token"])).status_code == 200
    own_sandbox.world.clock.offset_seconds = 5_184_001
    assert told(own.http.get(own.url("me"), params=own.auth(long["access_token"]))) == (400, 190, 463)


def test_tokens_outlive_the_sandbox(siam: Advertiser, own: Advertiser) -> None:
    token = redeem(own, code=consented(own), redirect_uri=BACK).json()["access_token"]
    assert siam.http.get(siam.url("me"), params=siam.auth(token)).status_code == 200


def test_every_grant_is_read_as_it_was_issued_whatever_its_signature() -> None:
    grants = [Grant(TENANTS["siam"], "code", 1_790_000_000 + i, 0, BACK) for i in range(500)]
    texts = [issue(7, grant) for grant in grants]
    assert any(text.count(MARK) > 1 for text in texts), "some signatures hold the mark"
    assert [read(7, text) for text in texts] == grants
    assert read(7, f"{texts[0][:-1]}-") is None and read(7, texts[0].replace(MARK, "ZE")) is None


def test_exchanges_refused(own: Advertiser, own_sandbox: Sandbox) -> None:
    code = consented(own)
    assert told(redeem(own, code=code, redirect_uri="https://other.example")) == (400, 100, 36008)
    assert told(redeem(own, code="nonsense", redirect_uri=BACK)) == (400, 100, None)
    assert told(redeem(own, client_secret="wrong", code=code, redirect_uri=BACK)) == (400, 1, None)
    assert told(redeem(own, client_id="1", code=code, redirect_uri=BACK)) == (400, 101, None)
    assert told(exchange(own, "EAABnonsense")) == (400, 190, 467)
    own_sandbox.world.clock.offset_seconds = 601
    assert told(redeem(own, code=code, redirect_uri=BACK)) == (400, 100, 36007)


def test_debugger_tells_what_a_token_is(siam: Advertiser) -> None:
    app_token = f"{siam.known['app_id']}|{siam.known['app_secret']}"
    asked = {"access_token": app_token, "input_token": siam.known["access_token"]}
    data = siam.http.get(siam.url("debug_token"), params=asked).json()["data"]
    assert data["is_valid"] and data["expires_at"] == 0 and data["type"] == "SYSTEM_USER"
    bad = siam.http.get(siam.url("debug_token"), params={**asked, "input_token": "x"}).json()["data"]
    assert not bad["is_valid"] and bad["error"]["code"] == 190


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"fields": "ad_id,nonsense"}, 100),
        ({"breakdowns": "nonsense"}, 100),
        ({"breakdowns": "age,device_platform"}, 100),
        ({"action_attribution_windows": '["7d_view"]'}, 100),
        ({"action_attribution_windows": '["28d_view"]'}, 100),
        ({"level": "creative"}, 100),
        ({"time_increment": "0"}, 100),
        ({"time_range": "{"}, 100),
        ({"time_range": '{"since":"2026-11-02","until":"2026-11-01"}'}, 100),
        ({"time_range": '{"since":"2023-10-19","until":"2023-10-20"}'}, 3018),
        ({"filtering": '[{"field":"ad.colour","operator":"IN","value":["x"]}]'}, 100),
        ({"filtering": '[{"field":"ad.id","operator":"LIKE","value":["x"]}]'}, 100),
        ({"filtering": '[{"field":"ad.effective_status","operator":"IN","value":["GONE"]}]'}, 100),
        ({"limit": "many"}, 100),
        ({"after": "!!"}, 100),
    ],
)
def test_requests_that_are_wrong(siam: Advertiser, params: dict[str, str], code: int) -> None:
    status, found, _ = siam.error(f"{siam.account}/insights", **{**report(), **params})
    assert (status, found) == (400, code)


def test_fields_and_paths_that_do_not_exist(siam: Advertiser) -> None:
    assert siam.error(f"{siam.account}/campaigns", fields="nonsense") == (400, 100, None)
    assert siam.error(siam.account, fields="nonsense") == (400, 100, None)
    assert siam.error(f"{siam.account}/nonsense") == (400, 2500, None)


def test_history_ends_after_thirty_seven_months(siam: Advertiser) -> None:
    asked = {"fields": "spend", "level": "account", "time_increment": 1}
    oldest = date(2023, 10, 21)
    answer = siam.get(f"{siam.account}/insights", time_range=span(oldest, oldest), **asked)
    assert answer.json()["data"][0]["date_start"] == oldest.isoformat()


def test_too_much_data_and_then_less(own: Advertiser, own_sandbox: Sandbox) -> None:
    own_sandbox.world.settings.update({"meta_sync_rows": 200})
    path = f"{own.account}/insights"
    assert own.error(path, **report()) == (400, 100, 1487534)
    small = own.get(path, **report(time_range=span(LAST, LAST)))
    assert small.status_code == 200
    campaign = own.all(f"{own.account}/campaigns")[0]["id"]
    one = json.dumps([{"field": "campaign.id", "operator": "EQUAL", "value": campaign}])
    assert own.get(path, **report(filtering=one)).status_code == 200


def polls(client: Advertiser, run: str) -> list[tuple[str, int]]:
    """Every state until the run has ended."""
    seen: list[tuple[str, int]] = []
    while not seen or seen[-1][0] in ("Job Not Started", "Job Started", "Job Running"):
        state = client.get(run).json()
        seen.append((state["async_status"], state["async_percent_completion"]))
    return seen


def test_a_run_goes_through_its_states(siam: Advertiser) -> None:
    path = f"{siam.account}/insights"
    run = siam.post(path, **report(filtering=everything("ad"))).json()["report_run_id"]
    assert run.isdigit()
    assert siam.error(f"{run}/insights") == (400, 2601, 1815107)
    states = polls(siam, run)
    assert list(dict(states)) == ["Job Not Started", "Job Started", "Job Running", "Job Completed"]
    assert ("Job Running", 100) in states and states[-1] == ("Job Completed", 100)
    pages = list(siam.pages(f"{run}/insights", limit=100))
    assert len(pages) >= 3
    rows = [row for page in pages for row in page["data"]]
    assert rows == siam.all(path, **report(filtering=everything("ad"), limit=500))


def test_runs_belong_to_their_tenant(siam: Advertiser, sandbox: Sandbox, http: httpx.Client) -> None:
    run = siam.post(f"{siam.account}/insights", **report()).json()["report_run_id"]
    assert advertiser(sandbox, "northwind", http).error(run) == (400, 100, 33)


@pytest.mark.parametrize(("kind", "status"), [("job_failed", "Job Failed"), ("job_skipped", "Job Skipped")])
def test_a_run_can_end_badly_once(own: Advertiser, own_sandbox: Sandbox, kind: str, status: str) -> None:
    own_sandbox.world.faults.add(kind=kind, platform="meta_ads", times=1)
    path = f"{own.account}/insights"
    first, second = (own.post(path, **report()).json()["report_run_id"] for _ in range(2))
    assert polls(own, first)[-1] == (status, 0)
    assert own.error(f"{first}/insights") == (400, 2601, 1815107)
    assert polls(own, second)[-1] == ("Job Completed", 100)


def test_a_run_that_asks_too_much_fails_and_says_so(own: Advertiser, own_sandbox: Sandbox) -> None:
    own_sandbox.world.settings.update({"meta_async_rows": 200})
    run = own.post(f"{own.account}/insights", **report()).json()["report_run_id"]
    assert polls(own, run)[-1][0] == "Job Failed"
    state = own.get(run).json()
    assert (state["error_code"], state["error_subcode"]) == (100, 1487534)


def test_runs_expire(own: Advertiser, own_sandbox: Sandbox) -> None:
    run = own.post(f"{own.account}/insights", **report()).json()["report_run_id"]
    polls(own, run)
    own_sandbox.world.clock.offset_seconds = 31 * 86_400
    assert polls(own, run) == [("Job Skipped", 0)]


def test_usage_is_told_and_then_refused(own: Advertiser, own_sandbox: Sandbox) -> None:
    own_sandbox.world.settings.update({"meta_insights_calls": 4})
    path = f"{own.account}/insights"
    used = []
    for _ in range(4):
        headers = own.get(path, **report(limit=1)).raise_for_status().headers
        (case,) = json.loads(headers["x-business-use-case-usage"]).values()
        used.append(next(one["call_count"] for one in case if one["type"] == "ads_insights"))
        assert {"x-app-usage", "x-ad-account-usage", "x-fb-ads-insights-throttle"} <= set(headers)
    assert used == [25, 50, 75, 100]
    refused = own.get(path, **report())
    assert told(refused) == (400, 80000, 2446079)
    (case,) = json.loads(refused.headers["x-business-use-case-usage"]).values()
    assert 55 <= case[0]["estimated_time_to_regain_access"] <= 60
    assert own.get(own.account).status_code == 200
    own_sandbox.world.clock.offset_seconds = 3601
    assert own.get(path, **report(limit=1)).status_code == 200


def test_other_calls_have_their_own_allowance(own: Advertiser, own_sandbox: Sandbox) -> None:
    own_sandbox.world.settings.update({"meta_other_calls": 1})
    assert own.get(own.account).status_code == 200
    assert own.error(own.account) == (400, 17, 2446079)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("rate_limit", (400, 80000, 2446079)),
        ("quota_day", (400, 17, 2446079)),
        ("server_error", (503, 2, None)),
        ("expired_token", (400, 190, 463)),
    ],
)
def test_faults_speak_metas_language(
    own: Advertiser, own_sandbox: Sandbox, kind: str, expected: tuple[int, int, int | None]
) -> None:
    own_sandbox.world.faults.add(kind=kind, platform="meta_ads", tenant="siam", times=1, status=503)
    assert own.error(f"{own.account}/insights", **report()) == expected
    assert own.get(f"{own.account}/insights", **report()).status_code == 200


def test_pages_may_lack_records_or_move(own: Advertiser, own_sandbox: Sandbox) -> None:
    path = f"{own.account}/ads"
    whole = own.all(path, limit=10)
    own_sandbox.world.faults.add(kind="lacking", platform="meta_ads", times=1)
    assert len(own.all(path, limit=10)) == len(whole) - 4
    own_sandbox.world.faults.replace([{"kind": "moving", "platform": "meta_ads", "times": 1}])
    moved = own.all(path, limit=10)
    assert len(moved) == len(whole) + 1
    assert {one["id"] for one in moved} == {one["id"] for one in whole}
