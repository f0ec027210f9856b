"""One installation's landing, and a warehouse on DuckDB and one on BigQuery over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.raw_table import replay_raw
from marketing_assets.partitions import DayRange, group_consecutive
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.e2e.house import House

AS_OF = datetime(2026, 11, 12, 4, 30, tzinfo=UTC)
START = date(2026, 9, 14)
"""60 days before the world's day, over the end of New York's summer time."""

DAYS = {"siam": DayRange(START, date(2026, 11, 12)), "northwind": DayRange(START, date(2026, 11, 11))}
LAYERS = ("raw", "staging", "mart", "ops")
SAID_BY_MODELS = "tag:room=intelligence"
"""Computed by a test of its own: the layer `ml`, and the marts of what it says."""


@dataclass
class Twins:
    """One installation's landing, and both warehouses over it."""

    tenant: str
    duckdb: House
    bigquery: House

    @property
    def restated(self) -> DayRange:
        """The last ten days."""
        last = DAYS[self.tenant].last
        return DayRange(last - timedelta(days=9), last)

    @property
    def models(self) -> str:
        groups = " or ".join(f"group:{self.tenant}_{layer}" for layer in LAYERS[1:])
        return f"({groups}) and not {SAID_BY_MODELS}"

    @property
    def warehouses(self) -> tuple[Warehouse, Warehouse]:
        """DuckDB's and BigQuery's."""
        return self.duckdb.warehouse(self.tenant), self.bigquery.warehouse(self.tenant)

    def wait(self, hours: int) -> None:
        """Let time pass; tests may come in any order, and the clock never goes back."""
        self.duckdb.move_to(self.duckdb.now() + timedelta(hours=hours))

    def fetch(self, days: DayRange) -> None:
        """Fetch these days from the platforms, and compute everything from them on DuckDB."""
        run = self.duckdb.run(self.tenant, days, checks=False)
        assert run.success, run.complaint

    def landed(self, days: DayRange, checks: bool = False) -> None:
        """Bring what landed for these days into BigQuery, and compute everything from it there."""
        self.replay(self.bigquery, days)
        run = self.bigquery.run(self.tenant, days, self.models, checks=checks)
        assert run.success, run.complaint
        assert run.failed_checks() == {}
        assert bool(run.checks) is checks

    def look_back(self) -> None:
        """As if each day had been looked at three days later too, so that there is a curve to draw."""
        for house, warehouse in zip((self.duckdb, self.bigquery), self.warehouses, strict=True):
            for table, metric in (("ads_observations", "conversions"), ("order_observations", "orders")):
                relation = warehouse.relation("ops", table)
                told = [c.name for c in warehouse.describe("ops", table).columns]
                earlier = {
                    metric: f"greatest({metric} - 1, 0)",
                    "observed_at": "timestamp '2026-09-01 00:00:00+00'",
                    "days_after": "3",
                    "hours_after": "48",
                }
                selected = ", ".join(earlier.get(name, name) for name in told)
                run_statement(
                    house,
                    warehouse,
                    f"insert into {relation} ({', '.join(told)}) select {selected} from {relation}",
                )
            self.compute(house, self.restated, self.after("ops/ads_observations", "ops/order_observations"))

    def compute(self, house: House, days: DayRange, models: str) -> None:
        run = house.run(self.tenant, days, models, checks=False)
        assert run.success, run.complaint

    def after(self, *tables: str) -> str:
        """The models that read these tables, directly or not."""
        return " or ".join(
            f'(key:"{self.tenant}/{table}"+ and not key:"{self.tenant}/{table}")' for table in tables
        )

    def replay(self, house: House, days: DayRange) -> None:
        tenant = self.tenant
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
