"""What the platform tells of itself on BigQuery: runs, connections, alerts; row by row as on DuckDB."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marketing_assets.alerts.figures import NoFigures, figures
from marketing_assets.alerts.history import ALERTS, is_behind, publish
from marketing_assets.alerts.message import ChartSpec
from marketing_assets.automation.connection_status import CONNECTION_STATUS
from marketing_assets.automation.health import tell_connections, tell_runs
from marketing_assets.automation.run_history import RUN_HISTORY
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.errors import WarehouseError
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets_tests.alerts.house import BROKEN, HOOK, WARNED, House
from marketing_assets_tests.automation.test_health import run
from marketing_assets_tests.bigquery.local import free_port
from marketing_assets_tests.installation import shipped

pytestmark = pytest.mark.xdist_group("bigquery")


@pytest.fixture
def tenant() -> Tenant:
    return Tenant.model_validate(shipped("siam"))


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Settings of the same tenant on DuckDB."""
    return Settings(warehouse="duckdb", home=tmp_path / "duckdb")


def rows(settings: Settings, table: TableSpec) -> pl.DataFrame:
    frame = open_warehouse(settings, "siam").read("ops", table.name)
    return frame.select(c.name for c in table.columns).sort(table.key)


def test_runs_and_connections_are_told_as_on_duckdb_and_once(
    settings: Settings, here: Settings, tenant: Tenant
) -> None:
    now = datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        for meta_works in (False, True):
            run(instance, tenant, meta_works)
            assert [tell_runs(instance, tenant, each) for each in (here, settings)] == [1, 1]
            told = [tell_connections(instance, tenant, each, now) for each in (here, settings)]
            assert told[0] == told[1] == {"valid": 3 + meta_works, "expiring": 0, "broken": 1 - meta_works}
        assert tell_runs(instance, tenant, settings) == 0
    history = rows(settings, RUN_HISTORY)
    assert history.height == 8 and history["cost"].drop_nulls().len() == 1
    assert_frame_equal(history, rows(here, RUN_HISTORY))
    assert_frame_equal(rows(settings, CONNECTION_STATUS), rows(here, CONNECTION_STATUS))


def test_alerts_are_kept_as_on_duckdb_a_row_an_incident(settings: Settings, tmp_path: Path) -> None:
    house = House(tmp_path / "alerts", {"channels": HOOK})
    homes = [house.settings.home, tmp_path / "duckdb"]
    there, here = (
        base.model_copy(update={"home": home})
        for base, home in zip((settings, house.settings), homes, strict=True)
    )
    for wishes, states in (
        ({"raw": BROKEN, "other": WARNED}, ["open", "open"]),
        ({"other": WARNED}, ["recovered", "ongoing"]),
    ):
        house.run(**wishes)
        house.later(minutes=5)
        house.look()
        shutil.copytree(homes[0], homes[1], dirs_exist_ok=True)
        assert [publish(each, house.tenant, house.now) for each in (there, here)] == [2, 2]
        assert not is_behind(there, house.tenant)
        kept = rows(there, ALERTS)
        assert sorted(kept["status"]) == sorted(states)
        assert_frame_equal(kept, rows(here, ALERTS))


def test_a_chart_is_done_without_where_bigquery_does_not_answer(settings: Settings, tenant: Tenant) -> None:
    """An alert must not wait for it, nor fail with it."""
    gone = settings.model_copy(update={"bigquery_endpoint": f"http://127.0.0.1:{free_port()}"})
    started = time.monotonic()
    with pytest.raises(NoFigures, match="did not answer"):
        figures(gone, tenant, ChartSpec("2026-11-12"))
    assert time.monotonic() - started < 60, "not the five minutes that a run has"
    with pytest.raises(WarehouseError, match=r"tenant siam, .*: the answer was lost"):
        open_warehouse(gone.model_copy(update={"bigquery_retry_seconds": 1}), "siam").tables("ops")
