"""The same numbers as anybody else gets them: Meta's own SDK, the others by their bare protocols.

Nothing here knows the pipeline; of the sandbox it knows addresses and credentials, as of the real platforms.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

from marketing_assets.partitions import DayRange
from marketing_assets_tests.e2e.counting import (
    AdRow,
    Sale,
    ads_of,
    google_ads_of,
    sales_of,
    shopify_sales_of,
)
from marketing_assets_tests.sandbox.conftest import Seller

LONGEST_LISTING = 15 * 86_400
AD_DAYS = 7
"""Days of one report: few enough that Meta answers at once."""

FIELDS = [
    "account_id",
    "account_currency",
    "campaign_id",
    "ad_id",
    "impressions",
    "inline_link_clicks",
    "spend",
    "actions",
    "action_values",
]
EVERY_STATUS = [
    "ACTIVE",
    "PAUSED",
    "DELETED",
    "ARCHIVED",
    "PENDING_REVIEW",
    "DISAPPROVED",
    "PREAPPROVED",
    "PENDING_BILLING_INFO",
    "CAMPAIGN_PAUSED",
    "ADSET_PAUSED",
    "IN_PROCESS",
    "WITH_ISSUES",
]


def shopee_sales(known: Mapping[str, Any], days: DayRange, zone: ZoneInfo) -> list[Sale]:
    """The shop's sales on local days of a zone, by order list, order details and settlements."""
    start = int(datetime.combine(days.first, time(), zone).timestamp())
    end = int(datetime.combine(days.last + timedelta(days=1), time(), zone).timestamp())
    with httpx.Client(timeout=60) as http:
        seller = Seller(dict(known), http)
        numbers: list[str] = []
        for first in range(start, end, LONGEST_LISTING):
            listed = seller.listed("create_time", first, min(first + LONGEST_LISTING, end) - 1)
            numbers += [row["order_sn"] for row in listed]
        return sales_of(seller.details(numbers), seller.incomes(numbers), str(known["shop_id"]), zone)


ORDERS = """query($after:String,$search:String){orders(first:5,after:$after,query:$search,sortKey:CREATED_AT){
  pageInfo{hasNextPage endCursor}
  nodes{createdAt cancelledAt test taxesIncluded displayFinancialStatus currencyCode
    lineItems(first:20){nodes{quantity originalUnitPriceSet{shopMoney{amount}}
      discountAllocations{allocatedAmountSet{shopMoney{amount}}}}}
    refunds{totalRefundedSet{shopMoney{amount}}
      refundLineItems(first:6){nodes{totalTaxSet{shopMoney{amount}}}}
      refundShippingLines(first:1){nodes{subtotalAmountSet{shopMoney{amount}}
        taxAmountSet{shopMoney{amount}}}}}}}}"""


def shopify_sales(known: Mapping[str, Any], days: DayRange, zone: ZoneInfo) -> list[Sale]:
    """The shop's sales on local days of a zone, page by page."""
    start = datetime.combine(days.first, time(), zone).isoformat()
    end = datetime.combine(days.last + timedelta(days=1), time(), zone).isoformat()
    variables: dict[str, Any] = {"search": f"created_at:>='{start}' AND created_at:<'{end}'"}
    url = f"{known['base_url']}/admin/api/{known['api_version']}/graphql.json"
    orders: list[dict[str, Any]] = []
    with httpx.Client(timeout=60, headers={"X-Shopify-Access-Token": known["access_token"]}) as http:
        while True:
            answer = http.post(url, json={"query": ORDERS, "variables": variables}).json()
            page = answer["data"]["orders"]
            orders += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                break
            variables["after"] = page["pageInfo"]["endCursor"]
    for order in orders:
        order["lineItems"] = order["lineItems"]["nodes"]
        for refund in order["refunds"]:
            for name in ("refundLineItems", "refundShippingLines"):
                refund[name] = refund[name]["nodes"]
    return shopify_sales_of(orders, str(known["shop_id"]), zone)


def meta_ads(known: Mapping[str, Any], days: DayRange) -> list[AdRow]:
    """The account's ads by day, asked for with facebook-business."""
    session = FacebookSession(known["app_id"], known["app_secret"], known["access_token"])
    session.GRAPH = known["base_url"]
    account = AdAccount(f"act_{str(known['account_id']).removeprefix('act_')}", api=FacebookAdsApi(session))
    rows: list[dict[str, Any]] = []
    for part in days.chunks(AD_DAYS):
        asked = {
            "level": "ad",
            "time_increment": 1,
            "time_range": {"since": f"{part.first}", "until": f"{part.last}"},
            "filtering": [{"field": "ad.effective_status", "operator": "IN", "value": EVERY_STATUS}],
            "limit": 500,
        }
        rows += [dict(row) for row in account.get_insights(fields=FIELDS, params=asked)]
    return ads_of(rows)


def google_ads(known: Mapping[str, Any], days: DayRange) -> list[AdRow]:
    """The account's campaigns by day, with a token of one's own and one query for all days."""
    form = {name: known[name] for name in ("client_id", "client_secret", "refresh_token")}
    query = (
        "SELECT customer.id, customer.currency_code, campaign.id, segments.date, metrics.impressions, "
        "metrics.clicks, metrics.cost_micros, metrics.conversions, metrics.conversions_value FROM campaign "
        f"WHERE segments.date >= '{days.first}' AND segments.date <= '{days.last}' "
        "ORDER BY segments.date DESC"
    )
    with httpx.Client(base_url=known["base_url"], timeout=60) as http:
        granted = http.post("/token", data={**form, "grant_type": "refresh_token"}).raise_for_status().json()
        headers = {"authorization": f"Bearer {granted['access_token']}"}
        if known["login_customer_id"]:
            headers["login-customer-id"] = known["login_customer_id"]
        path = f"/v26/customers/{known['account_id']}/googleAds:searchStream"
        pieces = http.post(path, json={"query": query}, headers=headers).raise_for_status().json()
    return google_ads_of(row for piece in pieces for row in piece["results"])
