"""`ml/forecasts` with its outlook and errors, by Dagster on a DuckDB file."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from marketing_assets.ingest.fetch import now_utc
from marketing_assets.intelligence.assets.common import replace_days
from marketing_assets.intelligence.assets.forecast_checks import (
    better_than_seasonal_naive,
    forecast_checks,
    intervals_hold,
    said_of_each_day,
)
from marketing_assets.intelligence.assets.forecasts import forecasts_asset
from marketing_assets.intelligence.forecast_rows import plain_schema
from marketing_assets.intelligence.ml_tables import FORECAST_ERRORS, FORECASTS
from marketing_assets.partitions import ONE_DAY, DayRange, local_day, partitions_definition
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import State
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.installation import QUIET, shipped, write_tenant
from marketing_assets_tests.intelligence.advertised import shop
from marketing_assets_tests.intelligence.tables import fill, look

TARGETS = {"roas": 4, "cpa": 50, "monthly": {"revenue": 200_000}}
CONTENT = shipped("siam", targets=TARGETS)
TENANT = Tenant.model_validate(CONTENT)
TODAY = local_day(now_utc(), TENANT.zone)
RUN = DayRange(TODAY - ONE_DAY, TODAY)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    (tmp_path / "tenants").mkdir()
    write_tenant(tmp_path / "tenants", "siam", CONTENT)
    monkeypatch.setenv("MARKETING_HOME", str(tmp_path))
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path / "tenants"))
    return open_warehouse(load_settings(), "siam")


def materialize(days: DayRange) -> dg.ExecuteInProcessResult:
    partitions = partitions_definition(TENANT.start_date, TENANT.time_zone)
    tags = {
        "dagster/asset_partition_range_start": f"{days.first}",
        "dagster/asset_partition_range_end": f"{days.last}",
    }
    asset = forecasts_asset(TENANT, partitions, load_settings())
    return dg.materialize([asset, forecast_checks(TENANT)], run_config=QUIET, tags=tags)


def test_a_run_writes_three_tables_judges_them_and_draws(warehouse: Warehouse) -> None:
    fill(warehouse, shop(200).with_(last=TODAY - ONE_DAY))
    look(warehouse)
    run = materialize(RUN)
    rows = warehouse.read("ml", "forecasts")
    assert rows.filter(entity_type="tenant", metric="revenue").group_by("day").len().sort("day").rows() == [
        (day, 90) for day in RUN
    ]
    own = rows.filter(pl.col("day") == TODAY, entity_type="tenant")
    assert own["date"].min() == TODAY
    assert own["date"].max() == TODAY + timedelta(days=89)
    assert own["tenant_id"].unique().to_list() == ["siam"]
    of_parts = rows.filter(pl.col("day") == TODAY, entity_type="platform", metric="spend")
    by_date = of_parts.group_by("date").agg(pl.col("value").sum()).sort("date")["value"].cast(pl.Float64)
    whole = own.filter(metric="spend").sort("date")["value"].cast(pl.Float64)
    assert by_date.to_list() == pytest.approx(whole.to_list())

    outlook = warehouse.read("ml", "forecast_outlook").filter(day=TODAY)
    assert dict(outlook.select("metric", "target").rows())["revenue"] == 200_000
    errors = warehouse.read("ml", "forecast_errors").filter(day=TODAY, entity_type="tenant")
    assert not errors["is_reconstructed"].any()
    assert set(errors["metric"]) == {"revenue", "spend", "conversions", "profit"}  # every day has 50 orders

    checks = {c.check_name: c for c in run.get_asset_check_evaluations()}
    assert set(checks) == {"said_of_each_day", "better_than_seasonal_naive", "intervals_hold"}
    assert {check.metadata["state"].value for check in checks.values()} == {"passed"}, checks
    told = run.asset_materializations_for_node("siam__ml__forecasts")[-1].metadata
    plot = str(told["forecast_fan"].value)
    assert base64.b64decode(plot.split("base64,")[1].rstrip(")")).startswith(b"\x89PNG")
    assert "| revenue |" in str(told["outlook"].value)
    assert "theta" in str(told["models"].value)
    assert str(TODAY - timedelta(days=200)) in str(told["data_window"].value)


def test_a_day_alone_is_told_as_in_a_range_and_again(warehouse: Warehouse) -> None:
    fill(warehouse, shop(90).with_(last=TODAY - ONE_DAY))
    past = DayRange(TODAY - 9 * ONE_DAY, TODAY - 8 * ONE_DAY)
    order = ["day", "entity_type", "entity_id", "metric", "date"]
    materialize(past)
    together = warehouse.read("ml", "forecasts").sort(order)
    for day in past:
        materialize(DayRange(day, day))
    assert warehouse.read("ml", "forecasts").sort(order).equals(together)
    # No look tells that any of it was known on these days.
    assert together.filter(pl.col("value").is_not_null())["is_reconstructed"].all()


def test_three_days_and_none_at_all_say_why(warehouse: Warehouse) -> None:
    run = materialize(RUN)
    fill(warehouse, shop(3).with_(last=TODAY - ONE_DAY))
    again = materialize(RUN)
    for result in (run, again):
        checks = {c.check_name: c for c in result.get_asset_check_evaluations()}
        assert {c.metadata["state"].value for c in checks.values()} == {"not enough to say"}
    rows = warehouse.read("ml", "forecasts")
    assert rows["value"].is_null().all()
    assert rows["reason"].str.starts_with("Not enough to say: ").all()


def test_a_day_without_rows_fails(warehouse: Warehouse) -> None:
    fill(warehouse, shop(3).with_(last=TODAY - ONE_DAY))
    materialize(RUN)
    rows = warehouse.read("ml", "forecasts")
    assert said_of_each_day(rows, RUN).state is State.UNKNOWN
    replace_days(warehouse, "ml", FORECASTS, rows.clear(), [TODAY])
    verdict = said_of_each_day(warehouse.read("ml", "forecasts"), RUN)
    assert verdict.state is State.FAILED
    assert f"0 of 5 metrics have a row as of {TODAY}" in verdict.findings[0].text
    bare = rows.with_columns(reason=pl.lit(None, pl.String))
    assert said_of_each_day(bare, RUN).state is State.FAILED


def back_tested(**figures: float | bool) -> pl.DataFrame:
    usual = {"mase": 0.8, "naive_mase": 1.1, "coverage_50": 0.5, "coverage_80": 0.8, "coverage_95": 0.95}
    row = {
        "tenant_id": "siam",
        "day": TODAY,
        "entity_type": "tenant",
        "entity_id": "",
        "metric": "revenue",
        "origins": 10,
        "is_reconstructed": False,
    }
    return pl.DataFrame([row | usual | figures], schema=plain_schema(FORECAST_ERRORS))


def test_forecasts_no_better_than_the_week_before_fail() -> None:
    assert better_than_seasonal_naive(back_tested()).state is State.PASSED
    worse = better_than_seasonal_naive(back_tested(mase=1.1))
    assert worse.state is State.FAILED
    assert "revenue misses by 1.10, the same weekday repeated by 1.10" in worse.findings[0].text
    assert better_than_seasonal_naive(back_tested(mase=2.0, is_reconstructed=True)).state is State.UNKNOWN
    assert better_than_seasonal_naive(back_tested().clear()).state is State.UNKNOWN


@pytest.mark.parametrize(("level", "held"), [(80, 0.5), (80, 1.0), (95, 0.7)])
def test_intervals_that_do_not_hold_fail(level: int, held: float) -> None:
    assert intervals_hold(back_tested()).state is State.PASSED
    broken = intervals_hold(back_tested(**{f"coverage_{level}": held}))
    assert broken.state is State.FAILED
    assert f"{held:.0%} of days lie in the {level} % interval" in broken.findings[0].text
