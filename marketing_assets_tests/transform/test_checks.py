"""Bad data: what blocks, what warns, and what a failed run says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.shopee import tables as shopee
from marketing_assets_tests.transform.raw import RATES, insight, item, order, product, rates, write

D = date(2026, 3, 10)
ONE = DayRange(D, D)


def checks(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    return {e.check_name: e for e in result.get_asset_check_evaluations()}


def written(result: dg.ExecuteInProcessResult) -> set[str]:
    return {e.materialization.asset_key.path[-1] for e in result.get_asset_materialization_events()}


def test_a_currency_without_a_rate_is_flagged_and_stops_the_marts(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.orders(ONE, order(D, "A1"), order(D, "A2", currency="KES"))
    result = h.run(ONE, raise_on_error=False)
    assert not result.success
    staged = {r["order_id"]: r for r in h.rows("staging.orders")}
    assert (staged["A2"]["amount_reporting"], staged["A2"]["amount_thb"], staged["A2"]["fx_rate"]) == (
        None,
        None,
        None,
    )
    assert staged["A2"]["is_fx_missing"] and not staged["A1"]["is_fx_missing"]
    check = checks(result)["orders_are_converted"]
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    assert check.metadata["failed_rows"].value == 1
    assert "daily_performance" not in written(result)
    assert "orders" in written(result)


def test_an_old_rate_is_no_rate(house: Any) -> None:
    h = house(reporting_currency="USD")
    dollar, baht = {"USD": RATES["USD"]}, {"THB": RATES["THB"]}
    h.raw.nothing(ONE)
    h.raw.orders(ONE, order(D, "A1"))
    h.raw.rates(ONE, *rates(ONE, dollar), *rates(ONE, baht, D - timedelta(days=8)))
    assert not h.run(ONE, raise_on_error=False).success
    assert h.rows("staging.orders")[0]["is_fx_missing"]
    h.raw.rates(ONE, *rates(ONE, dollar), *rates(ONE, baht, D - timedelta(days=7)))
    assert h.run(ONE).success
    [row] = h.rows("staging.orders")
    assert (row["is_fx_missing"], row["fx_rate_date"]) == (False, D - timedelta(days=7))


def test_the_reporting_currency_needs_no_rate_for_itself(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.rates(ONE, *rates(ONE, {"USD": "1.1"}))
    h.raw.orders(ONE, order(D, "A1"))
    assert h.run(ONE).success
    [row] = h.rows("staging.orders")
    assert (row["amount_reporting"], row["amount_thb"], row["fx_rate"]) == (100, 100, 1)


def test_an_unmapped_sku_warns_and_is_not_lost(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.orders(ONE, order(D, "A1", item(2, "10", model_sku=" new 01 "), item(1, "5", model_sku="")))
    h.raw.products(ONE, product(D, item_sku="new 01"))
    result = h.run(ONE)
    check = checks(result)["skus_are_mapped"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    # For people: how many, which rule, and what to do.
    assert str(check.description).startswith("2 rows break the rule: Every SKU that was sold is in the SKU")
    assert "dbt/seeds/sku_mapping.csv" in str(check.metadata["next_step"].value)
    items = {r["sku_normalized"]: r for r in h.rows("staging.order_items")}
    assert set(items) == {"NEW01", "9001-1"}
    assert items["NEW01"]["sku_master"] == "unmapped:NEW01"
    assert not items["NEW01"]["is_mapped"]
    assert h.mart_day(D)["total_revenue"] == 25
    [found] = h.rows("staging.products")
    assert found["sku_master"] == "unmapped:NEW01"
    assert found["platforms"][0]["stock_quantity"] == 7


def test_an_unknown_status_counts_as_pending_and_warns(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.orders(ONE, order(D, "A1", status="TELEPORTED"))
    result = h.run(ONE)
    check = checks(result)["shopee_order_statuses_are_known"]
    assert not check.passed
    assert str(check.description).startswith("1 row breaks the rule: Shopee sent no status")
    assert "compiled_sql" in str(check.metadata["next_step"].value)
    assert h.rows("staging.orders")[0]["order_status_normalized"] == "pending"


def test_an_ad_account_in_another_zone_warns(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.insights(ONE, insight(D, "1", "1", account_time_zone="America/New_York"))
    assert not checks(h.run(ONE))["ad_days_are_the_tenants_days"].passed


def test_duplicate_orders_stop_the_marts(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.orders(ONE, order(D, "A1"), order(D, "A1"))
    result = h.run(ONE, raise_on_error=False)
    assert not result.success
    assert not checks(result)["stg_shopee__orders__unique_keys"].passed
    assert "orders" not in written(result)


def test_a_day_without_exchange_rates_stops_the_marts(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.rates(ONE)
    result = h.run(ONE, raise_on_error=False)
    assert not result.success
    assert not checks(result)["fx_rates__every_day"].passed


def test_every_check_runs_and_passes_on_an_empty_day(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    result = h.run(ONE)
    found = checks(result)
    assert set(found) == {c.name for c in h.check_specs}
    assert [name for name, e in found.items() if not e.passed] == []


def test_a_failed_model_is_named_with_the_engines_words(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    write(h.warehouse, shopee.ORDERS, [order(D, "A1", item(10**18, "99999999999999"))], ONE)
    with pytest.raises(dg.Failure) as failed:
        h.run(ONE)
    text = str(failed.value.description)
    assert "siam, days 2026-03-10..2026-03-10" in text
    assert "stg_shopee__orders" in text
    assert "Out of Range" in text or "Conversion Error" in text
    assert "skipped" in text


def test_a_raw_table_that_was_never_written_is_named_with_the_remedy(house: Any) -> None:
    with pytest.raises(dg.Failure, match="materialise the table that does not exist yet") as failed:
        house().run(ONE)
    assert "ecb_fx_rates" in str(failed.value.description)


def test_materialisations_show_rows_columns_and_days(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.raw.orders(ONE, order(D, "A1"), order(D, "A2"))
    result = h.run(ONE)
    events = result.get_asset_materialization_events()
    found = {e.materialization.asset_key.path[-1]: e.materialization.metadata for e in events}
    shown = found["orders"]
    assert shown["dagster/row_count"].value == 2
    assert shown["dagster/table_name"].value == "siam.staging.orders"
    columns = {c.name: c for c in shown["dagster/column_schema"].schema.columns}
    assert columns["net_amount"].type == "DECIMAL(38,9)"
    assert columns["net_amount"].description.startswith("Gross less discount")
    assert shown["execution_seconds"].value >= 0
    assert found["daily_performance"]["days"].value > 1


def test_a_subset_runs_alone_with_its_own_checks(house: Any) -> None:
    h = house()
    h.raw.nothing(ONE)
    h.run(ONE)
    result = h.run(ONE, selection=[dg.AssetKey(["siam", "staging", "orders"])])
    assert written(result) == {"orders"}
    assert set(checks(result)) == {c.name for c in h.check_specs if c.asset_key.path[-1] == "orders"}


def test_old_days_run_without_any_snapshot(house: Any) -> None:
    h = house()
    h.raw.orders(ONE, order(D, "A1"))
    h.raw.escrow(ONE)
    h.raw.insights(ONE)
    h.raw.costs(ONE)
    h.raw.rates(ONE, *rates(ONE))
    assert h.run(ONE).success
    assert [(r["shop_name"], r["revenue"]) for r in h.rows("mart.shop_performance")] == [(None, 100)]
