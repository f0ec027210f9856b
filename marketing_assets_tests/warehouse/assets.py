"""Assets of small tables, and running them in real Dagster runs."""

# Dagster reads the annotations of assets, so they are not left as text.
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.partitions import DayRange, partitions_definition
from marketing_assets.warehouse.io_manager import RangeWrite, WarehouseIOManager
from marketing_assets_tests.warehouse.rows import FIRST, ORDERS, day, frame, order

DAILY: dict[str, Any] = {
    "partitions_def": partitions_definition(FIRST, "Asia/Bangkok"),
    "backfill_policy": dg.BackfillPolicy.single_run(),
}
RAW = ["siam", "raw", "orders"]


def materialize(
    assets: Sequence[dg.AssetsDefinition | dg.AssetSpec], first: int, last: int, **kwargs: Any
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        assets,
        resources={"io_manager": WarehouseIOManager(tenant_id="siam")},
        tags={
            "dagster/asset_partition_range_start": day(first).isoformat(),
            "dagster/asset_partition_range_end": day(last).isoformat(),
        },
        **kwargs,
    )


@dg.asset(key=RAW, **DAILY)
def orders(context: dg.AssetExecutionContext) -> RangeWrite:
    wanted = [date.fromisoformat(k) for k in context.partition_keys]
    rows = [order((d - FIRST).days, f"{d}-{i}", i) for d in wanted for i in range(d.day)]
    return RangeWrite(ORDERS, DayRange(wanted[0], wanted[-1]), iter([frame(rows)]))


@dg.asset(
    key=["siam", "ml", "units"],
    ins={"orders": dg.AssetIn(RAW, metadata={"columns": ["day", "units"]})},
    metadata={
        "partition_expr": "on_day",
        "dagster/column_schema": dg.TableSchema([dg.TableColumn("units", "INT64", "Units of a day.")]),
    },
    **DAILY,
)
def units(orders: pl.DataFrame) -> pl.LazyFrame:
    assert orders.columns == ["day", "units"]
    return orders.lazy().group_by(pl.col("day").alias("on_day")).agg(pl.col("units").sum())


@dg.asset(key=["siam", "ml", "share"], ins={"units": dg.AssetIn(["siam", "ml", "units"])}, **DAILY)
def share(units: pl.LazyFrame) -> pl.DataFrame:
    assert isinstance(units, pl.LazyFrame)
    return units.select(day="on_day", share=pl.lit(Decimal("0.5"))).collect()


@dg.asset(key=["siam", "ml", "total"], ins={"units": dg.AssetIn(["siam", "ml", "units"])})
def total(units: pl.DataFrame) -> pl.DataFrame:
    return units.select(pl.col("units").sum())


def metadata_of(result: dg.ExecuteInProcessResult, key: Sequence[str]) -> dict[str | None, dict[str, Any]]:
    """Metadata of each partition's materialisation event."""
    events = [e.materialization for e in result.get_asset_materialization_events()]
    return {m.partition: dict(m.metadata) for m in events if m.asset_key == dg.AssetKey(key)}
