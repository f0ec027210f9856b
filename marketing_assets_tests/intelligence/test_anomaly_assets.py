"""`ml/anomalies` and the sale calendar by Dagster on a DuckDB file, and their checks."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from marketing_assets.intelligence.anomaly_rules import MOST_A_WEEK
from marketing_assets.intelligence.assets.anomalies import anomalies_asset
from marketing_assets.intelligence.assets.anomaly_checks import (
    alerts_bounded,
    anomaly_checks,
    contributors_add_up,
    judged_every_day,
)
from marketing_assets.intelligence.assets.sale_calendar import sale_calendar_asset
from marketing_assets.intelligence.ml_tables import ANOMALIES, SALE_CALENDAR
from marketing_assets.partitions import ONE_DAY, DayRange, partitions_definition
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import State
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.installation import QUIET, shipped, write_tenant
from marketing_assets_tests.intelligence.advertised import shop
from marketing_assets_tests.intelligence.tables import fill, look

TENANT = Tenant.model_validate(shipped("siam"))
LAST = date(2026, 9, 16)
OUTAGE = LAST - 3 * ONE_DAY
RUN = DayRange(LAST - 9 * ONE_DAY, LAST + ONE_DAY)
DAYS = 120


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tenants" / "siam").mkdir(parents=True)
    write_tenant(tmp_path / "tenants", "siam", shipped("siam"))
    monkeypatch.setenv("MARKETING_HOME", str(tmp_path))
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path / "tenants"))
    return tmp_path


@pytest.fixture
def warehouse(home: Path) -> Warehouse:
    """A shop on three channels; on one day nobody could buy."""
    opened = open_warehouse(load_settings(), "siam")
    of = shop(DAYS, varied=0.1)
    revenue = of.revenue.copy()
    revenue[DAYS - 1 - (LAST - OUTAGE).days] = 0.0
    fill(opened, of.with_(last=LAST, revenue=revenue))
    return opened


def materialize(days: DayRange, *making: Any) -> dg.ExecuteInProcessResult:
    partitions, settings = partitions_definition(TENANT.start_date, TENANT.time_zone), load_settings()
    assets = [make(TENANT, partitions, settings) for make in making]
    tags = {
        "dagster/asset_partition_range_start": f"{days.first}",
        "dagster/asset_partition_range_end": f"{days.last}",
    }
    checks = [anomaly_checks(TENANT)] if anomalies_asset in making else []
    return dg.materialize([*assets, *checks], run_config=QUIET, tags=tags)


def stored(warehouse: Warehouse, days: DayRange) -> pl.DataFrame:
    rows = warehouse.read("ml", ANOMALIES.name, days)
    return rows.sort("day", "entity_type", "entity_id", "metric")


def test_days_are_judged_in_one_run_checked_shown_and_the_same_again(warehouse: Warehouse) -> None:
    look(warehouse)
    run = materialize(RUN, anomalies_asset)
    assert run.success
    rows = stored(warehouse, RUN)
    assert set(rows["day"]) == set(RUN)
    assert (rows["date"] == rows["day"] - timedelta(days=1)).all()
    [told] = rows.filter("is_alert", pl.col("metric") == "revenue").to_dicts()
    assert (told["date"], told["entity_type"], told["anomaly_type"]) == (OUTAGE, "tenant", "outage")
    assert float(told["impact"]) == pytest.approx(-float(told["expected"]), rel=1e-6)
    assert (told["currency"], told["is_reconstructed"]) == ("THB", False)
    verdicts = {e.check_name: e for e in run.get_asset_check_evaluations()}
    assert {name: (e.passed, e.metadata["state"].value) for name, e in verdicts.items()} == {
        "every_day_is_judged": (True, "passed"),
        "alerts_are_bounded": (True, "passed"),
        "contributors_add_up": (True, "passed"),
    }
    metadata = run.asset_materializations_for_node("siam__ml__anomalies")[-1].metadata
    image = str(metadata["timeline"].value).removeprefix("![anomalies](data:image/png;base64,")
    assert base64.b64decode(image[:-1]).startswith(b"\x89PNG")
    again = DayRange(OUTAGE + ONE_DAY, OUTAGE + ONE_DAY)
    assert materialize(again, anomalies_asset).success
    assert stored(warehouse, RUN).equals(rows)


def test_nothing_fetched_and_another_currency_are_not_enough_to_say(home: Path) -> None:
    day = DayRange(LAST, LAST)
    opened = open_warehouse(load_settings(), "siam")
    assert materialize(day, anomalies_asset).success
    [row] = stored(opened, day).to_dicts()
    assert row["suppressed_because"].startswith("not enough to say") and row["expected"] is None
    fill(opened, shop(DAYS).with_(last=LAST))
    dollars = Tenant.model_validate(shipped("siam", reporting_currency="USD"))
    asset = anomalies_asset(dollars, partitions_definition(date(2026, 1, 1), "Asia/Bangkok"), load_settings())
    run = dg.materialize([asset], partition_key=f"{LAST}", run_config=QUIET)
    assert run.success
    assert [r["expected"] for r in stored(opened, day).to_dicts()] == [None]


def test_the_checks_find_what_is_wrong(warehouse: Warehouse) -> None:
    look(warehouse)
    assert materialize(RUN, anomalies_asset).success
    rows = stored(warehouse, RUN)
    without = rows.filter(pl.col("day") != LAST)
    missing = judged_every_day(without, list(RUN))
    assert missing.state is State.FAILED and f"{LAST} has no row" in missing.findings[0].text
    crowd = pl.concat([rows.head(1).with_columns(entity_id=pl.lit(f"c{n}"), is_alert=True) for n in range(9)])
    flooded = alerts_bounded(crowd, list(RUN), "THB")
    assert flooded.state is State.FAILED and "9 entities" in flooded.findings[0].text
    fewer = crowd.head(MOST_A_WEEK)
    assert alerts_bounded(fewer, list(RUN), "THB").state is State.PASSED
    wrong = rows.head(1).with_columns(contributors=pl.lit('[{"entity": "a", "share": 0.7, "change": 1.0}]'))
    assert "0.7" in contributors_add_up(wrong).findings[0].text


def test_the_calendar_reaches_a_year_ahead_with_the_tenants_own_days(home: Path) -> None:
    (home / "tenants" / "siam" / "promotions.csv").write_text(
        "from,to,name\n2027-01-20,,Birthday\nx,,\n", encoding="utf-8"
    )
    run = materialize(DayRange(LAST, LAST), sale_calendar_asset)
    assert run.success
    rows = open_warehouse(load_settings(), "siam").read("mart", SALE_CALENDAR.name).sort("day")
    assert (rows["day"][0], rows["day"][-1]) == (LAST, LAST + timedelta(days=400))
    days = {r["day"]: r for r in rows.to_dicts()}
    assert days[date(2026, 11, 11)]["sale"] == "11.11" and days[date(2027, 4, 14)]["sale"] == "Songkran"
    assert days[date(2027, 1, 20)]["promotion"] == "Birthday"
    metadata = run.asset_materializations_for_node("siam__mart__dim_sale_calendar")[-1].metadata
    assert "promotions.csv:3" in str(metadata["mistakes"].value)
