"""What the numbers should be, counted anew in plain Python from orders, ad rows and exchange rates.

Shares no code with the pipeline or the sandbox: it knows the design's definitions only.
"""

from __future__ import annotations

import calendar
import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx

UNCOUNTED = {"UNPAID", "CANCELLED"}
AD_PLATFORMS = ("meta_ads", "google_ads")
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
BILLIONTH = Decimal("0.000000001")
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
OLDEST_RATE = timedelta(days=7)

Rates = Mapping[date, Mapping[str, Decimal]]


@dataclass(frozen=True)
class Sale:
    """An order that is neither unpaid nor cancelled; money in its own currency."""

    day: date
    shop_id: str
    currency: str
    units: int
    net: Decimal
    refund: Decimal
    platform: str = "shopee"


@dataclass(frozen=True)
class AdRow:
    """The day of an ad, or of a campaign where that holds more than ads; money in the account's currency."""

    platform: str
    day: date
    account_id: str
    campaign_id: str
    currency: str
    impressions: int
    clicks: int
    spend: Decimal
    conversions: Decimal
    value: Decimal


def money(value: Any) -> Decimal:
    """A JSON number or string as it was written."""
    return Decimal(str(value or 0))


def sales_of(
    orders: Iterable[Mapping[str, Any]],
    incomes: Mapping[str, Mapping[str, Any]],
    shop_id: str,
    zone: ZoneInfo,
) -> list[Sale]:
    """Sales from Shopee's own words: orders in detail, and `order_income` by order number."""
    sales = []
    for order in orders:
        if order["order_status"] in UNCOUNTED:
            continue
        income, items = incomes[order["order_sn"]], order["item_list"]
        gross = sum(money(i["model_original_price"]) * i["model_quantity_purchased"] for i in items)
        sales.append(
            Sale(
                day=datetime.fromtimestamp(order["create_time"], zone).date(),
                shop_id=shop_id,
                currency=order["currency"],
                units=sum(i["model_quantity_purchased"] for i in items),
                net=gross - money(income["seller_discount"]) - money(income["voucher_from_seller"]),
                refund=-money(income.get("seller_return_refund")),
            )
        )
    return sales


NOTHING_PAID = {"PENDING", "VOIDED", "EXPIRED"}


def shopify_sales_of(orders: Iterable[Mapping[str, Any]], shop_id: str, zone: ZoneInfo) -> list[Sale]:
    """Sales from Shopify's own words: orders with lists of lines and refunds."""
    sales = []
    for order in orders:
        unpaid = order["displayFinancialStatus"] in NOTHING_PAID
        if unpaid or order["cancelledAt"] or order["test"]:
            continue
        lines = order["lineItems"]
        gross = sum(_shop(line["originalUnitPriceSet"]) * line["quantity"] for line in lines)
        off = sum(_shop(part["allocatedAmountSet"]) for line in lines for part in line["discountAllocations"])
        created = datetime.fromisoformat(order["createdAt"])
        sales.append(
            Sale(
                day=created.astimezone(zone).date(),
                shop_id=shop_id,
                currency=order["currencyCode"],
                units=sum(line["quantity"] for line in lines),
                net=Decimal(gross - off),
                refund=sum(
                    (_goods_back(one, order["taxesIncluded"]) for one in order["refunds"]), Decimal(0)
                ),
                platform="shopify",
            )
        )
    return sales


def _goods_back(refund: Mapping[str, Any], taxes_included: bool) -> Decimal:
    """What was given back for goods; nothing where no money moved."""
    back = _shop(refund["totalRefundedSet"])
    if not back:
        return back
    back -= sum(_shop(one["subtotalAmountSet"]) for one in refund["refundShippingLines"])
    if taxes_included:
        return back
    back -= sum(_shop(one["taxAmountSet"]) for one in refund["refundShippingLines"])
    return back - sum(_shop(one["totalTaxSet"]) for one in refund["refundLineItems"])


def _shop(bag: Mapping[str, Any]) -> Decimal:
    return Decimal(bag["shopMoney"]["amount"])


def ads_of(rows: Iterable[Mapping[str, Any]]) -> list[AdRow]:
    """Ad rows from Meta's own words: insights by ad and day."""
    return [
        AdRow(
            platform="meta_ads",
            day=date.fromisoformat(row["date_start"]),
            account_id=row["account_id"],
            campaign_id=row["campaign_id"],
            currency=row["account_currency"],
            impressions=int(row["impressions"]),
            clicks=int(row.get("inline_link_clicks") or 0),
            spend=money(row["spend"]),
            conversions=_purchases(row.get("actions")),
            value=_purchases(row.get("action_values")),
        )
        for row in rows
    ]


def google_ads_of(rows: Iterable[Mapping[str, Any]]) -> list[AdRow]:
    """Campaign rows from Google's own words: a campaign holds all that its ads do, and Performance Max."""
    return [
        AdRow(
            platform="google_ads",
            day=date.fromisoformat(row["segments"]["date"]),
            account_id=row["customer"]["id"],
            campaign_id=row["campaign"]["id"],
            currency=row["customer"]["currencyCode"],
            impressions=int(row["metrics"]["impressions"]),
            clicks=int(row["metrics"]["clicks"]),
            spend=Decimal(row["metrics"]["costMicros"]).scaleb(-6),
            conversions=money(row["metrics"]["conversions"]),
            value=money(row["metrics"]["conversionsValue"]),
        )
        for row in rows
    ]


def _purchases(actions: Sequence[Mapping[str, Any]] | None) -> Decimal:
    """The omni-channel figure before its parts, never their sum."""
    told = {action["action_type"]: money(action["value"]) for action in actions or []}
    return next((told[name] for name in PURCHASES if name in told), Decimal(0))


def published_rates(ecb_url: str) -> dict[date, dict[str, Decimal]]:
    """Every rate of the ECB's history file: units of a currency for one euro, by day of publication."""
    answer = httpx.get(f"{ecb_url}/stats/eurofxref/eurofxref-hist.zip", timeout=60).raise_for_status()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        text = archive.read("eurofxref-hist.csv").decode()
    return {
        date.fromisoformat(row["Date"]): {
            name: Decimal(rate)
            for name, rate in row.items()
            if name and name != "Date" and rate not in {"N/A", ""}
        }
        for row in csv.DictReader(io.StringIO(text))
    }


def in_force(rates: Rates, day: date) -> Mapping[str, Decimal]:
    """The latest rates on or before a day, at most seven days old."""
    for age in range(OLDEST_RATE.days + 1):
        found = rates.get(day - timedelta(days=age))
        if found:
            return {**found, "EUR": Decimal(1)}
    return {}


def rounded(value: Decimal) -> Decimal:
    return EXACT.quantize(value, BILLIONTH)


def converted(amount: Decimal, currency: str, into: str, day: date, rates: Rates) -> Decimal:
    """One amount at its day's reference rate, rounded once."""
    if currency == into:
        return rounded(amount)
    today = in_force(rates, day)
    return rounded(EXACT.divide(EXACT.multiply(amount, today[into]), today[currency]))


def ratio(top: Decimal | int | None, bottom: Decimal | int | None) -> Decimal | None:
    if top is None or bottom is None or bottom == 0:
        return None
    return rounded(EXACT.divide(Decimal(top), Decimal(bottom)))


def change(now: Decimal | int | None, before: Decimal | int | None) -> Decimal | None:
    return None if now is None or before is None else ratio(now - before, before)


def month_before(day: date) -> date:
    """The same day of the month before, else its last."""
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def totals(
    sales: Iterable[Sale], ads: Iterable[AdRow], days: Iterable[date], shops: Iterable[str]
) -> dict[tuple[str, date], dict[str, Any]]:
    """Day totals of platforms in the shop's and the account's own currency, as the truth tells them."""
    found: dict[tuple[str, date], dict[str, Any]] = {}
    shops = list(shops)
    for day in days:
        for platform in shops:
            found[platform, day] = {"orders": 0, "units": 0, "revenue": Decimal(0), "refunds": Decimal(0)}
        for platform in AD_PLATFORMS:
            counts = dict.fromkeys(("impressions", "clicks", "conversions"), 0)
            found[platform, day] = counts | dict.fromkeys(("spend", "conversion_value"), Decimal(0))
    for sale in sales:
        if (sale.platform, sale.day) in found:
            day_row = found[sale.platform, sale.day]
            day_row["orders"] += 1
            day_row["units"] += sale.units
            day_row["revenue"] += sale.net
            day_row["refunds"] += sale.refund
    for ad in ads:
        if (ad.platform, ad.day) in found:
            day_row = found[ad.platform, ad.day]
            day_row["impressions"] += ad.impressions
            day_row["clicks"] += ad.clicks
            day_row["conversions"] += ad.conversions
            day_row["spend"] += ad.spend
            day_row["conversion_value"] += ad.value
    return found


def daily_performance(
    sales: Iterable[Sale], ads: Iterable[AdRow], days: Iterable[date], into: str, rates: Rates
) -> dict[date, dict[str, Any]]:
    """The mart's figures for each day; `days` are all that are stored, so others compare with nothing."""
    sums: dict[date, dict[str, Any]] = {day: defaultdict(Decimal) for day in days}
    for sale in sales:
        if sale.day in sums:
            day = sums[sale.day]
            day["total_revenue"] += converted(sale.net, sale.currency, into, sale.day, rates)
            day["total_refund_amount"] += converted(sale.refund, sale.currency, into, sale.day, rates)
            day["total_orders"] += 1
            day["total_units"] += sale.units
    for ad in ads:
        if ad.day in sums:
            day = sums[ad.day]
            day["total_ad_spend"] += converted(ad.spend, ad.currency, into, ad.day, rates)
            day["total_conversion_value"] += converted(ad.value, ad.currency, into, ad.day, rates)
            day["total_impressions"] += ad.impressions
            day["total_clicks"] += ad.clicks
            day["total_conversions"] += ad.conversions
    plain = {day: {name: found[name] for name in ADDITIVE} for day, found in sums.items()}
    roas = {day: ratio(row["total_revenue"], row["total_ad_spend"]) for day, row in plain.items()}
    revenue = {day: row["total_revenue"] for day, row in plain.items()}
    return {
        day: {
            **row,
            "avg_order_value": ratio(row["total_revenue"], row["total_orders"]),
            "roas": roas[day],
            "cpa": ratio(row["total_ad_spend"], row["total_conversions"]),
            "ctr": ratio(row["total_clicks"], row["total_impressions"]),
            "conversion_rate": ratio(row["total_conversions"], row["total_clicks"]),
            "revenue_vs_yesterday": change(revenue[day], revenue.get(day - timedelta(days=1))),
            "revenue_vs_last_week": change(revenue[day], revenue.get(day - timedelta(days=7))),
            "revenue_vs_last_month": change(revenue[day], revenue.get(month_before(day))),
            "roas_vs_yesterday": change(roas[day], roas.get(day - timedelta(days=1))),
        }
        for day, row in plain.items()
    }


ADDITIVE = (
    "total_revenue",
    "total_orders",
    "total_units",
    "total_refund_amount",
    "total_ad_spend",
    "total_impressions",
    "total_clicks",
    "total_conversions",
    "total_conversion_value",
)


def shop_performance(
    sales: Iterable[Sale], days: Iterable[date], shop_id: str, into: str, rates: Rates
) -> dict[date, dict[str, Any]]:
    """The mart's figures of one shop."""
    daily = daily_performance([s for s in sales if s.shop_id == shop_id], [], days, into, rates)
    months = {day: daily.get(month_before(day), {}) for day in daily}
    return {
        day: {
            "shop_id": shop_id,
            "revenue": row["total_revenue"],
            "orders": row["total_orders"],
            "units": row["total_units"],
            "avg_order_value": row["avg_order_value"],
            "refund_amount": row["total_refund_amount"],
            "refund_rate": ratio(row["total_refund_amount"], row["total_revenue"]),
            "revenue_mom": change(row["total_revenue"], months[day].get("total_revenue")),
            "orders_mom": change(row["total_orders"], months[day].get("total_orders")),
        }
        for day, row in daily.items()
    }


def campaign_performance(
    ads: Iterable[AdRow], into: str, rates: Rates
) -> dict[tuple[date, str], dict[str, Any]]:
    """The mart's figures by day and campaign."""
    sums: dict[tuple[date, str], dict[str, Any]] = defaultdict(lambda: defaultdict(Decimal))
    for ad in ads:
        row = sums[ad.day, ad.campaign_id]
        row["spend"] += converted(ad.spend, ad.currency, into, ad.day, rates)
        row["conversion_value"] += converted(ad.value, ad.currency, into, ad.day, rates)
        row["impressions"] += ad.impressions
        row["clicks"] += ad.clicks
        row["conversions"] += ad.conversions
    return {
        key: {
            **row,
            "roas": ratio(row["conversion_value"], row["spend"]),
            "cpa": ratio(row["spend"], row["conversions"]),
            "ctr": ratio(row["clicks"], row["impressions"]),
        }
        for key, row in sums.items()
    }
