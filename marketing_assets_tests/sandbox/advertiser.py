"""A client of Meta's API that speaks the bare protocol and knows nothing of the sandbox's own code."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx

from marketing_assets.sandbox.server import Sandbox

ALL_STATUSES = ["ACTIVE", "PAUSED", "CAMPAIGN_PAUSED", "ADSET_PAUSED", "ARCHIVED", "DELETED"]
INSIGHT_FIELDS = (
    "account_id,account_currency,campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,objective,"
    "impressions,reach,clicks,inline_link_clicks,spend,actions,action_values"
)


def everything(level: str) -> str:
    """The filter that also shows what was deleted."""
    return json.dumps([{"field": f"{level}.effective_status", "operator": "IN", "value": ALL_STATUSES}])


def span(first: date, last: date) -> str:
    return json.dumps({"since": first.isoformat(), "until": last.isoformat()})


class Advertiser:
    def __init__(self, credentials: dict[str, Any], http: httpx.Client) -> None:
        self.known = credentials
        self.http = http
        self.account = f"act_{credentials['account_id']}"

    def auth(self, token: str | None = None) -> dict[str, str]:
        token = token or self.known["access_token"]
        secret = self.known["app_secret"].encode()
        return {
            "access_token": token,
            "appsecret_proof": hmac.new(secret, token.encode(), hashlib.sha256).hexdigest(),
        }

    def url(self, path: str, version: str = "v26.0") -> str:
        return f"{self.known['base_url']}/{version}/{path}"

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(self.url(path), params={**self.auth(), **params})

    def post(self, path: str, **params: Any) -> httpx.Response:
        return self.http.post(self.url(path), data={**self.auth(), **params})

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """All pages, by the cursor, for as long as there is a `next`."""
        while True:
            page = self.get(path, **params).raise_for_status().json()
            yield page
            if "next" not in page.get("paging", {}):
                return
            params["after"] = page["paging"]["cursors"]["after"]

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        return [record for page in self.pages(path, **params) for record in page["data"]]

    def insights(self, first: date, last: date, level: str = "ad", **params: Any) -> list[dict[str, Any]]:
        asked = {
            "level": level,
            "time_range": span(first, last),
            "time_increment": 1,
            "fields": INSIGHT_FIELDS,
            "limit": 500,
            **params,
        }
        if level != "account":
            asked.setdefault("filtering", everything(level))
        return self.all(f"{self.account}/insights", **asked)

    def error(self, path: str, **params: Any) -> tuple[int, int, int | None]:
        """HTTP status, code and subcode of a refused call."""
        return told(self.get(path, **params))


def told(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    assert error["message"] and error["type"] and error["fbtrace_id"]
    return answer.status_code, error["code"], error.get("error_subcode")


def advertiser(running: Sandbox, tenant: str, http: httpx.Client) -> Advertiser:
    known = http.get(f"{running.control_url}/_world/credentials").json()
    return Advertiser(known[tenant]["meta_ads"], http)


Advertisers = Callable[[str], Advertiser]


def action(row: dict[str, Any], kind: str, name: str = "actions", key: str = "value") -> str:
    """One figure of a row's action list; "0" where it is absent."""
    return next((one.get(key, "0") for one in row.get(name, []) if one["action_type"] == kind), "0")
