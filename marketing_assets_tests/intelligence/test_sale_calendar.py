"""What moves shops, by day: the calendar, the tenant's markets and its own promotions."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from marketing_assets.intelligence.own_promotions import parse_promotions
from marketing_assets.intelligence.sale_calendar import Promotion, sale_calendar
from marketing_assets.partitions import DayRange
from marketing_assets.tenants import Tenant
from marketing_assets_tests.installation import shipped

YEAR = DayRange(date(2026, 1, 1), date(2026, 12, 31))


def day(market: str, month: int, of_month: int, *promotions: Promotion) -> dict[str, Any]:
    rows = sale_calendar(YEAR, [market], promotions).filter(pl.col("date") == date(2026, month, of_month))
    return rows.row(0, named=True)


def test_double_days_are_sales_everywhere_and_the_late_ones_great() -> None:
    rows = sale_calendar(YEAR, ["TH"]).filter(pl.col("date").dt.day() == pl.col("date").dt.month())
    assert rows["sale"].to_list() == [f"{n}.{n}" for n in range(1, 13)]
    assert rows.filter("is_great_sale")["sale"].to_list() == ["9.9", "10.10", "11.11", "12.12"]


def test_each_market_has_its_own_days() -> None:
    assert day("TH", 4, 13)["sale"] == "Songkran" and day("US", 4, 13)["sale"] is None
    assert "Songkran" in day("TH", 4, 14)["holiday"]
    assert day("US", 11, 26)["holiday"] == "Thanksgiving Day" and day("TH", 11, 26)["holiday"] is None
    week = [day("US", 11, n)["sale"] for n in range(22, 31)]
    assert week == [None, *["Black Friday week"] * 8]
    assert day("US", 11, 27)["is_great_sale"] and not day("TH", 11, 27)["is_great_sale"]


def test_wages_of_a_weekend_are_paid_on_friday() -> None:
    paid = sale_calendar(DayRange(date(2026, 4, 20), date(2026, 5, 1)), ["TH"]).filter("is_payday")
    # 25 April 2026 is a Saturday, the 30th a Thursday.
    assert paid["date"].to_list() == [date(2026, 4, 24), date(2026, 4, 30)]


def test_days_near_a_sale_or_promotion_are_known_beforehand() -> None:
    near = sale_calendar(DayRange(date(2026, 11, 5), date(2026, 11, 14)), ["TH"]).filter("is_near_sale")
    assert [d.day for d in near["date"]] == [8, 9, 10, 12]
    own = Promotion(DayRange(date(2026, 8, 20), date(2026, 8, 21)), "Birthday")
    assert [day("TH", 8, n, own)["promotion"] for n in (19, 20, 21, 22)] == [
        None,
        "Birthday",
        "Birthday",
        None,
    ]
    assert [day("TH", 8, n, own)["is_near_sale"] for n in (16, 17, 20, 22)] == [False, True, False, True]


def test_promotions_are_read_and_every_mistake_is_named() -> None:
    content = "from,to,name\n2026-08-20,2026-08-21,Birthday\n2026-09-01,,\n\nsoon,,Party\n2026-09-09,x\n"
    read = parse_promotions(content.encode(), "siam/promotions.csv")
    assert [(p.days.first, len(p.days), p.name) for p in read.promotions] == [
        (date(2026, 8, 20), 2, "Birthday"),
        (date(2026, 9, 1), 1, "promotion"),
    ]
    assert [m.split(":")[1] for m in read.mistakes] == ["5", "6"]
    assert parse_promotions(b"day,name\n", "f").mistakes == ("f:1: the header must be from,to,name",)


def test_a_tenants_markets_are_told_or_that_of_its_time_zone() -> None:
    assert Tenant.model_validate(shipped("northwind")).markets_or_own == ["US"]
    assert Tenant.model_validate(shipped("siam", markets=["TH", "SG"])).markets_or_own == ["TH", "SG"]
    assert Tenant.model_validate(shipped("siam", time_zone="UTC")).markets_or_own == []
    with pytest.raises(ValueError, match="no country whose holidays are known"):
        Tenant.model_validate(shipped("siam", markets=["Thailand"]))
