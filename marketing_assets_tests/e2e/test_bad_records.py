"""Records that are wrong, missing, doubled or hard to place: nothing is lost and nothing passes silently."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from marketing_assets.partitions import DayRange
from marketing_assets_tests.e2e.house import House, Run

pytestmark = pytest.mark.xdist_group("e2e_bad")

ORDERS = "key:siam/raw/shopee_orders"
CLOSED = date(2026, 1, 2)
"""The shops sell nothing on these days."""

DAILY = '+key:"siam/mart/daily_performance"'
"""What the day's numbers are made of."""


def one(day: date) -> DayRange:
    return DayRange(day, day)


def noon(day: date) -> str:
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC).isoformat()


def find(rows: list[dict[str, Any]], name: str, value: str) -> dict[str, Any]:
    [row] = [r for r in rows if r[name] == value]
    return row


def marketing(house: House, *arguments: str) -> str:
    """A command's words; it must succeed."""
    from marketing_assets.cli import app

    with house.entered():
        result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.output


def test_a_record_that_breaks_its_contract_waits_as_a_dead_letter(house: House) -> None:
    day = date(2026, 10, 20)
    orders = house.truth("siam", one(day))["shopee", day]["orders"]
    broken = {"created": noon(day), "in_truth": False, "wire_item": {"model_original_price": "a lot"}}
    sn = house.place("siam", **broken, buyer_name="สมหญิง ไม่มีจริง", message="โทรหาที่ 0812345678")
    run = house.run("siam", one(day), ORDERS)
    # It is known, so the count is complete; a check warns of it and nothing else is held up.
    assert run.success, run.complaint
    assert list(run.failed_checks(dg.AssetCheckSeverity.WARN)) == ["siam/raw/shopee_orders:dead_letters"]
    rows = house.rows("siam", "raw.shopee_orders", one(day))
    assert sn not in {row["order_sn"] for row in rows}
    assert sum(row["order_status"] not in {"UNPAID", "CANCELLED"} for row in rows) == orders

    listed = marketing(house, "dead-letters", "list", "siam")
    assert "1 dead letters of siam" in listed and sn in listed and f"{day}" in listed
    [letter] = house.rows("siam", "ops.dead_letters", one(day))
    assert letter["reason"] == "item_list[].model_original_price: 'a lot' is no NUMERIC"
    assert letter["table_name"] == "shopee_orders" and letter["account_id"] == "220011881"
    shown = marketing(house, "dead-letters", "show", "siam", letter["id"])
    assert '"model_original_price": "a lot"' in shown
    assert "สมหญิง" not in shown and "0812345678" not in shown and "66810000000" not in shown

    # Judged again from landing it is as broken as before: the payload has not changed.
    assert "1 dead letters" in marketing(house, "dead-letters", "replay", "siam", "--table", "shopee_orders")
    assert house.frame("siam", "ops.dead_letters", one(day)).height == 1

    house.place("siam", order_sn=sn, amend=True, wire_item={"model_original_price": 100.5})
    assert house.run("siam", one(day), ORDERS).success
    assert house.frame("siam", "ops.dead_letters", one(day)).is_empty()
    mended = find(house.rows("siam", "raw.shopee_orders", one(day)), "order_sn", sn)
    assert mended["item_list"][0]["model_original_price"] == Decimal("100.5")
    assert "no dead letters to replay" in marketing(house, "dead-letters", "replay", "siam")


def test_an_amount_without_a_rate_is_no_amount(house: House) -> None:
    """No guess and no zero: the amounts stay empty, the row is flagged, the check stops the marts."""
    day = date(2026, 10, 21)
    sn = house.place("siam", created=noon(day), currency="LAK", in_truth=False)
    run = house.run("siam", one(day), DAILY)
    assert not run.success
    failed = run.failed_checks()
    assert "siam/staging/orders:orders_are_converted" in failed
    order = find(house.rows("siam", "staging.orders", one(day)), "order_id", sn)
    assert order["currency"] == "LAK" and order["net_amount"] > 0
    assert order["amount_thb"] is order["amount_reporting"] is order["fx_rate"] is None
    assert order["is_fx_missing"] is True
    assert not any(
        r["is_fx_missing"] for r in house.rows("siam", "staging.orders", one(day)) if r["order_id"] != sn
    )
    assert not any(asset.startswith("siam/mart/daily") for asset in run.written)


def test_records_that_move_between_pages_count_once(house: House) -> None:
    day = date(2026, 10, 22)
    house.sandbox.world.settings.update({"meta_insights_page": 25})
    truth = house.truth("siam", one(day))["meta_ads", day]
    house.fault("moving", "meta_ads", path="level=ad", tenant="siam")
    run = house.run("siam", one(day), "key:siam/raw/meta_ads_insights")
    assert run.success, run.complaint
    assert any(house.fired().values())
    assert run.metadata["siam/raw/meta_ads_insights"]["duplicates_dropped"].value > 0
    rows = house.rows("siam", "raw.meta_ads_insights", one(day))
    assert len({row["ad_id"] for row in rows}) == len(rows)
    assert sum(row["spend"] for row in rows) == truth["spend"]


def test_a_day_without_orders_is_fine(house: House) -> None:
    assert house.truth("siam", one(CLOSED))["shopee", CLOSED]["orders"] == 0
    run = house.run("siam", one(CLOSED), DAILY)
    assert run.success, run.complaint
    [row] = house.rows("siam", "mart.daily_performance", one(CLOSED))
    assert (row["total_orders"], row["total_units"], row["total_revenue"]) == (0, 0, 0)
    assert row["avg_order_value"] is None


def test_a_day_without_rows_where_the_platform_counts_some_stops_there(house: House) -> None:
    """The listing names an order whose details never come: nothing is computed from that day."""
    day = CLOSED + timedelta(days=1)
    assert house.truth("siam", one(day))["shopee", day]["orders"] == 0
    house.place("siam", created=noon(day))
    house.fault("lacking", "shopee", path="get_order_detail")
    run = house.run("siam", one(day), DAILY)
    assert not run.success
    gap = f"{day}: rows is 0, the platform says 1"
    tables = ("shopee_escrow", "shopee_orders")
    failed = run.failed_checks()
    assert set(failed) == {f"siam/raw/{table}:completeness" for table in tables}
    assert all(said.startswith(f"{gap}\n\nSince: {day}\n\n") for said in failed.values()), failed
    assert "siam/staging/orders" not in run.written and "siam/mart/daily_performance" not in run.written
    house.control("DELETE", "faults")
    healed = house.run("siam", one(day), DAILY)
    assert healed.success, healed.complaint
    [row] = house.rows("siam", "mart.daily_performance", one(day))
    assert row["total_orders"] == 1


LACKING = {
    "a page of the order list": ("shopee", "get_order_list", "shopee_orders", True),
    "a page of order details": ("shopee", "get_order_detail", "shopee_orders", True),
    "a page of settlements": ("shopee", "get_escrow_detail_batch", "shopee_escrow", True),
    "a page of ads": ("meta_ads", "level=ad", "meta_ads_insights", False),
    "a page of the account's totals": ("meta_ads", "level=account", "meta_ads_insights", True),
}


@pytest.mark.parametrize("what", LACKING)
def test_a_page_that_silently_lacks_records_is_healed_or_told(house: House, what: str) -> None:
    """What the platform tells in two ways heals; where it tells it once, its own totals show the gap."""
    platform, path, table, heals = LACKING[what]
    day = date(2026, 10, 23)
    house.fault("lacking", platform, path=path, tenant="siam", times=1)
    run = house.run("siam", one(day), f"key:siam/raw/{table}")
    assert all(house.fired().values())
    if heals:
        assert run.success, run.complaint
    else:
        assert list(run.failed_checks()) == [f"siam/raw/{table}:completeness"]
        assert "the platform says" in run.failed_checks()[f"siam/raw/{table}:completeness"]
        assert house.run("siam", one(day), f"key:siam/raw/{table}").success
    truth = house.truth("siam", one(day))
    rows = house.rows("siam", f"raw.{table}", one(day))
    if table == "shopee_orders":
        sold = [row for row in rows if row["order_status"] not in {"UNPAID", "CANCELLED"}]
        assert len(sold) == truth["shopee", day]["orders"]
    elif table == "meta_ads_insights":
        assert sum(row["spend"] for row in rows) == truth["meta_ads", day]["spend"]
    else:
        assert len(rows) == truth["shopee", day]["orders"]


# Orders at the edges of New York's days, sold by a shop in Singapore. Each with the day it belongs to.
EDGES: dict[str, tuple[str, date]] = {
    "tomorrow in Singapore": ("2026-10-19T17:30:00+00:00", date(2026, 10, 19)),
    "last second before the short day": ("2026-03-08T04:59:59+00:00", date(2026, 3, 7)),
    "first second of the short day": ("2026-03-08T05:00:00+00:00", date(2026, 3, 8)),
    "before the hour that is missing": ("2026-03-08T06:59:59+00:00", date(2026, 3, 8)),
    "after the hour that is missing": ("2026-03-08T07:00:00+00:00", date(2026, 3, 8)),
    "last second of the short day": ("2026-03-09T03:59:59+00:00", date(2026, 3, 8)),
    "first second after the short day": ("2026-03-09T04:00:00+00:00", date(2026, 3, 9)),
    "first second of the long day": ("2026-11-01T04:00:00+00:00", date(2026, 11, 1)),
    "half past one for the first time": ("2026-11-01T05:30:00+00:00", date(2026, 11, 1)),
    "half past one for the second time": ("2026-11-01T06:30:00+00:00", date(2026, 11, 1)),
    "last second of the long day": ("2026-11-02T04:59:59+00:00", date(2026, 11, 1)),
    "first second after the long day": ("2026-11-02T05:00:00+00:00", date(2026, 11, 2)),
}
NAME = "ผ้าขนหนู 🛁 “Größe” Nº1 👩‍👩‍👧"


class Edges:
    """Northwind after runs over the days around both changes of clocks, with orders at their edges."""

    RANGES = (
        DayRange(date(2026, 3, 7), date(2026, 3, 9)),
        DayRange(date(2026, 10, 31), date(2026, 11, 2)),
        one(date(2026, 10, 19)),
    )
    TOLD = ("mart/daily_performance", "mart/shop_performance", "staging/order_items")

    def __init__(self, house: House):
        self.house = house
        self.placed = {
            what: house.place("northwind", created=at, lines=[{"name": NAME, "quantity": 2}])
            for what, (at, _) in EDGES.items()
        }
        self.runs: list[Run] = [
            house.run("northwind", self.RANGES[0], "group:northwind_raw and key:northwind/raw/shopee_orders"),
            house.run(
                "northwind",
                self.RANGES[1],
                " or ".join(f'+key:"northwind/{table}"' for table in self.TOLD),
            ),
            house.run("northwind", self.RANGES[2], "key:northwind/raw/shopee_orders"),
        ]
        self.truth = {d: house.truth("northwind", r)["shopee", d] for r in self.RANGES for d in r}


@pytest.fixture(scope="module")
def edges(small_house: House) -> Edges:
    found = Edges(small_house)
    for run in found.runs:
        assert run.success, run.complaint
    return found


@pytest.mark.parametrize("what", EDGES)
def test_an_order_belongs_to_its_day_in_the_tenants_zone(edges: Edges, what: str) -> None:
    at, day = EDGES[what]
    row = find(edges.house.rows("northwind", "raw.shopee_orders"), "order_sn", edges.placed[what])
    assert row["day"] == day
    assert row["create_time"] == datetime.fromisoformat(at)
    assert row["tenant_id"] == "northwind"


def test_days_of_23_and_25_hours_hold_what_the_truth_says(edges: Edges) -> None:
    for day, truth in edges.truth.items():
        rows = edges.house.rows("northwind", "raw.shopee_orders", one(day))
        sold = [row for row in rows if row["order_status"] not in {"UNPAID", "CANCELLED"}]
        assert len(sold) == truth["orders"] > 0, day


def test_both_half_past_ones_count_in_the_mart(edges: Edges) -> None:
    days = edges.RANGES[1]
    rows = edges.house.rows("northwind", "mart.shop_performance", days)
    mart = {row["day"]: row for row in rows if row["platform"] == "shopee"}
    assert {d: mart[d]["orders"] for d in days} == {d: edges.truth[d]["orders"] for d in days}
    assert {d: mart[d]["units"] for d in days} == {d: edges.truth[d]["units"] for d in days}
    daily = {row["day"]: row for row in edges.house.rows("northwind", "mart.daily_performance", days)}
    for day in days:
        assert daily[day]["total_orders"] == sum(row["orders"] for row in rows if row["day"] == day)


def test_emoji_and_thai_arrive_as_they_were_sent(edges: Edges) -> None:
    sn = edges.placed["half past one for the first time"]
    raw = find(edges.house.rows("northwind", "raw.shopee_orders"), "order_sn", sn)
    assert raw["item_list"][0]["item_name"] == NAME and NAME in raw["raw_json"]
    item = find(edges.house.rows("northwind", "staging.order_items"), "order_id", sn)
    assert item["product_name"] == NAME
    days = edges.house.rows("northwind", "mart.shop_performance", one(date(2026, 11, 1)))
    [day] = [row for row in days if row["platform"] == "shopee"]
    assert day["shop_name"] is None or "🎁" in day["shop_name"]
