"""Reads from a tenant's warehouse what `history` makes as-of days of."""

from __future__ import annotations

from datetime import date, datetime, time

import polars as pl

from marketing_assets.intelligence.facts import KEY, OF_ADS, OF_SHOPS, Facts
from marketing_assets.partitions import local_day
from marketing_assets.tenants import Tenant
from marketing_assets.transform.vars import settles_after
from marketing_assets.warehouse.warehouse import Warehouse

_Types = dict[str, pl.DataType | type[pl.DataType]]
_OF_DAYS: _Types = {"date": pl.Date, "platform": pl.String, "account_id": pl.String}
_INSTANT = pl.Datetime("us", "UTC")


def _floats_of(*names: str) -> _Types:
    return dict.fromkeys(names, pl.Float64)


_EMPTY: dict[str, _Types] = {
    "shops": {**_OF_DAYS, "account_name": pl.String, **_floats_of(*OF_SHOPS, "contribution", "marketing")},
    "ads": {
        **_OF_DAYS,
        "account_name": pl.String,
        "campaign_id": pl.String,
        "campaign_name": pl.String,
        **_floats_of(*OF_ADS, "contribution"),
    },
    "products": {
        "date": pl.Date,
        "sku": pl.String,
        "name": pl.String,
        **_floats_of("revenue", "units", "profit"),
    },
    "other_costs": {"date": pl.Date, **_floats_of("amount")},
    "looks": {
        **_OF_DAYS,
        "campaign_id": pl.String,
        "observed_at": _INSTANT,
        "days_after": pl.Int64,
        **_floats_of(*OF_SHOPS, *OF_ADS),
    },
    "growth": {**_OF_DAYS, "metric": pl.String, "observed_at": _INSTANT, **_floats_of("growth")},
    "curve": {
        "platform": pl.String,
        "metric": pl.String,
        "days_after": pl.Int64,
        **_floats_of("share_known"),
    },
}


def known_until(tenant: Tenant, day: date, now: datetime) -> datetime:
    """Up to when a run as of `day` knows: the moment its schedule is due; for today, now."""
    if day >= local_day(now, tenant.zone):
        return now
    due = time.fromisoformat(tenant.schedules.intelligence)
    return datetime.combine(day, due, tzinfo=tenant.zone)


def read_facts(warehouse: Warehouse, tenant: Tenant) -> Facts:
    """Everything the warehouse holds; tables that were never written count as empty.

    Rows in another currency than the tenant's reporting currency of today are left out: nothing can be said
    of days that were computed for another one until they are computed again.
    """
    with warehouse.held():
        read = _Reader(warehouse, tenant)
        return Facts(
            shops=read.shops(),
            ads=read.ads(),
            products=read.products(),
            other_costs=read.other_costs(),
            looks=read.looks(),
            growth=read.growth(),
            curve=read.curve(),
            settles_after=settles_after(tenant),
        )


class _Reader:
    def __init__(self, warehouse: Warehouse, tenant: Tenant):
        self._warehouse, self._tenant = warehouse, tenant
        self._tables: dict[str, set[str]] = {}

    def shops(self) -> pl.DataFrame:
        rows = self._rows(
            "staging",
            "int_daily_shops",
            "day as date, platform, shop_id as account_id, coalesce(shop_name, shop_id) as account_name, "
            "revenue, orders, units",
            in_currency=True,
        )
        profit = self._rows(
            "mart",
            "order_profit",
            "day as date, platform, shop_id as account_id, sum(profit + marketing_cost) as contribution, "
            "sum(marketing_cost) as marketing",
            "group by day, platform, shop_id",
            in_currency=True,
        )
        joined = self._joined(rows, profit, ["date", "platform", "account_id"])
        shops = _typed(joined, "shops")
        days = self._rows("staging", "int_daily_performance", "day as date", in_currency=True)
        return shops if days is None else pl.concat([shops, _days_without_sales(shops, days)])

    def ads(self) -> pl.DataFrame:
        rows = self._rows(
            "staging",
            "int_daily_campaigns",
            "day as date, platform, account_id, coalesce(account_name, account_id) as account_name, "
            "campaign_id, coalesce(campaign_name, campaign_id) as campaign_name, " + ", ".join(OF_ADS),
            in_currency=True,
        )
        brought = self._rows(
            "mart",
            "campaign_profit",
            "day as date, platform, account_id, campaign_id, attributed_profit as contribution",
            in_currency=True,
        )
        accounts = self._rows(
            "mart",
            "ads_channel_performance",
            "day as date, platform, account_id, coalesce(account_name, account_id) as account_name",
            in_currency=True,
        )
        ads = _typed(self._joined(rows, brought, KEY), "ads")
        if accounts is None:
            return ads
        idle = accounts.join(ads, on=["date", "platform", "account_id"], how="anti")
        return pl.concat([ads, _typed(idle.with_columns(campaign_id=pl.lit("")), "ads")])

    def products(self) -> pl.DataFrame:
        rows = self._rows(
            "mart",
            "product_performance",
            "day as date, sku_master as sku, coalesce(product_name, sku_master) as name, "
            "total_revenue as revenue, total_units as units, gross_profit as profit",
            in_currency=True,
        )
        return _typed(rows, "products")

    def other_costs(self) -> pl.DataFrame:
        rows = self._rows("mart", "daily_profit", "day as date, other_costs as amount", in_currency=True)
        return _typed(rows, "other_costs")

    def looks(self) -> pl.DataFrame:
        """What fetches said, converted as the models convert, at the rate of the day."""
        common = "day as date, platform, currency, observed_at, days_after, "
        orders = self._rows(
            "ops",
            "order_observations",
            common + "shop_id as account_id, '' as campaign_id, " + ", ".join(OF_SHOPS),
        )
        ads = self._rows(
            "ops",
            "ads_observations",
            common + "account_id, campaign_id, " + ", ".join(OF_ADS),
        )
        found = [f for f in (orders, ads) if f is not None]
        if not found:
            return _typed(None, "looks")
        rows = self._converted(pl.concat([_floats(f) for f in found], how="diagonal"))
        return _typed(rows, "looks")

    def _converted(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Amounts in the reporting currency; without a rate there is no amount, in models neither."""
        own = pl.col("currency") == self._tenant.reporting_currency
        rates = self._rows("staging", "fx_rates", "day as date, currency, fx_rate as rate")
        if rates is None:
            return rows.filter(own)
        found = rows.join(_floats(rates), on=["date", "currency"], how="left")
        found = found.with_columns(rate=pl.when(own).then(1.0).otherwise("rate")).drop_nulls("rate")
        money = ("revenue", "spend", "conversion_value")
        return found.with_columns(pl.col(m) * pl.col("rate") for m in money if m in found.columns)

    def growth(self) -> pl.DataFrame:
        columns = "day as date, platform, account_id, metric, observed_at, value as known, expected_value"
        found = [self._rows("ops", f"{kind}_expected_finals", columns) for kind in ("ads", "order")]
        known = [_floats(f) for f in found if f is not None]
        if not known:
            return _typed(None, "growth")
        rows = pl.concat(known).filter(pl.col("known") > 0, pl.col("expected_value").is_not_null())
        return _typed(rows.with_columns(growth=pl.col("expected_value") / pl.col("known")), "growth")

    def curve(self) -> pl.DataFrame:
        """The newest curve there is."""
        rows = self._rows("mart", "restatement_curve", "day, platform, metric, days_after, share_known")
        if rows is None:
            return _typed(None, "curve")
        newest = rows.filter(pl.col("share_known").is_not_null(), pl.col("day") == pl.col("day").max())
        return _typed(newest, "curve")

    def _rows(
        self, layer: str, table: str, columns: str, rest: str = "", in_currency: bool = False
    ) -> pl.DataFrame | None:
        where = "where day between $first and $last and tenant_id = $tenant"
        params = {"first": self._tenant.start_date, "last": date.max, "tenant": self._tenant.id}
        if in_currency:
            where += " and currency = $currency"
            params["currency"] = self._tenant.reporting_currency
        if layer not in self._tables:
            self._tables[layer] = set(self._warehouse.tables(layer))
        if table not in self._tables[layer]:
            return None
        relation = self._warehouse.relation(layer, table)
        return self._warehouse.query(f"select {columns} from {relation} {where} {rest}", params)

    @staticmethod
    def _joined(rows: pl.DataFrame | None, more: pl.DataFrame | None, on: list[str]) -> pl.DataFrame | None:
        return rows if rows is None or more is None else rows.join(more, on=on, how="left")


def _days_without_sales(shops: pl.DataFrame, computed: pl.DataFrame) -> pl.DataFrame:
    """Zeros for each shop on the days that were computed after its first, and on which it sold nothing."""
    known = shops.group_by("platform", "account_id").agg(
        pl.col("account_name").last(), pl.col("date").min().alias("first")
    )
    days = known.join(computed, how="cross").filter(pl.col("date") > pl.col("first"))
    idle = days.join(shops, on=["date", "platform", "account_id"], how="anti")
    return _typed(idle, "shops")


def _floats(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col(pl.Decimal).cast(pl.Float64))


def _typed(rows: pl.DataFrame | None, name: str) -> pl.DataFrame:
    """The columns that `Facts` names; figures that are missing are zero, names empty."""
    schema = _EMPTY[name]
    if rows is None:
        return pl.DataFrame(schema=schema)
    absent = {c: pl.lit(None) for c in schema if c not in rows.columns}
    typed = rows.with_columns(**absent).select(pl.col(c).cast(t) for c, t in schema.items())
    return typed.with_columns(pl.col(pl.Float64).fill_null(0.0), pl.col(pl.String).fill_null(""))
