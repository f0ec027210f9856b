"""Raw tables written by hand: one function a kind of row, so that a test states only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.costs import tables as costs
from marketing_assets.platforms.ecb import tables as ecb
from marketing_assets.platforms.google_ads import tables as google_ads
from marketing_assets.platforms.meta_ads import tables as meta_ads
from marketing_assets.platforms.shopee import tables as shopee
from marketing_assets.schema import Table, polars_schema
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.warehouse import Warehouse

Row = dict[str, Any]
SHOP = "220011881"
ACCOUNT = "101550000000001"
SEARCH_ACCOUNT = "7301188201"


def write(warehouse: Warehouse, table: Table, rows: list[Row], days: DayRange) -> None:
    """Replace days of a raw table by the given rows; columns that a row leaves out are null."""
    common = {
        "tenant_id": warehouse.tenant_id,
        "_ingested_at": datetime(2026, 3, 1, tzinfo=UTC),
        "_source_file": "by hand",
        "raw_json": "{}",
    }
    names = [c.name for c in table.all_columns]
    full = [{name: (common | row).get(name) for name in names} for row in rows]
    frame = pl.DataFrame(full, schema=polars_schema(table.all_columns), orient="row")
    warehouse.replace_days("raw", TableSpec.from_table(table), days, [frame] if rows else [])


def noon(day: date) -> datetime:
    return datetime.combine(day, time(5), tzinfo=UTC)


def item(quantity: int = 1, price: str = "100", **fields: Any) -> Row:
    """An item of an order; its price is what the buyer paid unless `list_price` says more."""
    list_price = fields.pop("list_price", price)
    names = [f.name for f in shopee.ORDERS.column("item_list").fields]
    given = {
        "item_id": "9001",
        "item_name": "Lamp",
        "model_id": "1",
        "model_sku": "LAMP-01",
        "model_quantity_purchased": quantity,
        "model_original_price": Decimal(list_price),
        "model_discounted_price": None if price is None else Decimal(price),
    } | fields
    return {name: given.get(name) for name in names}


def order(day: date, number: str, *items: Row, status: str = "COMPLETED", **fields: Any) -> Row:
    return {
        "day": day,
        "shop_id": SHOP,
        "order_sn": number,
        "order_status": status,
        "currency": "THB",
        "create_time": noon(day),
        "update_time": noon(day) + timedelta(hours=1),
        "payment_method": "Cash on Delivery",
        "item_list": list(items) or [item()],
    } | fields


def escrow(day: date, number: str, **fields: Any) -> Row:
    amounts = {
        k: Decimal(v) if isinstance(v, str) and k not in {"currency", "shop_id"} else v
        for k, v in fields.items()
    }
    return {
        "day": day,
        "shop_id": SHOP,
        "order_sn": number,
        "order_create_time": noon(day),
        "currency": "THB",
    } | amounts


def insight(
    day: date,
    ad: str,
    spend: str = "0",
    actions: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    **fields: Any,
) -> Row:
    def as_actions(given: Mapping[str, str] | None) -> list[Row] | None:
        return [{"action_type": t, "value": Decimal(v)} for t, v in given.items()] if given else None

    return {
        "day": day,
        "account_id": ACCOUNT,
        "account_name": "Siam Ads",
        "account_currency": "THB",
        "account_time_zone": "Asia/Bangkok",
        "campaign_id": "10",
        "campaign_name": "Lamps",
        "adset_id": "20",
        "adset_name": "All",
        "ad_id": ad,
        "ad_name": f"Ad {ad}",
        "objective": "OUTCOME_SALES",
        "date_start": day,
        "date_stop": day,
        "impressions": 1000,
        "reach": 800,
        "clicks": 30,
        "inline_link_clicks": 20,
        "spend": Decimal(spend),
        "actions": as_actions(actions),
        "action_values": as_actions(values),
    } | fields


def campaign(day: date, campaign_id: str = "10", status: str = "ACTIVE", **fields: Any) -> Row:
    return {
        "day": day,
        "account_id": ACCOUNT,
        "id": campaign_id,
        "name": "Lamps",
        "currency": "THB",
        "effective_status": status,
        "objective": "OUTCOME_SALES",
    } | fields


def adset(day: date, adset_id: str, campaign_id: str = "10", **fields: Any) -> Row:
    return {
        "day": day,
        "account_id": ACCOUNT,
        "id": adset_id,
        "campaign_id": campaign_id,
        "currency": "THB",
        "effective_status": "ACTIVE",
    } | fields


def google_budget(day: date, budget_id: str, amount: str | None, **fields: Any) -> Row:
    return {
        "day": day,
        "account_id": SEARCH_ACCOUNT,
        "currency_code": "THB",
        "budget_id": budget_id,
        "period": "DAILY",
        "amount": None if amount is None else Decimal(amount),
        "is_shared": False,
    } | fields


def google_campaign(day: date, campaign_id: str, cost: str = "0", **fields: Any) -> Row:
    """A campaign's day on phones."""
    return {
        "day": day,
        "account_id": SEARCH_ACCOUNT,
        "account_name": "Siam Search",
        "currency_code": "THB",
        "time_zone": "Asia/Bangkok",
        "campaign_id": campaign_id,
        "campaign_name": f"Campaign {campaign_id}",
        "campaign_status": "ENABLED",
        "advertising_channel_type": "SEARCH",
        "date": day,
        "device": "MOBILE",
        "impressions": 100,
        "clicks": 10,
        "cost": Decimal(cost),
        "conversions": Decimal(0),
        "conversions_value": Decimal(0),
    } | fields


def google_ad(day: date, campaign_id: str, ad: str, cost: str = "0", **fields: Any) -> Row:
    """An ad's day on phones."""
    own = {"ad_group_id": f"{campaign_id}1", "ad_group_name": "Group", "ad_id": ad, "ad_name": ""}
    return google_campaign(day, campaign_id, cost) | own | fields


def shop(day: date, name: str = "Siam Home", **fields: Any) -> Row:
    return {"day": day, "shop_id": SHOP, "shop_name": name, "region": "TH", "status": "NORMAL"} | fields


def product(day: date, item_id: str = "9001", **fields: Any) -> Row:
    return {
        "day": day,
        "shop_id": SHOP,
        "item_id": item_id,
        "item_name": "Lamp",
        "item_status": "NORMAL",
        "has_model": False,
        "item_sku": "LAMP-01",
        "price_info": [{"currency": "THB", "original_price": Decimal(120), "current_price": Decimal(100)}],
        "total_available_stock": 7,
    } | fields


def cost(day: date, amount: str = "100", **fields: Any) -> Row:
    return {
        "day": day,
        "date": day,
        "cost_id": "c1",
        "kind": "agency",
        "name": "Retainer",
        "amount": Decimal(amount),
        "currency": "THB",
        "file_name": "agency.csv",
        "file_line": 2,
        "from_date": day,
        "to_date": day,
        "period_amount": Decimal(amount),
    } | fields


def unit_cost(
    day: date, unit_cost: str, valid_from: date, valid_to: date | None = None, **fields: Any
) -> Row:
    """A row of the list as it stood on a day."""
    return {
        "day": day,
        "sku_master": "LAMP",
        "unit_cost": Decimal(unit_cost),
        "currency": "THB",
        "valid_from": valid_from,
        "valid_to": valid_to,
        "file_name": "cogs.csv",
        "file_line": 2,
    } | fields


RATES = {"THB": "37.915", "USD": "1.1626", "SGD": "1.5083", "IDR": "19421.37"}


def rates(days: DayRange, given: Mapping[str, str] = RATES, published: date | None = None) -> list[Row]:
    return [
        {"day": d, "date": d, "currency": c, "rate": Decimal(r), "rate_date": published or d}
        for d in days
        for c, r in given.items()
    ]


class Raw:
    """The raw tables of one tenant, written range by range."""

    def __init__(self, warehouse: Warehouse):
        self.warehouse = warehouse

    def orders(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, shopee.ORDERS, list(rows), days)

    def escrow(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, shopee.ESCROW, list(rows), days)

    def products(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, shopee.PRODUCTS, list(rows), days)

    def shops(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, shopee.SHOPS, list(rows), days)

    def insights(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, meta_ads.INSIGHTS, list(rows), days)

    def campaigns(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, meta_ads.CAMPAIGNS, list(rows), days)

    def adsets(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, meta_ads.ADSETS, list(rows), days)

    def ad_accounts(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, meta_ads.ACCOUNTS, list(rows), days)

    def google_campaign_days(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, google_ads.CAMPAIGN_PERFORMANCE, list(rows), days)

    def google_ads(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, google_ads.AD_PERFORMANCE, list(rows), days)

    def google_campaigns(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, google_ads.CAMPAIGNS, list(rows), days)

    def google_budgets(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, google_ads.CAMPAIGN_BUDGETS, list(rows), days)

    def rates(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, ecb.FX_RATES, list(rows), days)

    def costs(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, costs.COSTS, list(rows), days)

    def cogs(self, days: DayRange, *rows: Row) -> None:
        write(self.warehouse, costs.COGS, list(rows), days)

    def nothing(self, days: DayRange) -> None:
        """Days on which nothing happened, with exchange rates."""
        for empty in (self.orders, self.escrow, self.products, self.shops, self.insights, self.campaigns):
            empty(days)
        self.costs(days)
        self.rates(days, *rates(days))
