"""What may enter a table, and as what."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from marketing_assets.schema import Column, Type, polars_schema
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.errors import WrongRows
from marketing_assets.warehouse.frames import BATCH_BYTES, columns_of, conform, gather
from marketing_assets.warehouse.warehouse import BATCH_ROWS

from .rows import ORDERS, SCHEMA, frame, order

AMOUNT = TableSpec("t", "", (Column("amount", Type.NUMERIC, ""),), day_column=None)
INSTANT = TableSpec("t", "", (Column("at", Type.TIMESTAMP, ""),), day_column=None)


def test_types_are_widened_where_nothing_is_lost() -> None:
    narrow = frame([order(0, units=3, amount=Decimal("1.5"))]).cast(
        {"units": pl.Int16, "amount": pl.Decimal(10, 2), "order_id": pl.Categorical}
    )
    nulls = narrow.with_columns(buyer=None, created=None, items=pl.Series([[None]]))
    assert conform(narrow.select(reversed(narrow.columns)), ORDERS, "here").schema == SCHEMA
    assert conform(nulls, ORDERS, "here").schema == SCHEMA
    assert conform(pl.DataFrame({"amount": [7]}), AMOUNT, "here").item() == Decimal(7)
    elsewhere = pl.Series("at", [datetime(2026, 1, 1)]).dt.replace_time_zone("Asia/Bangkok").to_frame()
    assert conform(elsewhere, INSTANT, "here").item() == datetime(2025, 12, 31, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "spec"),
    [
        (pl.Series("amount", [1.5]), AMOUNT),
        (pl.Series("amount", ["1.5"]), AMOUNT),
        (pl.Series("amount", [Decimal("0.0000000001")], pl.Decimal(38, 10)), AMOUNT),
        (pl.Series("at", [datetime(2026, 1, 1)]), INSTANT),
        (pl.Series("at", [1767200400]), INSTANT),
    ],
)
def test_types_that_could_lose_something_are_refused(values: pl.Series, spec: TableSpec) -> None:
    with pytest.raises(WrongRows, match=rf"here: column '{values.name}' comes as .* declares"):
        conform(values.to_frame(), spec, "here")


def test_nested_types_are_checked_too() -> None:
    floats = frame([order(0)]).with_columns(items=pl.lit([{"sku": "a", "price": 1.5, "parts": None}]))
    with pytest.raises(WrongRows, match="items"):
        conform(floats, ORDERS, "here")
    with pytest.raises(WrongRows, match="buyer"):
        conform(frame([order(0)]).with_columns(buyer=pl.struct(name=pl.lit("x"))), ORDERS, "here")


def test_values_that_overflow_are_refused() -> None:
    with pytest.raises(WrongRows, match="do not fit"):
        conform(frame([order(0)]).with_columns(units=pl.lit(2**63, pl.UInt64)), ORDERS, "here")


def test_columns_and_nulls_are_checked() -> None:
    with pytest.raises(WrongRows, match=r"missing: paid; unknown: extra"):
        conform(frame([order(0)]).drop("paid").with_columns(extra=1), ORDERS, "here")
    for column in ("order_id", "day"):
        with pytest.raises(WrongRows, match=rf"1 of 2 rows have no '{column}'"):
            conform(frame([order(0), order(0) | {column: None}]), ORDERS, "here")


def test_small_frames_are_gathered() -> None:
    pages = [frame([]), *[pl.DataFrame({"n": range(100)})] * (BATCH_ROWS // 100 + 3)]
    assert [f.height for f in gather(pages)] == [BATCH_ROWS, 300]
    fat = pl.DataFrame({"text": ["x" * (BATCH_BYTES // 4)]})
    assert [f.height for f in gather([fat] * 5)] == [4, 1]
    assert list(gather([])) == []


def test_columns_of_a_frame() -> None:
    columns = columns_of(SCHEMA, {"amount": "Paid."})
    assert polars_schema(columns) == SCHEMA
    assert columns[2].description == "Paid."
    assert columns_of(pl.Schema({"n": pl.Int8(), "c": pl.Categorical()}), {})[0].type is Type.INT64
    for odd in (pl.Duration(), pl.Null(), pl.List(pl.List(pl.Int64()))):
        with pytest.raises(WrongRows, match="column 'x'"):
            columns_of(pl.Schema({"x": odd}), {})


def test_a_table_knows_its_key() -> None:
    with pytest.raises(ValueError, match="'id' is a key"):
        TableSpec("t", "", AMOUNT.columns, ("id",), None)


def test_lists_are_never_null_and_hold_no_null() -> None:
    rows = frame(
        [order(0), order(0, "b", items=None, buyer={"name": "x", "tags": None}), order(0, "c", buyer=None)]
    )
    dense = conform(rows, ORDERS, "here")
    assert dense.schema == rows.schema
    assert [len(items) for items in dense["items"]] == [1, 0, 1]
    assert dense["items"][0][0]["parts"] == [{"n": 1}]
    assert dense["buyer"].to_list() == [{"name": "สมชาย 🛒", "tags": ["x"]}, {"name": "x", "tags": []}, None]
