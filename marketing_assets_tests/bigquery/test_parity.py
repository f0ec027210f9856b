"""The same landed payloads through DuckDB and through BigQuery give the same tables, cell by cell.

DuckDB is filled from the sandbox's platforms, which land on Google Cloud Storage. BigQuery gets the same
landing by replay, Google's own client and dbt-bigquery over the wire. Columns that tell when a row was
written by whom do not exist, so nothing is left out of the comparison.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.raw_table import replay_raw
from marketing_assets.partitions import DayRange, group_consecutive
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.bigquery.local import LocalBigQuery
from marketing_assets_tests.bigquery.storage import LocalStorage
from marketing_assets_tests.e2e.house import House, open_house
from marketing_assets_tests.installation import SEED

pytestmark = [pytest.mark.xdist_group("bigquery"), pytest.mark.timeout(1800)]

AS_OF = datetime(2026, 11, 12, 4, 30, tzinfo=UTC)
START = date(2026, 9, 14)
"""60 days before the world's day, over the end of New York's summer time."""
DAYS = {"siam": DayRange(START, date(2026, 11, 12)), "northwind": DayRange(START, date(2026, 11, 11))}
RESTATED = {name: DayRange(days.last - timedelta(days=9), days.last) for name, days in DAYS.items()}
LAYERS = ("raw", "staging", "mart")

WORDS = {
    "VARCHAR": "STRING", "BIGINT": "INT64", "BOOLEAN": "BOOL", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "DECIMAL(38,9)": "NUMERIC", "DATE": "DATE",
}  # fmt: skip
"""DuckDB's scalar types, and BigQuery's for the same."""
_NESTED = re.compile(r"STRUCT|ARRAY|\[\]")


@dataclass
class Twins:
    """One installation's landing, and both warehouses over it."""

    duckdb: House
    bigquery: House

    def landed(self, tenant: str, days: DayRange) -> None:
        """Bring what landed for these days into BigQuery, and compute everything from it there."""
        self.replay(self.bigquery, tenant, days)
        run = self.bigquery.run(tenant, days, models(tenant))
        assert run.success, run.complaint
        assert run.failed_checks() == {}

    def replay(self, house: House, tenant: str, days: DayRange) -> None:
        of_tenant, landing = house.tenant(tenant), Landing(house.installation.settings.landing)
        with house.entered():
            for platform in PLATFORMS.values():
                for connection in connections(of_tenant, platform):
                    for table in platform.tables:
                        newest = landing.newest(
                            tenant, platform.name, table.name, connection.account_id, days
                        )
                        for piece in group_consecutive(newest):
                            outcome = replay_raw(
                                house.warehouse(tenant), landing, of_tenant, platform, table, piece
                            )
                            assert outcome.complaints == []


def models(tenant: str) -> str:
    return f"group:{tenant}_staging or group:{tenant}_mart"


@pytest.fixture(scope="module")
def twins(
    bigquery_server: LocalBigQuery,
    storage_server: LocalStorage,
    parsed: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Twins]:
    storage_server.client().create_bucket("parity")
    landing = {
        "MARKETING_LANDING_URL": "gs://parity/landing",
        "STORAGE_EMULATOR_HOST": storage_server.endpoint,
    }
    built = open_house(tmp_path_factory.mktemp("parity"), parsed, AS_OF, SEED, start_date=f"{START}")
    house = House(replace(built.installation, more=landing))
    with house.sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", storage_server.endpoint)
        for name, days in DAYS.items():
            run = house.run(name, days)
            assert run.success, run.complaint
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
        made = Twins(house, House(replace(house.installation, more=settings)))
        for name, days in DAYS.items():
            made.landed(name, days)
        yield made


def compare(twins: Twins, tenant: str) -> int:
    """Compare every table; how many cells there were."""
    cells = 0
    ours, theirs = twins.duckdb.warehouse(tenant), twins.bigquery.warehouse(tenant)
    for layer in LAYERS:
        names = ours.tables(layer)
        assert names == theirs.tables(layer)
        assert names, f"{tenant}: layer {layer} is empty"
        for name in names:
            found = [everything(warehouse, layer, name) for warehouse in (ours, theirs)]
            assert found[0].height > 0, f"{tenant}: {layer}.{name} is empty on both sides"
            assert types(ours, layer, name) == types(theirs, layer, name), f"{layer}.{name}"
            assert differing(*found) == {}, f"{tenant}: {layer}.{name}"
            cells += found[0].height * found[0].width
    return cells


def differing(ours: pl.DataFrame, theirs: pl.DataFrame) -> dict[str, str]:
    """What differs, by column: types, or the first cells."""
    if ours.schema != theirs.schema or ours.height != theirs.height:
        return {"(shape)": f"{ours.height} {ours.schema} against {theirs.height} {theirs.schema}"}
    found = {}
    for name in ours.columns:
        if not ours[name].equals(theirs[name], check_dtypes=True, null_equal=True):
            pairs = zip(ours[name].to_list(), theirs[name].to_list(), strict=True)
            found[name] = str([pair for pair in pairs if pair[0] != pair[1]][:3])
    return found


def everything(warehouse: Warehouse, layer: str, table: str) -> pl.DataFrame:
    """All rows in an order of their own: by every column that is no list and no record."""
    days = DayRange(START - timedelta(days=400), AS_OF.date() + timedelta(days=400))
    frame = warehouse.read(layer, table, days if table != "sku_mapping" else None)
    frame = frame.select(sorted(frame.columns))
    return frame.sort([n for n, t in frame.schema.items() if not t.is_nested()], nulls_last=True)


def types(warehouse: Warehouse, layer: str, table: str) -> dict[str, str]:
    """Columns of single values and their types in BigQuery's words; frames' schemas tell of nested ones."""
    columns = warehouse.describe(layer, table).columns
    return {c.name: WORDS.get(c.type, c.type) for c in columns if not _NESTED.search(c.type)}


@pytest.mark.parametrize("tenant", sorted(DAYS))
def test_sixty_days_are_equal(twins: Twins, tenant: str) -> None:
    assert compare(twins, tenant) > 100_000


@pytest.mark.parametrize("tenant", sorted(DAYS))
def test_a_restated_range_is_equal(twins: Twins, tenant: str) -> None:
    twins.duckdb.move_to(AS_OF + timedelta(hours=5))
    run = twins.duckdb.run(tenant, RESTATED[tenant])
    assert run.success, run.complaint
    twins.landed(tenant, RESTATED[tenant])
    compare(twins, tenant)


def test_a_server_that_dies_in_a_dbt_run_leaves_whole_days(
    twins: Twins, bigquery_server: LocalBigQuery
) -> None:
    """Each day of each table is the old or the new one; the next run heals."""
    tenant, days = "siam", RESTATED["siam"]
    old = by_day(twins.bigquery.warehouse(tenant), days)
    twins.duckdb.move_to(AS_OF + timedelta(hours=11))
    run = twins.duckdb.run(tenant, days)
    assert run.success, run.complaint
    new = by_day(twins.duckdb.warehouse(tenant), days)
    changed = {key for key in new if old.get(key) != new[key]}
    assert changed, "the restatement changed nothing, so nothing could be torn"
    twins.replay(twins.bigquery, tenant, days)
    doomed = threading.Thread(target=twins.bigquery.run, args=(tenant, days, models(tenant)))
    doomed.start()
    seen = len(bigquery_server.jobs())
    while len(bigquery_server.jobs()) < seen + JOBS_BEFORE_THE_END and doomed.is_alive():
        time.sleep(0.05)
    bigquery_server.restart()
    doomed.join()
    found = by_day(twins.bigquery.warehouse(tenant), days)
    assert {key for key, rows in found.items() if rows not in (old.get(key), new.get(key))} == set()
    twins.landed(tenant, days)
    compare(twins, tenant)


JOBS_BEFORE_THE_END = 25
"""dbt sends some hundred jobs in such a run."""


def by_day(warehouse: Warehouse, days: DayRange) -> dict[tuple[str, date], str]:
    """The rows of each day of each staging table and mart, as one text."""
    found: dict[tuple[str, date], str] = {}
    for layer in ("staging", "mart"):
        for name in warehouse.tables(layer):
            if name != "sku_mapping":
                frame = everything(warehouse, layer, name)
                for day in days:
                    found[name, day] = frame.filter(pl.col("day") == day).write_ndjson()
    return found


def test_a_column_that_came_later_is_equal(twins: Twins) -> None:
    """A raw table of before a column was declared gets it with the next write, and null for older days."""
    tenant, days = "siam", RESTATED["siam"]
    ours, theirs = twins.duckdb.warehouse(tenant), twins.bigquery.warehouse(tenant)
    drop = "alter table {} drop column {}"
    for house, warehouse in ((twins.duckdb, ours), (twins.bigquery, theirs)):
        run_statement(house, warehouse, drop.format(warehouse.relation("raw", "meta_ads_insights"), "reach"))
    for house in (twins.duckdb, twins.bigquery):
        twins.replay(house, tenant, days)
    frames = [everything(w, "raw", "meta_ads_insights") for w in (ours, theirs)]
    assert frames[0]["reach"].null_count() > 0
    assert frames[0].filter(pl.col("day").is_between(days.first, days.last))["reach"].null_count() == 0
    assert differing(*frames) == {}


def run_statement(house: House, warehouse: Warehouse, statement: str) -> None:
    """A statement that the product's own interface does not have."""
    settings = house.installation.settings
    if settings.warehouse == "bigquery":
        from marketing_assets.warehouse.bigquery_client import client

        with client(settings) as at:
            at.query_and_wait(statement)
    else:
        import duckdb

        with duckdb.connect(str(settings.warehouse_file(warehouse.tenant_id))) as connection:
            connection.execute(statement)


@pytest.mark.parametrize("tenant", sorted(DAYS))
def test_a_replay_is_equal(twins: Twins, tenant: str) -> None:
    for house in (twins.duckdb, twins.bigquery):
        twins.replay(house, tenant, RESTATED[tenant])
        run = house.run(tenant, RESTATED[tenant], models(tenant))
        assert run.success, run.complaint
    compare(twins, tenant)


def test_a_day_from_the_platforms_by_one_setting(twins: Twins, tmp_path: Path) -> None:
    """A home of its own, the command line, and `MARKETING_WAREHOUSE=bigquery`: nothing else is told."""
    landing = {"MARKETING_LANDING_URL": "gs://parity/elsewhere"}
    settings = {**twins.bigquery.installation.more, **landing, "MARKETING_ENVIRONMENT": "prod"}
    elsewhere = replace(twins.duckdb.installation.copy_to(tmp_path), more=settings)
    day = DAYS["siam"].last - timedelta(days=3)
    told = elsewhere.marketing("materialize", "siam", "--from", f"{day}", seconds=600)
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
