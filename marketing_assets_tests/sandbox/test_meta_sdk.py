"""The official facebook-business SDK, unchanged, against the sandbox."""

from decimal import Decimal

import pytest
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.adreportrun import AdReportRun
from facebook_business.adobjects.campaign import Campaign
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from marketing_assets.sandbox.server import Sandbox

FIELDS = ["campaign_name", "ad_id", "ad_name", "impressions", "spend", "actions"]
PARAMS = {
    "level": "ad",
    "time_increment": 1,
    "time_range": {"since": "2026-11-01", "until": "2026-11-14"},
    "filtering": [
        {"field": "ad.effective_status", "operator": "IN", "value": ["ACTIVE", "PAUSED", "DELETED"]}
    ],
    "action_attribution_windows": ["1d_view", "7d_click"],
    "limit": 50,
}


def connected(sandbox: Sandbox, secret: str | None = None) -> AdAccount:
    known = sandbox.world.accounts["siam"].meta
    session = FacebookSession(known.app_id, secret or known.app_secret, known.access_token)
    session.GRAPH = sandbox.urls["meta_ads"]
    return AdAccount(f"act_{known.account_id}", api=FacebookAdsApi(session))


@pytest.fixture
def account(sandbox: Sandbox) -> AdAccount:
    return connected(sandbox)


def test_account(account: AdAccount) -> None:
    read = account.api_get(fields=["name", "currency", "timezone_name", "account_status"])
    assert read["currency"] == "THB" and read["timezone_name"] == "Asia/Bangkok"


def test_accounts_of_the_user(account: AdAccount) -> None:
    found = User("me", api=account.get_api()).get_ad_accounts(fields=["account_id"])
    assert [one["id"] for one in found] == [account["id"]]


def test_campaigns_page_by_page(account: AdAccount) -> None:
    cursor = account.get_campaigns(fields=["name", "status"], params={"limit": 2})
    total = cursor.total()
    campaigns = list(cursor)
    assert len(campaigns) == total > 4
    assert campaigns[0].api_get(fields=[Campaign.Field.objective])["objective"].startswith("OUTCOME_")


def test_insights_at_once(account: AdAccount) -> None:
    rows = list(account.get_insights(fields=FIELDS, params=PARAMS))
    assert len(rows) > 100
    assert sum(Decimal(row["spend"]) for row in rows) > 0
    assert {row["date_start"] for row in rows} == {f"2026-11-{day:02d}" for day in range(1, 15)}


def test_insights_by_a_run(account: AdAccount) -> None:
    run = account.get_insights(fields=FIELDS, params=PARAMS, is_async=True)
    assert isinstance(run, AdReportRun)
    for _ in range(10):
        run = run.api_get()
        done = run["async_status"] == "Job Completed" and run["async_percent_completion"] == 100
        if done:
            break
    assert done
    found = [dict(row) for row in run.get_insights(params={"limit": 50})]
    assert found == [dict(row) for row in account.get_insights(fields=FIELDS, params=PARAMS)]


def test_errors_arrive_as_the_sdks_own(sandbox: Sandbox) -> None:
    with pytest.raises(FacebookRequestError) as caught:
        connected(sandbox, secret="wrong").api_get(fields=["name"])
    assert caught.value.api_error_code() == 100
    assert "appsecret_proof" in caught.value.api_error_message()
