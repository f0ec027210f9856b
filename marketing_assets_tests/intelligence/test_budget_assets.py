"""`ml/budget_recommendations` and what became of them, by Dagster on a DuckDB file; the command `what-if`."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from marketing_assets.cli import app
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.intelligence.assets.budget_checks import budget_checks
from marketing_assets.intelligence.assets.budgets import budget_recommendations_asset
from marketing_assets.intelligence.assets.outcomes import recommendation_outcomes_asset
from marketing_assets.intelligence.ml_tables import BUDGET_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES
from marketing_assets.partitions import ONE_DAY, DayRange, local_day, partitions_definition
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.installation import QUIET, shipped, write_tenant
from marketing_assets_tests.intelligence.advertised import shop
from marketing_assets_tests.intelligence.tables import CAMPAIGNS, SHOPS, fill

TENANT = Tenant.model_validate(shipped("siam"))
TODAY = local_day(now_utc(), TENANT.zone)
RUN = DayRange(TODAY - 16 * ONE_DAY, TODAY)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    (tmp_path / "tenants").mkdir()
    write_tenant(tmp_path / "tenants", "siam", shipped("siam"))
    monkeypatch.setenv("MARKETING_HOME", str(tmp_path))
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path / "tenants"))
    monkeypatch.setenv("COLUMNS", "200")
    of = shop(150)
    opened = open_warehouse(load_settings(), "siam")
    fill(opened, of.with_(last=TODAY - ONE_DAY))
    return opened


def materialize(days: DayRange) -> dg.ExecuteInProcessResult:
    partitions = partitions_definition(TENANT.start_date, TENANT.time_zone)
    settings = load_settings()
    assets = [
        make(TENANT, partitions, settings)
        for make in (budget_recommendations_asset, recommendation_outcomes_asset)
    ]
    tags = {
        "dagster/asset_partition_range_start": f"{days.first}",
        "dagster/asset_partition_range_end": f"{days.last}",
    }
    return dg.materialize([*assets, budget_checks(TENANT)], run_config=QUIET, tags=tags)


def test_days_are_recommended_checked_shown_and_compared_later(warehouse: Warehouse) -> None:
    run = materialize(RUN)
    assert run.success
    rows = warehouse.read("ml", BUDGET_RECOMMENDATIONS.name, RUN).sort(
        "day", "level", "platform", "campaign_id"
    )
    assert rows.group_by("day").len()["len"].to_list() == [9] * len(RUN)
    assert set(rows["currency"]) == {"THB"} and set(rows["goal"]) == {"profit"}
    assert all(json.loads(text) for text in rows["guard_rails"])
    newest = rows.filter(pl.col("day") == TODAY, pl.col("level") == "channel")
    sums = [float(newest[n].sum()) for n in ("current_value", "recommended_value")]
    assert sums[0] == pytest.approx(sums[1], rel=1e-6)
    verdicts = {e.check_name: e for e in run.get_asset_check_evaluations()}
    assert {name: (e.passed, e.metadata["state"].value) for name, e in verdicts.items()} == {
        "kept_within_limits": (True, "passed"),
        "same_again": (True, "passed"),
    }
    metadata = run.asset_materializations_for_node("siam__ml__budget_recommendations")[-1].metadata
    image = str(metadata["response_curves"].value).removeprefix("![response curves](data:image/png;base64,")
    assert base64.b64decode(image[:-1]).startswith(b"\x89PNG")
    outcomes = warehouse.read("ml", RECOMMENDATION_OUTCOMES.name, RUN)
    plans = outcomes.filter(pl.col("level") == "plan")
    # 17 days: three lie two weeks after another one.
    assert sorted(plans["recommended_on"]) == list(DayRange(RUN.first, RUN.first + 2 * ONE_DAY))
    assert all("not forecast" in text for text in plans["reason"])
    before = rows
    assert materialize(DayRange(TODAY, TODAY)).success
    again = warehouse.read("ml", BUDGET_RECOMMENDATIONS.name, RUN).sort(
        "day", "level", "platform", "campaign_id"
    )
    assert again.equals(before)


def test_the_checks_find_what_is_wrong(warehouse: Warehouse) -> None:
    day = DayRange(TODAY, TODAY)
    assert materialize(day).success
    rows = warehouse.read("ml", BUDGET_RECOMMENDATIONS.name, day)
    wrong = rows.with_columns(
        recommended_value=pl.when(pl.col("level") == "channel")
        .then((pl.col("recommended_value") * 2).cast(rows.schema["recommended_value"]))
        .otherwise("recommended_value")
    )
    warehouse.replace_days("ml", BUDGET_RECOMMENDATIONS, day, [wrong])
    tags = {"dagster/partition": f"{TODAY}"}
    checks = dg.Definitions(asset_checks=[budget_checks(TENANT)]).resolve_implicit_global_asset_job_def()
    found = checks.execute_in_process(tags=tags, run_config=QUIET).get_asset_check_evaluations()
    failed = {e.check_name: str(e.description) for e in found if not e.passed}
    assert "add up to" in failed["kept_within_limits"] and "outside" in failed["kept_within_limits"]
    assert "3 rows" in failed["same_again"]


def test_a_shop_of_few_days_is_told_why_there_is_nothing_to_say(warehouse: Warehouse) -> None:
    early = DayRange(TODAY - 120 * ONE_DAY, TODAY - 119 * ONE_DAY)
    run = materialize(early)
    rows = warehouse.read("ml", BUDGET_RECOMMENDATIONS.name, early)
    assert rows.height == 2 and rows["recommended_value"].null_count() == 2
    assert all("56 are needed" in text for text in rows["reason"])
    states = {e.metadata["state"].value for e in run.get_asset_check_evaluations()}
    assert states == {"not enough to say", "passed"}


def test_what_if_from_the_command_line(warehouse: Warehouse) -> None:
    def ask(change: str) -> tuple[int, str]:
        found = CliRunner().invoke(
            app, ["budget", "what-if", "siam", "--change", change], catch_exceptions=False
        )
        return found.exit_code, found.output

    code, told = ask("20%")
    assert code == 0 and "total ad budget +20%" in told
    assert "Meta Ads" in told and "change of revenue" in told and "change of profit" in told
    assert ask("-15%")[0] == 0
    assert ask("a lot") == (1, "--change 'a lot' is no change above -100%; write one such as 20% or -10%\n")
    assert ask("-100%")[0] == 1
    for layer, spec in (("staging", SHOPS), ("staging", CAMPAIGNS)):
        old = date(2025, 10, 1)
        warehouse.replace_days(layer, spec, DayRange(old, TODAY - timedelta(days=10)), [])
    assert "There is not enough to say" in ask("20%")[1]
