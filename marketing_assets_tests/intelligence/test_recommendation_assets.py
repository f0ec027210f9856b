"""`mart/ai_recommendations` in a warehouse, by Dagster, and `marketing recommendations` on it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from marketing_assets.cli import app
from marketing_assets.intelligence.assets.acknowledgements import acknowledgements, keep
from marketing_assets.intelligence.assets.acknowledging import acknowledge
from marketing_assets.intelligence.assets.common import AsOf, replace_days
from marketing_assets.intelligence.assets.recommendation_checks import ranked_and_once, recommendations_check
from marketing_assets.intelligence.assets.recommendation_reading import read_said
from marketing_assets.intelligence.assets.recommendations import NAMES, compute, recommendations_asset
from marketing_assets.intelligence.ml_tables import (
    AI_RECOMMENDATIONS,
    ANOMALIES,
    BUDGET_RECOMMENDATIONS,
    FORECAST_OUTLOOK,
)
from marketing_assets.partitions import DayRange, partitions_definition
from marketing_assets.settings import load_settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import State
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets_tests.installation import QUIET, shipped, write_tenant
from marketing_assets_tests.intelligence.said import TODAY, YESTERDAY, anomaly, budget, frame, month, shop

NOW = datetime(2026, 11, 12, 1, 0, tzinfo=UTC)


class House:
    """A tenant whose models said what a test wants them to have said."""

    def __init__(self, home: Path):
        write_tenant(home / "tenants", "siam", shipped("siam"))
        self.tenant = Tenant.model_validate(shipped("siam"))
        self.settings = load_settings()
        partitions = partitions_definition(self.tenant.start_date, self.tenant.time_zone)
        self.asset = recommendations_asset(self.tenant, partitions, self.settings)

    def say(self, spec: TableSpec, *rows: Mapping[str, Any], days: DayRange | None = None) -> None:
        kept = days or DayRange(min(r["day"] for r in rows), max(r["day"] for r in rows))
        open_warehouse(self.settings, "siam").replace_days("ml", spec, kept, [frame(spec, rows)])

    def materialize(self, first: date, last: date) -> Mapping[str, dg.MetadataValue[Any]]:
        """By Dagster, as one run; metadata of the newest day's materialisation."""
        tags = {
            "dagster/asset_partition_range_start": f"{first}",
            "dagster/asset_partition_range_end": f"{last}",
        }
        run = dg.materialize([self.asset, recommendations_check(self.tenant)], run_config=QUIET, tags=tags)
        (self.judged,) = run.get_asset_check_evaluations()
        return run.asset_materializations_for_node(self.asset.op.name)[-1].metadata

    def compute(self, first: date, last: date | None = None) -> Mapping[str, Any]:
        """What the asset does, without a run around it; its metadata."""
        warehouse, days = open_warehouse(self.settings, "siam"), list(DayRange(first, last or first))
        found = compute(AsOf(self.tenant, self.settings, warehouse, days, NOW, print))
        replace_days(warehouse, "mart", AI_RECOMMENDATIONS, found.rows, days)
        return found.metadata

    def rows(self, day: date = TODAY) -> pl.DataFrame:
        mart = open_warehouse(self.settings, "siam")
        return mart.read("mart", AI_RECOMMENDATIONS.name, DayRange(day, day)).sort("priority")

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["recommendations", *arguments], catch_exceptions=False)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    (tmp_path / "tenants").mkdir()
    monkeypatch.setenv("MARKETING_HOME", str(tmp_path))
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path / "tenants"))
    monkeypatch.setenv("COLUMNS", "250")
    return House(tmp_path)


def say_everything(house: House, day: date = TODAY) -> None:
    house.say(ANOMALIES, anomaly(day=day), shop(day=day))
    house.say(BUDGET_RECOMMENDATIONS, budget(day=day))
    house.say(FORECAST_OUTLOOK, month(day=day))


def test_what_the_models_say_comes_out_ranked(house: House) -> None:
    say_everything(house)
    told = house.materialize(YESTERDAY, TODAY)
    rows = house.rows()
    assert rows["recommendation_type"].to_list() == ["action", "anomaly", "budget_allocation"]
    assert rows["expected_impact"].cast(pl.Float64).to_list() == [300_000, -40_000, 25_200]
    assert rows["affected_platform"].to_list() == [None, "shopee", "meta_ads"]
    assert rows["tenant_id"].unique().to_list() == ["siam"]
    assert "| 1 | Revenue must come to 100,000 THB a day" in str(told["preview"].value)
    assert (told["rows_written"].value, told["anomaly"].value, told["prediction"].value) == (3, 1, 0)
    assert list(told["nothing_to_say"].value) == [f"{YESTERDAY}"]
    assert house.judged.passed
    assert house.judged.metadata["state"].value == "passed"
    assert "3 recommendations of 2 days" in str(house.judged.metadata["looked_at"].value)


def test_a_range_keeps_ids_from_day_to_day_and_when_it_is_computed_again(house: House) -> None:
    first = TODAY - timedelta(days=3)
    for day in DayRange(first, TODAY):
        house.say(BUDGET_RECOMMENDATIONS, budget(day=day, recommended_value=3_500 + day.day))
    house.compute(first, TODAY)
    before = [house.rows(day) for day in DayRange(first, TODAY)]
    assert len({rows["recommendation_id"][0] for rows in before}) == 1
    assert {rows["first_seen_on"][0] for rows in before} == {first}
    house.compute(YESTERDAY)
    house.compute(first, TODAY)
    assert all(
        after.equals(rows)
        for after, rows in zip(map(house.rows, DayRange(first, TODAY)), before, strict=True)
    )


def test_a_day_with_nothing_to_say_says_why(house: House) -> None:
    house.say(ANOMALIES, anomaly(is_alert=False, score=0.1))
    house.say(
        BUDGET_RECOMMENDATIONS,
        budget(recommended_value=None, reason="9 days of spend are known, 60 are needed."),
    )
    told = house.compute(TODAY)
    reason = (
        "Anomalies: 1 values were judged, none is an alert. "
        "Budgets: 9 days of spend are known, 60 are needed. "
        "Months: nothing was computed as of this day."
    )
    assert told["preview"].value == reason
    assert told["nothing_to_say"].value == {"2026-11-12": reason}
    assert house.rows().is_empty()


def test_an_empty_warehouse_is_no_error(house: House) -> None:
    told = house.compute(TODAY)
    assert "nothing was judged as of this day" in str(told["preview"])


def test_the_check_of_order_uniqueness_and_silence(house: House) -> None:
    say_everything(house)
    house.compute(TODAY)
    rows = house.rows()
    said = read_said(open_warehouse(house.settings, "siam"), DayRange(YESTERDAY, TODAY))

    def judged(these: pl.DataFrame, *days: date) -> tuple[State, str]:
        of = ranked_and_once(these, said, list(days), NAMES)
        return of.state, " ".join(f.text for f in of.findings) or of.reason

    assert judged(rows, TODAY)[0] is State.PASSED
    state, reason = judged(rows, YESTERDAY, TODAY)
    assert (state, "nothing to say as of 2026-11-11" in reason) == (State.PASSED, True)
    assert judged(rows.clear(), YESTERDAY)[0] is State.UNKNOWN
    assert judged(rows.clear(), TODAY) == (
        State.FAILED,
        "2026-11-12 has no recommendation, but the models found 3 worth one",
    )
    turned = rows.with_columns(priority=4 - pl.col("priority"))
    assert "not ranked by money" in judged(turned, TODAY)[1]
    assert "stands twice" in judged(pl.concat([rows, rows]), TODAY)[1]
    assert "ranks as of 2026-11-12 are not 1 to 2" in judged(rows.filter(pl.col("priority") > 1), TODAY)[1]


def test_people_list_and_acknowledge(house: House) -> None:
    house.say(BUDGET_RECOMMENDATIONS, budget(day=YESTERDAY), budget())
    house.compute(YESTERDAY, TODAY)
    ident = house.rows()["recommendation_id"][0]
    listed = house.run("list", "siam")
    assert "1 recommendations of siam as of 2026-11-12" in listed.stdout
    assert ident in listed.stdout
    assert "Raise the budget of Meta Ads from 3,000 to 4,000 THB a day." in listed.stdout
    done = house.run("ack", "siam", ident, "--by", "ann")
    assert done.stdout.splitlines() == [f"{ident} is acknowledged by ann"]
    for day in (YESTERDAY, TODAY):
        row = house.rows(day).row(0, named=True)
        assert (row["is_acknowledged"], row["acknowledged_by"]) == (True, "ann")
        assert row["acknowledged_at"].tzinfo is not None
    assert house.rows().height == 1, "the row was replaced, not added"
    assert "0 recommendations" in house.run("list", "siam").stdout
    assert "(acknowledged by ann)" in house.run("list", "siam", "--all", "--day", "2026-11-11").stdout


def test_an_acknowledgement_outlives_every_way_of_computing(house: House) -> None:
    for day in DayRange(YESTERDAY, TODAY):
        house.say(BUDGET_RECOMMENDATIONS, budget(day=day))
    house.compute(TODAY)
    acknowledge(house.settings, house.tenant, house.rows()["recommendation_id"][0], "ann", NOW)
    house.compute(TODAY)
    house.compute(YESTERDAY)
    house.compute(YESTERDAY, TODAY)
    for day in (YESTERDAY, TODAY):
        row = house.rows(day).row(0, named=True)
        assert (row["is_acknowledged"], row["acknowledged_at"]) == (True, NOW), day


def test_commands_end_with_a_clear_word(house: House) -> None:
    assert "0 recommendations of siam" in house.run("list", "siam").stdout
    unknown = house.run("ack", "siam", "abc")
    assert (unknown.exit_code, "has no recommendation 'abc'" in unknown.stderr) == (1, True)
    house.say(BUDGET_RECOMMENDATIONS, budget())
    house.compute(TODAY)
    ident = house.rows()["recommendation_id"][0]
    assert house.run("ack", "siam", ident).exit_code == 0
    again = house.run("ack", "siam", ident)
    assert (again.exit_code, "is acknowledged already" in again.stderr) == (1, True)


def test_of_two_people_at_once_one_takes_care(house: House) -> None:
    barrier, refused = threading.Barrier(4), []

    def take(name: str) -> None:
        barrier.wait()
        try:
            keep(house.settings, "siam", "r1", "a", (TODAY, TODAY), name, NOW)
        except ValueError:
            refused.append(name)

    threads = [threading.Thread(target=take, args=(f"n{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (kept,) = acknowledgements(house.settings, "siam")
    assert sorted([kept.by, *refused]) == ["n0", "n1", "n2", "n3"]
    assert (kept.at, kept.first, acknowledgements(house.settings, "northwind")) == (NOW, TODAY, [])
