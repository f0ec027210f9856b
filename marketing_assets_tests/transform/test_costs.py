"""Cost files in staging: conversion by the day's rate, and which unit cost holds on which day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.raw import RATES, cost, item, order, rates, unit_cost

D = date(2026, 3, 10)
NEXT = D + timedelta(days=1)
ONE = DayRange(D, D)
TWO = DayRange(D, NEXT)
LIST = DayRange(date(2026, 3, 20), date(2026, 3, 20))


def test_a_cost_is_converted_by_its_days_rate(house: Any) -> None:
    h = house()
    h.raw.nothing(TWO)
    h.raw.rates(TWO, *rates(ONE), *rates(DayRange(NEXT, NEXT), {**RATES, "USD": "2"}))
    h.raw.costs(
        TWO,
        cost(D, "10", currency="USD", cost_platform="meta_ads"),
        cost(NEXT, "10", currency="USD"),
        cost(D, "7.5", cost_id="c2"),
    )
    assert h.run(TWO).success
    first, second, third = h.rows("staging.costs", "cost_id", "day")
    quotient = (Decimal(10) * Decimal(RATES["THB"]) / Decimal(RATES["USD"])).quantize(Decimal("1e-9"))
    assert (first["amount"], first["amount_reporting"], first["platform"]) == (10, quotient, "meta_ads")
    assert second["amount_reporting"] == Decimal(RATES["THB"]) * 5
    assert (third["amount_reporting"], third["fx_rate"], third["fx_rate_date"]) == (Decimal("7.5"), 1, D)
    assert not any(row["is_fx_missing"] for row in (first, second, third))


def test_a_cost_without_a_rate_is_flagged_and_leaves_sales_alone(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.costs(ONE, cost(D, currency="VND"))
    result = h.run(ONE, raise_on_error=False)
    assert not result.success
    [row] = h.rows("staging.costs")
    assert (row["amount_reporting"], row["fx_rate"], row["is_fx_missing"]) == (None, None, True)
    failed = {e.check_name for e in result.get_asset_check_evaluations() if not e.passed}
    assert failed == {"costs_are_converted"}
    assert h.mart_day(D)["total_revenue"] == 0


def test_a_wrong_sign_stops_costs(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.costs(ONE, cost(D, "-1"), cost(D, "1", cost_id="c2", kind="credit"))
    result = h.run(ONE, raise_on_error=False)
    [failed] = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert (failed.check_name, failed.metadata["failed_rows"].value) == ("only_credits_are_negative", 2)


def test_a_vanished_cost_vanishes(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.costs(ONE, cost(D))
    h.run(ONE)
    h.raw.costs(ONE)
    h.run(ONE)
    assert h.rows("staging.costs") == []


def held(h: Any) -> list[tuple[date, str, Decimal]]:
    return [(r["day"], r["sku_master"], r["unit_cost"]) for r in h.rows("staging.cogs", "day", "sku_master")]


def test_the_newest_list_holds_for_past_days_by_its_own_validity(house: Any) -> None:
    h = house()
    h.raw.nothing(TWO)
    earlier = DayRange(D, D)
    h.raw.cogs(earlier, unit_cost(D, "9", D - timedelta(days=30)), unit_cost(D, "5", D, sku_master="GONE"))
    h.run(TWO)
    assert held(h) == [(D, "GONE", 5), (D, "LAMP", 9), (NEXT, "GONE", 5), (NEXT, "LAMP", 9)]

    snapshot = LIST.first
    h.raw.nothing(LIST)
    h.raw.cogs(
        LIST,
        unit_cost(snapshot, "11", D - timedelta(days=30), D),
        unit_cost(snapshot, "12", NEXT, file_line=3),
        unit_cost(snapshot, "99", snapshot + timedelta(days=1), sku_master="LATER"),
    )
    h.run(LIST)
    h.run(TWO)
    assert held(h) == [(D, "LAMP", 11), (NEXT, "LAMP", 12), (snapshot, "LAMP", 12)]
    assert {r["snapshot_day"] for r in h.rows("staging.cogs")} == {snapshot}


def test_two_costs_of_a_sku_on_one_day_stop_what_follows(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.cogs(ONE, unit_cost(D, "9", D), unit_cost(D, "8", D - timedelta(days=1)))
    result = h.run(ONE, raise_on_error=False)
    assert {e.check_name for e in result.get_asset_check_evaluations() if not e.passed} == {
        "cogs__unique_keys"
    }


def test_a_cost_of_a_sku_that_nothing_knows_warns_and_names_it(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.orders(ONE, order(D, "A1", item(model_sku="NEW-7")))
    known = ("BAG-0002", "unmapped:NEW-7")
    h.raw.cogs(ONE, *(unit_cost(D, "9", D, sku_master=sku) for sku in (*known, "BAG-OOO2")))
    found = {e.check_name: e for e in h.run(ONE).get_asset_check_evaluations()}
    check = found["cost_files_name_known_skus"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.metadata["failed_rows"].value == 1
