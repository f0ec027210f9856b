"""The IO manager inside real Dagster runs."""

# Dagster reads the annotations of assets, so they are not left as text.
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from marketing_assets.schema import Column, Type
from marketing_assets.settings import Settings
from marketing_assets.warehouse.io_manager import RangeWrite, WarehouseIOManager, table_schema
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

from .assets import DAILY, RAW, materialize, metadata_of, orders, share, total, units
from .rows import FIRST, ORDERS, day, days, frame, order


@pytest.fixture
def warehouse(home: Path) -> Warehouse:
    return open_warehouse(Settings(home=home), "siam")


def test_a_range_is_written_and_read_in_one_run(warehouse: Warehouse) -> None:
    result = materialize([orders, units, share], 0, 4)
    assert warehouse.count_by_day("raw", "orders", days(0, 5)) == {
        day(n): n + 1 if n < 5 else 0 for n in range(6)
    }
    found = warehouse.read("ml", "units").sort("on_day")
    assert found.rows() == [(day(n), sum(range(n + 1))) for n in range(5)]
    assert warehouse.read("ml", "share").height == 5
    assert warehouse.describe("ml", "units").columns[1].description == "Units of a day."

    metadata = metadata_of(result, RAW)
    assert list(metadata) == [day(n).isoformat() for n in range(5)]
    for n, values in enumerate(metadata.values()):
        assert values["dagster/partition_row_count"].value == n + 1
        assert values["dagster/row_count"].value == 15
        assert values["dagster/table_name"].value == "siam.raw.orders"
        assert values["days_replaced"].value == "2026-01-01..2026-01-05"
        assert values["dagster/column_schema"].schema == table_schema(ORDERS.columns)
    assert "dagster/column_schema" not in metadata_of(result, units.key.path)[day(0).isoformat()]


def test_only_the_partitions_of_the_run_change(warehouse: Warehouse) -> None:
    materialize([orders, units], 0, 4)
    result = materialize([orders, units], 2, 2)
    values = metadata_of(result, RAW)[day(2).isoformat()]
    assert (values["rows_written"].value, values["rows_replaced"].value) == (3, 3)
    assert warehouse.read("raw", "orders").height == 15
    assert warehouse.read("ml", "units").height == 5


def test_an_asset_without_partitions_reads_and_is_replaced_whole(warehouse: Warehouse) -> None:
    materialize([orders, units], 0, 2)
    for _ in range(2):
        resources = {"io_manager": WarehouseIOManager(tenant_id="siam")}
        result = dg.materialize([total, units, orders], selection=[total], resources=resources)
    assert warehouse.read("ml", "total").rows() == [(4,)]
    assert metadata_of(result, total.key.path)[None]["dagster/row_count"].value == 1


def test_none_writes_nothing(warehouse: Warehouse) -> None:
    @dg.asset(key=RAW, **DAILY)
    def nothing() -> RangeWrite | None:
        return None

    assert materialize([nothing], 0, 1).success
    assert warehouse.tables("raw") == []


def test_a_snapshot_writes_its_own_days_only(warehouse: Warehouse) -> None:
    @dg.asset(key=RAW, **DAILY)
    def snapshot() -> RangeWrite:
        return RangeWrite(ORDERS, days(3), [frame([order(3)])])

    materialize([orders], 0, 3)
    metadata = metadata_of(materialize([snapshot], 0, 3), RAW)
    assert [("dagster/partition_row_count" in m) for m in metadata.values()] == [False, False, False, True]
    assert warehouse.count_by_day("raw", "orders", days(0, 3)) == {day(0): 1, day(1): 2, day(2): 3, day(3): 1}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (["lotus", "raw", "orders"], lambda: RangeWrite(ORDERS, days(0), []), "belongs to tenant lotus"),
        (["siam", "orders"], lambda: RangeWrite(ORDERS, days(0), []), "no place in a warehouse"),
        (["siam", "bronze", "orders"], lambda: RangeWrite(ORDERS, days(0), []), "is no layer"),
        (["siam", "raw", "products"], lambda: RangeWrite(ORDERS, days(0), []), "wrote rows of 'orders'"),
        (RAW, lambda: [1, 2], "returned list"),
        (RAW, lambda: pl.DataFrame({"day": [FIRST], "score": [0.5]}), "'score' is Float64"),
    ],
)
def test_what_does_not_belong_is_refused(
    home: Path, key: list[str], value: Callable[[], Any], message: str
) -> None:
    @dg.asset(key=key, **DAILY)
    def odd() -> Any:
        return value()

    with pytest.raises(Exception, match=message):
        materialize([odd], 0, 0)
    assert not (home / "warehouse" / "lotus.duckdb").exists()


def test_another_tenants_asset_cannot_be_read(warehouse: Warehouse) -> None:
    @dg.asset(key=["siam", "ml", "spy"], ins={"theirs": dg.AssetIn(["lotus", "raw", "orders"])}, **DAILY)
    def spy(theirs: pl.DataFrame) -> pl.DataFrame:
        return theirs

    with pytest.raises(Exception, match="belongs to tenant lotus"):
        materialize(
            [spy, dg.AssetSpec(["lotus", "raw", "orders"], partitions_def=DAILY["partitions_def"])], 0, 0
        )


def test_nested_fields_are_told_in_the_description() -> None:
    prices = Column("prices", Type.RECORD, "By shop.", fields=(Column("price", Type.NUMERIC, "Of one."),))
    items = Column(
        "items",
        Type.RECORD,
        "What was sold.",
        fields=(Column("sku", Type.STRING, "Its SKU."), prices),
        repeated=True,
    )
    [shown] = table_schema((items,)).columns
    assert shown.type == "ARRAY<STRUCT>"
    assert shown.description == "What was sold. Fields: sku STRING, prices STRUCT (price NUMERIC)."
