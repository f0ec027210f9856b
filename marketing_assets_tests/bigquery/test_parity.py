"""The same landed payloads through DuckDB and through BigQuery give the same tables, cell by cell.

DuckDB is filled from the sandbox's platforms, which land on Google Cloud Storage. BigQuery gets the same
landing by replay, Google's own client and dbt-bigquery over the wire. Columns that tell when a row was
written by whom do not exist, so nothing is left out of the comparison.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from marketing_assets.automation.checks.marts import MART_CHECKS
from marketing_assets.automation.checks.raw import RAW_CHECKS
from marketing_assets.automation.checks.reading import Reading
from marketing_assets.ingest.landing import Landing
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.rules import Rules
from marketing_assets.verdicts import State, Verdict
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.bigquery.equal import SAID, compare, differing, everything, types
from marketing_assets_tests.bigquery.local import LocalBigQuery
from marketing_assets_tests.bigquery.storage import LocalStorage
from marketing_assets_tests.bigquery.twins import AS_OF, DAYS, SAID_BY_MODELS, START, Twins, run_statement
from marketing_assets_tests.e2e.forgetful import forgetful_instance
from marketing_assets_tests.e2e.house import House, open_house
from marketing_assets_tests.installation import SEED

pytestmark = pytest.mark.timeout(1800)


def of(*tenants: str) -> pytest.MarkDecorator:
    """Twins of these tenants. Each has a process and servers of its own where tests run side by side."""
    params = [pytest.param(t, marks=pytest.mark.xdist_group(f"parity_{t}")) for t in tenants]
    return pytest.mark.parametrize("twins", params, indirect=True)


EACH = of(*DAYS)


@pytest.fixture(scope="module")
def twins(
    request: pytest.FixtureRequest,
    bigquery_server: LocalBigQuery,
    storage_server: LocalStorage,
    parsed: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Twins]:
    tenant = request.param
    storage_server.client().create_bucket(f"parity-{tenant}")
    landing = {
        "MARKETING_LANDING_URL": f"gs://parity-{tenant}/landing",
        "STORAGE_EMULATOR_HOST": storage_server.endpoint,
    }
    built = open_house(tmp_path_factory.mktemp(tenant), parsed, AS_OF, SEED, True, start_date=f"{START}")
    house = House(replace(built.installation, more=landing), forgetful_instance())
    with house.sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", storage_server.endpoint)
        settings = landing | {
            "MARKETING_WAREHOUSE": "bigquery",
            "MARKETING_BIGQUERY_PROJECT": "parity",
            "MARKETING_BIGQUERY_LOCATION": "EU",
            "MARKETING_BIGQUERY_ENDPOINT": bigquery_server.endpoint,
            # The local server's loads can fail where several of them end at once.
            "MARKETING_BIGQUERY_THREADS": "1",
            # Low enough that some tables take the way by the bucket.
            "MARKETING_BIGQUERY_STAGE_FROM_MB": "1",
        }
        there = House(replace(house.installation, more=settings), forgetful_instance())
        made = Twins(tenant, house, there)
        made.fetch(DAYS[tenant])
        # Checks are the same statements for every tenant; northwind has all of the platforms.
        made.landed(DAYS[tenant], checks=tenant == "northwind")
        made.look_back()
        yield made


@EACH
def test_sixty_days_are_equal(twins: Twins) -> None:
    assert compare(twins) > 100_000
    foretold = everything(twins.warehouses[0], "ops", "ads_expected_finals").filter(pl.col("is_final").not_())
    assert foretold["expected_value"].drop_nulls().len() > 0


@EACH
def test_every_check_says_the_same(twins: Twins) -> None:
    now = twins.duckdb.now()
    ours, theirs = (verdicts(twins, house, now) for house in (twins.duckdb, twins.bigquery))
    assert ours == theirs
    judged = {name.rsplit(" ", 1)[1] for name, said in ours.items() if said.state is not State.UNKNOWN}
    assert judged >= JUDGED


JUDGED = {
    "totals_agree", "volume", "revenue_drop", "roas_under_target", "margin_drop", "cpa_over_limit",
    "unusual_spend", "no_conversions", "values_in_range",
}  # fmt: skip
"""Checks that sixty days are enough for; test_checks.py has data for the others."""


def verdicts(twins: Twins, house: House, now: datetime) -> dict[str, Verdict]:
    """What each check over the last ten days says, by table and check."""
    tenant = house.tenant(twins.tenant)
    with house.entered():
        landing = Landing(house.installation.settings.landing)
        reading = Reading(tenant, Rules(), house.warehouse(twins.tenant), landing, now, twins.restated)
        with reading.warehouse.held():
            raw = {
                f"raw.{table.name} {check.name}": check.judge(reading, platform, table)
                for platform in PLATFORMS.values()
                if connections(tenant, platform)
                for table in platform.tables
                for check in RAW_CHECKS
                if check.concerns(platform, table)
            }
            models = {
                f"{check.layer}.{check.table} {check.name}": check.judge(reading)
                for check in MART_CHECKS
                if check.only_on is None
            }
    return raw | models


@EACH
def test_what_models_say_is_equal(twins: Twins) -> None:
    """By two days, of which eight weeks are known."""
    days = DayRange(date(2026, 11, 10), date(2026, 11, 11))
    for house in (twins.duckdb, twins.bigquery):
        run = house.run(twins.tenant, days, SAID_BY_MODELS)
        assert run.success and run.checks, run.complaint
        assert run.failed_checks() == {}
    ours, theirs = twins.warehouses
    for layer, tables in SAID.items():
        for name in tables:
            found = [everything(warehouse, layer, name) for warehouse in (ours, theirs)]
            assert types(ours, layer, name) == types(theirs, layer, name), f"{layer}.{name}"
            # When it was computed is the computer's clock.
            found = [frame.drop("generated_at", strict=False) for frame in found]
            assert differing(*found) == {}, f"{twins.tenant}: {layer}.{name}"
            # Back-tests need three months.
            assert (found[0].height == 0) is (name == "forecast_errors"), f"{twins.tenant}: {layer}.{name}"


@of("siam")
def test_a_restated_range_is_equal(twins: Twins) -> None:
    twins.wait(hours=5)
    twins.fetch(twins.restated)
    twins.landed(twins.restated)
    assert compare(twins, twins.restated) > 10_000


@of("northwind")
def test_a_server_that_dies_in_a_dbt_run_leaves_whole_days(
    twins: Twins, bigquery_server: LocalBigQuery
) -> None:
    """Each day of each table is the old or the new one; the next run heals."""
    days, (ours, theirs) = twins.restated, twins.warehouses
    staging = f"group:{twins.tenant}_staging"
    old = by_day(theirs, days)
    twins.wait(hours=6)
    twins.compute(twins.duckdb, days, f"group:{twins.tenant}_raw or {staging}")
    new = by_day(ours, days)
    changed = {key for key in new if old.get(key) != new[key]}
    assert changed, "the restatement changed nothing, so nothing could be torn"
    twins.replay(twins.bigquery, days)
    doomed = threading.Thread(target=twins.bigquery.run, args=(twins.tenant, days, staging, None, False))
    doomed.start()
    seen = len(bigquery_server.jobs())
    while len(bigquery_server.jobs()) < seen + JOBS_BEFORE_THE_END and doomed.is_alive():
        time.sleep(0.05)
    assert doomed.is_alive(), "the run had ended before the server died"
    bigquery_server.restart()
    doomed.join()
    found = by_day(theirs, days)
    assert {key for key, rows in found.items() if rows not in (old.get(key), new.get(key))} == set()
    twins.compute(twins.bigquery, days, staging)
    compare(twins, days)


JOBS_BEFORE_THE_END = 25
"""dbt sends some hundred jobs for the staging tables."""


def by_day(warehouse: Warehouse, days: DayRange) -> dict[tuple[str, date], str]:
    """The rows of each day of each staging table, as one text."""
    found: dict[tuple[str, date], str] = {}
    for name in warehouse.tables("staging"):
        if name != "sku_mapping":
            frame = everything(warehouse, "staging", name, days)
            for day in days:
                found[name, day] = frame.filter(pl.col("day") == day).write_ndjson()
    return found


@of("siam")
def test_a_replay_with_a_column_that_came_later_is_equal(twins: Twins) -> None:
    """A raw table of before a column was declared gets it with the next write, and null for older days."""
    days, (ours, theirs) = twins.restated, twins.warehouses
    drop = "alter table {} drop column {}"
    for house, warehouse in ((twins.duckdb, ours), (twins.bigquery, theirs)):
        run_statement(house, warehouse, drop.format(warehouse.relation("raw", "meta_ads_insights"), "reach"))
        twins.replay(house, days)
        twins.compute(house, days, twins.after("raw/meta_ads_insights"))
    insights = [everything(warehouse, "raw", "meta_ads_insights") for warehouse in (ours, theirs)]
    assert differing(*insights) == {}
    reach = insights[0].select("day", "reach")
    assert reach["reach"].null_count() > 0
    assert reach.filter(pl.col("day").is_between(days.first, days.last))["reach"].null_count() == 0
    compare(twins)


@of("siam")
def test_a_day_from_the_platforms_by_one_setting(twins: Twins, tmp_path: Path) -> None:
    """A home of its own, the command line, and `MARKETING_WAREHOUSE=bigquery`: nothing else is told."""
    landing = {"MARKETING_LANDING_URL": "gs://parity-siam/elsewhere"}
    settings = {**twins.bigquery.installation.more, **landing, "MARKETING_ENVIRONMENT": "prod"}
    elsewhere = replace(twins.duckdb.installation.copy_to(tmp_path), more=settings)
    day = DAYS["siam"].last - timedelta(days=3)
    what = ("--select", '+key:"siam/mart/daily_performance"')
    told = elsewhere.marketing("materialize", "siam", "--from", f"{day}", *what, seconds=600)
    assert told.returncode == 0, told.stderr
    warehouse = House(elsewhere).warehouse("siam")
    assert "prod_marketing_siam_mart" in warehouse.relation("mart", "daily_performance")
    rows = warehouse.read("mart", "daily_performance", DayRange(day, day))
    assert rows["total_revenue"].to_list() == everything_of_day(twins, day)
    costs = warehouse.read("ops", "warehouse_costs")
    assert costs["bytes_billed"].sum() > 0
    assert set(costs["tenant_id"]) == {"siam"}


def everything_of_day(twins: Twins, day: date) -> list[object]:
    frame = twins.duckdb.warehouse("siam").read("mart", "daily_performance", DayRange(day, day))
    return frame["total_revenue"].to_list()
