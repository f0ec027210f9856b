"""Compares every cell and type of two warehouses of the same landing."""

from __future__ import annotations

import re
from datetime import timedelta

import polars as pl

from marketing_assets.partitions import DayRange
from marketing_assets.warehouse.warehouse import Warehouse
from marketing_assets_tests.bigquery.twins import AS_OF, LAYERS, START, Twins

ALL_DAYS = DayRange(START - timedelta(days=400), AS_OF.date() + timedelta(days=400))
APART = {
    "run_history": "tells of the runs of each house; test_ops_tables.py compares it",
    "connection_status": "tells of the runs of each house; test_ops_tables.py compares it",
    "alerts": "is written by sensors, of which none works here; test_ops_tables.py compares it",
    "warehouse_costs": "BigQuery alone bills",
}
"""Tables of the layer `ops` that are each warehouse's own, and why; all others are compared."""

SAID = {
    "mart": ["ai_recommendations", "dim_sale_calendar"],
    "ml": ["anomalies", "budget_recommendations", "forecast_errors", "forecast_outlook", "forecasts"],
}
"""What models say, by layer; recommendations have no outcome before two weeks have passed."""

EMPTY = {"siam": {"order_attribution", "dead_letters"}, "northwind": {"dead_letters"}}
"""Only a shop on Shopify tells where an order came from; no record breaks its contract here."""

WORDS = {
    "VARCHAR": "STRING", "BIGINT": "INT64", "BOOLEAN": "BOOL", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "DECIMAL(38,9)": "NUMERIC", "DATE": "DATE",
}  # fmt: skip
"""DuckDB's scalar types, and BigQuery's for the same."""

_NESTED = re.compile(r"STRUCT|ARRAY|\[\]")


def compare(twins: Twins, days: DayRange = ALL_DAYS) -> int:
    """Compare these days of every table; how many cells there were."""
    cells, tenant = 0, twins.tenant
    ours, theirs = twins.warehouses
    for layer in LAYERS:
        names, others = (
            [n for n in warehouse.tables(layer) if n not in APART and n not in SAID.get(layer, ())]
            for warehouse in (ours, theirs)
        )
        assert names == others
        assert names, f"{tenant}: layer {layer} is empty"
        for name in names:
            found = [everything(warehouse, layer, name, days) for warehouse in (ours, theirs)]
            if days is ALL_DAYS:
                assert (found[0].height == 0) is (name in EMPTY[tenant]), f"{tenant}: {layer}.{name}"
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


def everything(warehouse: Warehouse, layer: str, table: str, days: DayRange = ALL_DAYS) -> pl.DataFrame:
    """All rows of these days in an order of their own: by every column that is no list and no record."""
    frame = warehouse.read(layer, table, days if table != "sku_mapping" else None)
    frame = frame.select(sorted(frame.columns))
    return frame.sort([n for n, t in frame.schema.items() if not t.is_nested()], nulls_last=True)


def types(warehouse: Warehouse, layer: str, table: str) -> dict[str, str]:
    """Columns of single values and their types in BigQuery's words; frames' schemas tell of nested ones."""
    columns = warehouse.describe(layer, table).columns
    return {c.name: WORDS.get(c.type, c.type) for c in columns if not _NESTED.search(c.type)}
