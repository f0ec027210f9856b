"""Writes and reads of a tenant's DuckDB file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.duckdb_connection import connect
from marketing_assets.warehouse.errors import NoSuchTable, WarehouseBusy, WrongRows
from marketing_assets.warehouse.frames import check_only, conform
from marketing_assets.warehouse.open import open_warehouse

from .rows import ORDERS, SCHEMA, day, days, frame, order, versions


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "siam.duckdb", lock_timeout_seconds=5)


def test_every_type_comes_back_as_it_went_in(warehouse: DuckDBWarehouse) -> None:
    full = order(0)
    empty = dict.fromkeys(full) | {"order_id": "b", "day": day(0)}
    hollow = order(0, "c", buyer={"name": None, "tags": None}, items=[], amount=Decimal("-0.5"))
    rows = frame([full, empty, hollow])
    warehouse.replace_days("raw", ORDERS, days(0), [rows])
    found = warehouse.read("raw", "orders").sort("order_id")
    assert found.schema == SCHEMA
    assert_frame_equal(found, conform(rows, ORDERS, "here"))


def test_replaces_exactly_the_range(warehouse: DuckDBWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 4), [frame(order(n) for n in range(5))])
    batches = [frame([order(1, "x", 1)]), frame([]), frame([order(3, "y", 1), order(3, "z", 1)])]
    replaced = warehouse.replace_days("raw", ORDERS, days(1, 3), batches)
    assert replaced.rows_by_day == {day(1): 1, day(2): 0, day(3): 2}
    assert replaced.before_by_day == {day(1): 1, day(2): 1, day(3): 1}
    assert (replaced.rows, replaced.rows_before, replaced.table_rows) == (3, 3, 5)
    assert versions(warehouse, 0, 4) == {
        day(0): [(0, 1)], day(1): [(1, 1)], day(2): [], day(3): [(1, 2)], day(4): [(0, 1)]
    }  # fmt: skip
    assert warehouse.count_by_day("raw", "orders", days(2, 3)) == {day(2): 0, day(3): 2}


def test_no_batches_empty_the_days(warehouse: DuckDBWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 1), [frame([order(0), order(1)])])
    warehouse.replace_days("raw", ORDERS, days(0), [])
    assert warehouse.count_by_day("raw", "orders", days(0, 1)) == {day(0): 0, day(1): 1}


def test_rows_outside_the_range_are_refused(warehouse: DuckDBWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(1), [frame([order(1)])])
    with pytest.raises(WrongRows, match=r"siam.*raw\.orders.*outside 2026-01-02: 2026-01-03"):
        warehouse.replace_days("raw", ORDERS, days(1), [frame([order(1, "n", 1)]), frame([order(2)])])
    assert versions(warehouse, 1, 2) == {day(1): [(0, 1)], day(2): []}


def test_a_write_may_be_narrowed(warehouse: DuckDBWarehouse) -> None:
    warehouse.replace_days("ops", ORDERS, days(0), [frame([order(0, "a"), order(0, "b")])])
    fresh = frame([order(0, "b", 1), order(0, "b", 2)])
    warehouse.replace_days("ops", ORDERS, days(0), [fresh], only={"order_id": "b"})
    found = warehouse.read("ops", "orders", columns=["order_id", "units"])
    assert sorted(found.rows()) == [("a", 0), ("b", 1), ("b", 2)]
    with pytest.raises(WrongRows, match="another order_id than 'b'"):
        warehouse.replace_days("ops", ORDERS, days(0), [frame([order(0, "c")])], only={"order_id": "b"})
    with pytest.raises(WrongRows, match="another raw_json than"):
        check_only(frame([order(0, raw_json=None)]), {"raw_json": "{}"}, "here")


def test_an_error_in_the_batches_changes_nothing(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    warehouse.replace_days("raw", ORDERS, days(1), [frame([order(1)])])

    def broken() -> Iterator[pl.DataFrame]:
        yield frame([order(1, "n", 1)])
        raise LookupError("page 2")

    with pytest.raises(LookupError, match="page 2"):
        warehouse.replace_days("raw", ORDERS, days(1), broken())
    assert versions(warehouse, 1, 1) == {day(1): [(0, 1)]}
    assert list((tmp_path / "siam.incoming").iterdir()) == []


def test_batches_may_use_the_warehouse(warehouse: DuckDBWarehouse) -> None:
    """Validation writes dead letters while the rows of a range are being written."""
    letters = TableSpec("letters", "", ORDERS.columns, ORDERS.key)

    def batches() -> Iterator[pl.DataFrame]:
        for n in range(3):
            warehouse.append_keyed("ops", letters, frame([order(n, "bad")]))
            yield frame([order(n)])

    warehouse.replace_days("raw", ORDERS, days(0, 2), batches())
    moved = warehouse.scan_batches("raw", "orders", days(0, 1))
    warehouse.replace_days("mart", ORDERS, days(0, 2), moved)
    assert warehouse.read("ops", "letters").height == 1
    assert warehouse.read("mart", "orders").height == 2


def test_append_keyed_is_idempotent(warehouse: DuckDBWarehouse) -> None:
    warehouse.append_keyed("ops", ORDERS, frame([order(0, "a"), order(0, "b")]))
    for _ in range(2):
        twice = frame([order(1, "b", 1), order(2, "b", 2), order(2, "c", 2)])
        assert warehouse.append_keyed("ops", ORDERS, twice) == 2
    assert warehouse.append_keyed("ops", ORDERS, frame([])) == 0
    found = warehouse.read("ops", "orders", columns=["order_id", "units"]).sort("order_id")
    assert found.rows() == [("a", 0), ("b", 2), ("c", 2)]


def test_replace_table(warehouse: DuckDBWarehouse) -> None:
    spec = TableSpec("products", "", ORDERS.columns, ORDERS.key, day_column=None)
    assert warehouse.replace_table("mart", spec, [frame([order(0), order(9)])]) == 2
    assert warehouse.replace_table("mart", spec, [frame([order(5, "n")])]) == 1
    assert warehouse.read("mart", "products")["order_id"].to_list() == ["n"]
    with pytest.raises(ValueError, match="replace_table"):
        warehouse.replace_days("mart", spec, days(0), [])


def test_reading(warehouse: DuckDBWarehouse) -> None:
    with pytest.raises(NoSuchTable, match=r"siam.*raw\.orders"):
        warehouse.read("raw", "orders")
    assert warehouse.tables("raw") == [] and not warehouse.path.exists()
    assert warehouse.count_by_day("raw", "orders", days(0)) == {day(0): 0}
    with pytest.raises(ValueError, match="no layer"):
        warehouse.read("bronze", "orders")

    warehouse.replace_days("raw", ORDERS, days(0, 2), [frame(order(n) for n in range(3))])
    assert warehouse.read("raw", "orders", days(1, 2), ["day"])["day"].sort().to_list() == [day(1), day(2)]
    assert sum(f.height for f in warehouse.scan_batches("raw", "orders", days(1))) == 1
    assert warehouse.tables("raw") == ["orders"]
    info = warehouse.describe("raw", "orders")
    assert info.description == "Orders, it's a test"
    assert (info.columns[2].type, info.columns[2].description) == ("DECIMAL(38,9)", "What was paid.")
    with pytest.raises(NoSuchTable):
        warehouse.describe("raw", "nothing")


def test_query_reads_and_cannot_write(warehouse: DuckDBWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 2), [frame(order(n) for n in range(3))])
    sql = f"select count(*) as n from {warehouse.relation('raw', 'orders')} where day >= $since"
    assert warehouse.query(sql, {"since": day(1)}).rows() == [(2,)]
    for sql in ("drop table raw.orders", "select 1; drop table raw.orders", "delete from raw.orders"):
        with pytest.raises(ValueError, match="one SELECT"):
            warehouse.query(sql)


@pytest.mark.parametrize("tenant", ["ops", "raw", "main", "temp", "system"])
def test_a_tenant_may_be_called_as_a_layer(tmp_path: Path, tenant: str) -> None:
    warehouse = DuckDBWarehouse(tmp_path / f"{tenant}.duckdb")
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0)])])
    assert warehouse.query(f"from {warehouse.relation('raw', 'orders')}").height == 1
    assert warehouse.describe("raw", "orders").columns


def test_session_settings(warehouse: DuckDBWarehouse) -> None:
    names = ("TimeZone", "memory_limit", "temp_directory")
    found = warehouse.query("select " + ", ".join(f"current_setting('{n}')" for n in names)).row(0)
    assert found == ("UTC", "953.6 MiB", f"{warehouse.path}.tmp")


def test_the_settings_choose_the_file(tmp_path: Path) -> None:
    warehouse = open_warehouse(Settings(home=tmp_path), "siam")
    assert isinstance(warehouse, DuckDBWarehouse)
    assert (warehouse.tenant_id, warehouse.path) == ("siam", tmp_path / "warehouse" / "siam.duckdb")


_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_held_file_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "siam.duckdb"
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline()
        warehouse = DuckDBWarehouse(path, lock_timeout_seconds=0.3)
        with pytest.raises(WarehouseBusy, match=rf"siam\.duckdb is held by process {holder.pid} .*0\.3 s"):
            warehouse.replace_days("raw", ORDERS, days(0), [])
        holder.communicate()
    warehouse.replace_days("raw", ORDERS, days(0), [])


def test_a_connection_with_other_settings_is_waited_for(warehouse: DuckDBWarehouse) -> None:
    other = duckdb.connect(str(warehouse.path), config={"threads": "1"})
    with pytest.raises(WarehouseBusy, match="this process with other settings"):
        connect(warehouse.path, lock_timeout_seconds=0.1)
    other.close()
    connect(warehouse.path).close()


class _Kept:
    """Keeps a connection in a circle of references, as a traceback of dbt's does."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection, self.self = connection, self


def test_a_database_of_this_process_that_attached_the_file_is_waited_for(warehouse: DuckDBWarehouse) -> None:
    connect(warehouse.path).close()
    other = duckdb.connect()
    other.execute(f"attach '{warehouse.path}' as warehouse")
    with pytest.raises(WarehouseBusy, match="this process with other settings"):
        connect(warehouse.path, lock_timeout_seconds=0.1)
    _Kept(other)
    del other
    connect(warehouse.path, lock_timeout_seconds=5).close()


def test_read_copy_is_whole_and_keeps_the_lock(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0)])])
    with connect(warehouse.path) as held:
        copy = warehouse.read_copy(tmp_path / "copies" / "siam.duckdb")
        try_it = f"import duckdb; duckdb.connect({str(warehouse.path)!r})"
        tried = subprocess.run([sys.executable, "-c", try_it], check=False, capture_output=True, text=True)
        assert "Could not set lock" in tried.stderr
        assert held.execute("select 1").fetchone() == (1,)
    warehouse.replace_days("raw", ORDERS, days(0), [])
    with duckdb.connect(str(copy), read_only=True) as reader:
        assert reader.execute("select count(*) from siam.raw.orders").fetchone() == (1,)
    assert copy.stat().st_mode & 0o222 == 0
    assert warehouse.read_copy(copy) == copy
    assert [p.name for p in copy.parent.iterdir()] == ["siam.duckdb"]
