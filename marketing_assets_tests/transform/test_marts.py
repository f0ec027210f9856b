"""Marts against what plain Python makes of the same raw rows, to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import polars as pl

from marketing_assets.intelligence.ml_tables import ANOMALIES
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.schema import polars_schema
from marketing_assets_tests.transform.raw import (
    RATES,
    SHOP,
    campaign,
    escrow,
    insight,
    item,
    order,
    rates,
    shop,
)

D = date(2026, 3, 10)
ONE = DayRange(D, D)
NINE = Decimal("1e-9")


def converted(amount: str | Decimal, source: str, target: str) -> Decimal:
    exact = Decimal(amount) * Decimal(RATES[target]) / Decimal(RATES[source])
    return exact.quantize(NINE, ROUND_HALF_EVEN)


def ratio(top: Any, bottom: Any) -> Decimal:
    return (Decimal(top) / Decimal(bottom)).quantize(NINE, ROUND_HALF_EVEN)


def test_a_day_in_a_foreign_currency(house: Any) -> None:
    h = house("northwind", reporting_currency="USD")
    h.raw.nothing(ONE)
    h.raw.orders(
        ONE,
        order(D, "A1", item(2, "79.5", list_price="99.9"), item(1, "0.1", model_id="2"), currency="SGD"),
        order(D, "A2", item(3, "10"), currency="SGD", status="READY_TO_SHIP"),
        order(D, "A3", item(1, "500"), currency="SGD", status="CANCELLED"),
        order(D, "A4", item(1, "400"), currency="SGD", status="UNPAID"),
        order(D, "A5", item(1, "33.33"), currency="SGD", status="IN_CANCEL"),
    )
    h.raw.escrow(ONE, escrow(D, "A2", seller_discount="3", voucher_from_seller="1.5", currency="SGD"))
    h.raw.insights(
        ONE,
        insight(
            D,
            "1",
            "12.34",
            {"omni_purchase": "3", "purchase": "2"},
            {"omni_purchase": "120.5"},
            account_currency="SGD",
        ),
        insight(D, "2", "7.66", {"purchase": "1"}, {"purchase": "30"}, account_currency="SGD"),
    )
    h.run(ONE)

    net = {"A1": Decimal("159.1"), "A2": Decimal("25.5"), "A5": Decimal("33.33")}
    revenue = sum((converted(n, "SGD", "USD") for n in net.values()), Decimal(0))
    spend = converted("12.34", "SGD", "USD") + converted("7.66", "SGD", "USD")
    row = h.mart_day(D)
    assert row["total_revenue"] == revenue
    assert (row["total_orders"], row["total_units"], row["currency"]) == (3, 7, "USD")
    assert row["avg_order_value"] == ratio(revenue, 3)
    assert row["total_ad_spend"] == spend
    assert (row["total_impressions"], row["total_clicks"], row["total_conversions"]) == (2000, 40, 4)
    assert row["roas"] == ratio(revenue, spend)
    assert row["cpa"] == ratio(spend, 4)
    assert row["ctr"] == ratio(40, 2000)
    assert row["conversion_rate"] == ratio(4, 40)
    assert row["is_anomaly"] is None and row["anomaly_type"] is None

    staged = {r["order_id"]: r for r in h.rows("staging.orders")}
    assert {k: staged[k]["net_amount"] for k in net} == net
    assert staged["A1"]["amount_thb"] == converted(net["A1"], "SGD", "THB")
    assert staged["A1"]["fx_rate"] == converted("1", "SGD", "USD")
    assert staged["A1"]["fx_rate_date"] == D
    assert (staged["A3"]["order_status_normalized"], staged["A3"]["is_revenue"]) == ("cancelled", False)
    assert (staged["A4"]["order_status_normalized"], staged["A4"]["is_revenue"]) == ("pending", False)
    assert staged["A5"]["is_revenue"]


def test_refunds_stand_beside_revenue(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.orders(
        ONE,
        order(D, "part", item(4, "25", returned_qty=1)),
        order(D, "all", item(2, "50", returned_qty=2)),
        order(D, "settled", item(2, "100", returned_qty=1)),
    )
    h.raw.escrow(ONE, escrow(D, "settled", seller_return_refund="-80", seller_discount="0"))
    h.run(ONE)
    orders = {r["order_id"]: r for r in h.rows("staging.orders")}
    assert {k: (r["order_status_normalized"], r["refund_amount"]) for k, r in orders.items()} == {
        "part": ("completed", 25),
        "all": ("refunded", 100),
        "settled": ("completed", 80),
    }
    [day] = h.rows("mart.shop_performance")
    assert (day["revenue"], day["refund_amount"], day["refund_rate"]) == (400, 205, Decimal("0.5125"))
    assert h.mart_day(D)["total_revenue"] == 400


def test_every_day_of_a_run_has_a_row(house: Any) -> None:
    h = house()
    days = DayRange(D - timedelta(days=2), D)
    h.raw.nothing(days)
    h.raw.shops(ONE, shop(D))
    h.raw.orders(ONE, order(D, "A1"))
    h.run(days)
    marts = h.rows("mart.daily_performance")
    assert [(r["day"], r["total_revenue"], r["total_orders"]) for r in marts] == [
        (days.first, 0, 0),
        (days.first + timedelta(days=1), 0, 0),
        (D, 100, 1),
    ]
    assert marts[0]["roas"] is None and marts[0]["avg_order_value"] is None
    assert marts[2]["revenue_vs_yesterday"] is None, "yesterday is there, but zero"
    shops = h.rows("mart.shop_performance")
    assert [(r["day"], r["shop_name"], r["revenue"]) for r in shops] == [
        (days.first, "Siam Home", 0),
        (days.first + timedelta(days=1), "Siam Home", 0),
        (D, "Siam Home", 100),
    ]


def test_campaigns_are_judged_against_the_targets(house: Any) -> None:
    h = house()  # targets: ROAS 4, CPA 50
    h.raw.nothing(ONE)

    def ad(campaign_id: str, spend: str, bought: str | None, value: str | None) -> Any:
        return insight(
            D,
            campaign_id,
            spend,
            {"purchase": bought} if bought else None,
            {"purchase": value} if value else None,
            campaign_id=campaign_id,
        )

    h.raw.insights(
        ONE,
        ad("10", "100", "2", "400"),
        ad("11", "100", "1", "400"),
        ad("12", "100", None, None),
        ad("13", "0", None, None),
    )
    h.raw.campaigns(ONE, campaign(D, "10"), campaign(D, "11", "PAUSED"))
    h.run(ONE)
    found = {r["campaign_id"]: r for r in h.rows("mart.campaign_performance")}
    assert {k: r["performance_status"] for k, r in found.items()} == {
        "10": "good",
        "11": "warning",
        "12": "poor",
        "13": None,
    }
    assert {k: r["is_active"] for k, r in found.items()} == {"10": True, "11": False, "12": None, "13": None}
    assert (found["10"]["roas"], found["10"]["cpa"]) == (4, 50)
    assert (found["12"]["roas"], found["12"]["cpa"]) == (0, None)


def test_snapshots_say_when_they_are_backdated(house: Any) -> None:
    h = house()
    days = DayRange(D, D + timedelta(days=2))
    taken = D + timedelta(days=1)
    h.raw.nothing(days)
    h.raw.insights(days, *(insight(d, "1", "1") for d in days))
    h.raw.campaigns(DayRange(taken, taken), campaign(taken))
    h.run(days)
    marked = [(r["is_active"], r["is_status_backdated"]) for r in h.rows("mart.campaign_performance")]
    assert marked == [(True, True), (True, False), (True, False)]


def test_text_of_any_script_survives(house: Any) -> None:
    h = house()
    name = "โคมไฟ 🪔 «Ñandú» 'quoted' \"twice\""
    h.raw.nothing(ONE)
    h.raw.shops(ONE, shop(D, name))
    h.raw.orders(ONE, order(D, "A1", item(item_name=name)))
    h.raw.insights(ONE, insight(D, "1", "1", campaign_name=name))
    h.run(ONE)
    assert h.rows("staging.order_items")[0]["product_name"] == name
    assert h.rows("mart.shop_performance")[0]["shop_name"] == name
    assert h.rows("mart.campaign_performance")[0]["campaign_name"] == name


def test_shop_comparisons(house: Any) -> None:
    h = house()
    month, year = date(2026, 2, 10), date(2025, 3, 10)
    for day, price in [(month, "200"), (year, "400"), (D, "100")]:
        one = DayRange(day, day)
        h.raw.nothing(one)
        h.raw.orders(one, order(day, f"A{day}", item(1, price)))
        h.run(one)
    row = next(r for r in h.rows("mart.shop_performance") if r["day"] == D)
    assert (row["shop_id"], row["revenue_mom"], row["revenue_yoy"], row["orders_mom"]) == (
        SHOP,
        Decimal("-0.5"),
        Decimal("-0.75"),
        0,
    )


def test_rates_of_a_weekend_keep_their_date(house: Any) -> None:
    h = house(reporting_currency="USD")
    friday = D - timedelta(days=3)
    h.raw.nothing(ONE)
    h.raw.rates(ONE, *rates(ONE, published=friday))
    h.raw.orders(ONE, order(D, "A1"))
    h.run(ONE)
    assert h.rows("staging.orders")[0]["fx_rate_date"] == friday


def test_the_daily_mart_shows_what_was_told_of_the_whole_business(house: Any) -> None:
    of = house()
    days = DayRange(date(2026, 3, 2), date(2026, 3, 4))
    of.raw.nothing(days)
    of.raw.orders(days, *(order(day, f"o{day.day}") for day in days))
    judged = [
        (days.first, "tenant", "revenue", 0.9, "outage", True),
        (days.first, "tenant", "aov", 0.6, "spike", True),
        (days.first + ONE_DAY, "tenant", "revenue", 0.1, None, False),
        (days.first + ONE_DAY, "campaign", "ctr", 0.99, "drop", True),
    ]
    frame = pl.DataFrame([_row(*j) for j in judged], schema=polars_schema(ANOMALIES.columns))
    of.warehouse.replace_days("ml", ANOMALIES, DayRange(days.first, days.last + ONE_DAY), [frame])
    of.write(days)
    shown = {r["day"]: (r["is_anomaly"], r["anomaly_type"]) for r in of.rows("mart.daily_performance")}
    assert [shown[day] for day in days] == [(True, "outage"), (False, None), (None, None)]


def _row(day: date, kind: str, metric: str, score: float, what: str | None, is_alert: bool) -> dict[str, Any]:
    given = {
        "tenant_id": "siam",
        "day": day + ONE_DAY,
        "date": day,
        "entity_type": kind,
        "entity_id": "" if kind == "tenant" else "meta_ads/1/2",
        "entity_name": "Siam",
        "metric": metric,
        "expected": 1,
        "score": score,
        "anomaly_type": what,
        "currency": "THB",
        "contributors": "[]",
        "is_alert": is_alert,
        "is_reconstructed": False,
        "model_version": "1",
    }
    return {c.name: given.get(c.name) for c in ANOMALIES.columns}
