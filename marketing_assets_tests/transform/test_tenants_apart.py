"""Two tenants through one manifest, in one process and beside each other."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.raw import item, order

D = date(2026, 3, 10)
ONE = DayRange(D, D)


def test_a_tenants_tables_hold_its_own_rows(house: Any) -> None:
    siam, northwind = house("siam"), house("northwind", reporting_currency="USD")
    for h, price in ((siam, "100"), (northwind, "7")):
        h.raw.nothing(ONE)
        h.raw.orders(ONE, order(D, "A1", item(1, price)))
    siam.run(ONE)
    northwind.run(ONE)
    for h, currency in ((siam, "THB"), (northwind, "USD")):
        for layer in ("staging", "mart"):
            for table in h.warehouse.tables(layer):
                frame = h.frame(f"{layer}.{table}")
                if "tenant_id" in frame.columns:
                    assert set(frame["tenant_id"]) <= {h.tenant.id}, table
        assert h.mart_day(D)["currency"] == currency
    assert siam.mart_day(D)["total_revenue"] == 100
    assert 0 < northwind.mart_day(D)["total_revenue"] < 1


def test_rows_of_another_tenant_are_not_read(house: Any) -> None:
    h = house("siam")
    h.raw.nothing(ONE)
    h.raw.orders(ONE, order(D, "mine"), order(D, "theirs", tenant_id="northwind"))
    h.run(ONE)
    assert [r["order_id"] for r in h.rows("staging.orders")] == ["mine"]


def test_the_file_is_free_after_a_run(house: Any) -> None:
    h = house("siam")
    h.raw.nothing(ONE)
    h.run(ONE)
    with duckdb.connect(str(h.settings.warehouse_file("siam")), config={"threads": 1}) as connection:
        assert connection.execute("select count(*) from mart.daily_performance").fetchone() == (1,)


def test_two_processes_may_prepare_the_project_at_once(tmp_path: Path) -> None:
    code = (
        "from marketing_assets.settings import Settings; "
        "from marketing_assets.transform.manifest import prepare_manifest; "
        "print(prepare_manifest(Settings()).parsed_dir)"
    )
    environment = os.environ | {"MARKETING_HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = {process.communicate(timeout=200)[0].splitlines()[-1] for process in both}
    assert [p.returncode for p in both] == [0, 0]
    assert answers == {str(p) for p in (tmp_path / "dbt" / "parsed").iterdir()}
    assert len(answers) == 1


def test_nothing_is_written_into_the_project(house: Any) -> None:
    h = house()
    before = set(h.settings.dbt_dir.rglob("*"))
    h.raw.nothing(ONE)
    h.run(ONE)
    assert set(h.settings.dbt_dir.rglob("*")) == before
