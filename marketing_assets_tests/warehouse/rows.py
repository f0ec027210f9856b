"""A small table with every type, and rows for it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl

from marketing_assets.partitions import DayRange
from marketing_assets.schema import Column, Pii, Type, polars_schema
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.warehouse import Warehouse

FIRST = date(2026, 1, 1)

PRICE = Column("price", Type.NUMERIC, "Price of one.")
TAGS = Column("tags", Type.STRING, "Labels.", repeated=True)
ITEM = (
    Column("sku", Type.STRING, "What was bought."),
    PRICE,
    Column(
        "parts",
        Type.RECORD,
        "What it is made of.",
        fields=(Column("n", Type.INT64, "Count."),),
        repeated=True,
    ),
)
ORDERS = TableSpec(
    "orders",
    "Orders, it's a test",
    (
        Column("order_id", Type.STRING, "The order's id.", required=True),
        Column("units", Type.INT64, "Units."),
        Column("amount", Type.NUMERIC, "What was paid."),
        Column("paid", Type.BOOL, "Whether it is paid."),
        Column("created", Type.TIMESTAMP, "When."),
        Column(
            "buyer", Type.RECORD, "Who.", fields=(Column("name", Type.STRING, "Name.", pii=Pii.HASH), TAGS)
        ),
        Column("items", Type.RECORD, "Lines.", fields=ITEM, repeated=True),
        Column("day", Type.DATE, "Local day.", required=True),
        Column("raw_json", Type.JSON, "As it came."),
    ),
    ("order_id",),
)
SCHEMA = polars_schema(ORDERS.columns)


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


def days(first: int, last: int | None = None) -> DayRange:
    return DayRange(day(first), day(first if last is None else last))


def order(n: int, order_id: str = "a", version: int = 0, **values: object) -> dict[str, object]:
    return {
        "order_id": order_id,
        "units": version,
        "amount": Decimal("12345678901234567890123456789.123456789"),
        "paid": True,
        "created": datetime(2026, 1, 1, 17, 0, 0, 123456, tzinfo=UTC),
        "buyer": {"name": "สมชาย 🛒", "tags": ["x", None]},
        "items": [{"sku": "ก", "price": Decimal("0.000000001"), "parts": [{"n": 1}, None]}, None],
        "day": day(n),
        "raw_json": '{"ชื่อ": "ช้าง 🐘"}',
    } | values


def frame(rows: Iterable[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def versions(warehouse: Warehouse, first: int, last: int) -> dict[date, list[tuple[int, int]]]:
    """(version, how often) of every day's rows, as `order` wrote them."""
    found = warehouse.read("raw", "orders", days(first, last)).group_by("day", "units").len().sort("units")
    result: dict[date, list[tuple[int, int]]] = {d: [] for d in days(first, last)}
    for row in found.iter_rows(named=True):
        result[row["day"]].append((row["units"], row["len"]))
    return result


# Children come from a server process that has the imports behind it and no thread running.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["marketing_assets.warehouse.duckdb"])
