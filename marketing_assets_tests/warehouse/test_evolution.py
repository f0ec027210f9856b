"""Tables that grow, and types that must not change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from marketing_assets.schema import Column, Type, polars_schema
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.errors import SchemaConflict

from .rows import ITEM, ORDERS, days, frame, order, versions

WEIGHT = Column("weight", Type.NUMERIC, "Weight in kilograms.")


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(tmp_path / "siam.duckdb")
    warehouse.replace_days("raw", ORDERS, days(0, 1), [frame([order(0), order(1)])])
    return warehouse


def _changed(*changes: Column, without: tuple[str, ...] = ()) -> TableSpec:
    """The orders with columns put in place of those of the same name, added first, or left out."""
    names = {c.name: c for c in changes}
    old = tuple(names.pop(c.name, c) for c in ORDERS.columns if c.name not in without)
    return replace(ORDERS, columns=(*names.values(), *old))


def _written(warehouse: DuckDBWarehouse, spec: TableSpec, row: dict[str, object]) -> pl.DataFrame:
    rows = pl.DataFrame([row], schema=polars_schema(spec.columns))
    warehouse.replace_days("raw", spec, days(1), [rows])
    return warehouse.read("raw", "orders").sort("day")


def test_new_columns_and_nested_fields_are_added(warehouse: DuckDBWarehouse) -> None:
    parts = replace(ITEM[2], fields=(WEIGHT, *ITEM[2].fields))
    spec = _changed(
        WEIGHT,
        Column("items", Type.RECORD, "New words.", fields=(WEIGHT, *ITEM[:2], parts), repeated=True),
        Column("buyer", Type.RECORD, "Who.", fields=(*ORDERS.columns[5].fields, WEIGHT)),
    )
    kilo = Decimal("1.000000000")
    item = {"weight": kilo, "sku": "s", "price": kilo, "parts": [{"weight": kilo, "n": 2}]}
    buyer = {"name": "n", "tags": [], "weight": kilo}
    found = _written(warehouse, spec, order(1) | {"weight": kilo, "items": [item], "buyer": buyer})

    old, new = found.select("weight", "items", "buyer").rows(named=True)
    assert new == {"weight": kilo, "items": [item], "buyer": buyer}
    assert old["weight"] is None and old["buyer"]["weight"] is None
    assert old["items"][0]["parts"] == [{"n": 1, "weight": None}]
    assert old["items"][0]["weight"] is None and old["items"][0]["price"] == Decimal("1E-9")
    descriptions = {c.name: c.description for c in warehouse.describe("raw", "orders").columns}
    assert (descriptions["weight"], descriptions["items"]) == ("Weight in kilograms.", "New words.")
    # The same again changes nothing, and the old declaration still writes.
    assert _written(warehouse, spec, order(1) | {"weight": kilo, "items": [item], "buyer": buyer}).equals(
        found
    )
    warehouse.replace_days("raw", ORDERS, days(1), [frame([order(1)])])
    assert warehouse.read("raw", "orders", days(1))["weight"].to_list() == [None]


def test_columns_that_left_the_declaration_get_null(warehouse: DuckDBWarehouse) -> None:
    spec = _changed(Column("items", Type.RECORD, "", fields=ITEM[:1], repeated=True), without=("amount",))
    row = {k: v for k, v in order(1).items() if k != "amount"} | {"items": [{"sku": "s"}]}
    found = _written(warehouse, spec, row)
    assert found["amount"].is_null().to_list() == [False, True]
    assert found["items"][1].to_list() == [{"sku": "s", "price": None, "parts": None}]


@pytest.mark.parametrize(
    ("column", "types"),
    [
        (Column("units", Type.STRING, ""), "BIGINT .* VARCHAR"),
        (Column("units", Type.INT64, "", repeated=True), r"BIGINT .* BIGINT\[\]"),
        (replace(ORDERS.columns[6], fields=(replace(ITEM[0], type=Type.INT64), *ITEM[1:])), "sku VARCHAR"),
    ],
)
def test_a_changed_type_is_refused(warehouse: DuckDBWarehouse, column: Column, types: str) -> None:
    spec = _changed(WEIGHT, column)
    expected = rf"tenant siam, table raw.orders: column '{column.name}' is .*{types}.* replay"
    with pytest.raises(SchemaConflict, match=expected):
        warehouse.replace_days("raw", spec, days(1), [])
    assert "weight" not in [c.name for c in warehouse.describe("raw", "orders").columns]
    assert versions(warehouse, 0, 1).popitem()[1] == [(0, 1)]
