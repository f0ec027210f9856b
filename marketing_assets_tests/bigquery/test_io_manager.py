"""The IO manager on BigQuery inside real Dagster runs: the same assets as on DuckDB, the same rows."""

from __future__ import annotations

import dagster as dg
import pytest

from marketing_assets.settings import Settings
from marketing_assets.warehouse.io_manager import WarehouseIOManager
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.warehouse.assets import RAW, materialize, metadata_of, orders, share, total, units
from marketing_assets_tests.warehouse.rows import day, days

pytestmark = pytest.mark.xdist_group("bigquery")


@pytest.fixture
def warehouse(settings: Settings) -> Warehouse:
    return open_warehouse(settings, "siam")


def test_a_range_is_written_and_read_in_one_run(warehouse: Warehouse, settings: Settings) -> None:
    result = materialize([orders, units, share], 0, 4)
    assert warehouse.count_by_day("raw", "orders", days(0, 5)) == {
        day(n): n + 1 if n < 5 else 0 for n in range(6)
    }
    found = warehouse.read("ml", "units", days(0, 4), day_column="on_day").sort("on_day")
    assert found.rows() == [(day(n), sum(range(n + 1))) for n in range(5)]
    assert warehouse.read("ml", "share", days(0, 4)).height == 5
    assert warehouse.describe("ml", "units").columns[1].description == "Units of a day."
    metadata = metadata_of(result, RAW)
    assert list(metadata) == [day(n).isoformat() for n in range(5)]
    for n, values in enumerate(metadata.values()):
        assert values["dagster/partition_row_count"].value == n + 1
        assert values["dagster/row_count"].value == 15
        table = f"{settings.bigquery_project}.dev_marketing_siam_raw.orders"
        assert values["dagster/table_name"].value == table


def test_only_the_partitions_of_the_run_change(warehouse: Warehouse) -> None:
    materialize([orders, units], 0, 4)
    result = materialize([orders, units], 2, 2)
    values = metadata_of(result, RAW)[day(2).isoformat()]
    assert (values["rows_written"].value, values["rows_replaced"].value) == (3, 3)
    assert sum(warehouse.count_by_day("raw", "orders", days(0, 9)).values()) == 15


def test_an_asset_without_partitions_is_replaced_whole(warehouse: Warehouse) -> None:
    materialize([orders, units], 0, 2)
    for _ in range(2):
        resources = {"io_manager": WarehouseIOManager(tenant_id="siam")}
        result = dg.materialize([total, units, orders], selection=[total], resources=resources)
    assert warehouse.read("ml", "total").rows() == [(4,)]
    assert metadata_of(result, total.key.path)[None]["dagster/row_count"].value == 1
