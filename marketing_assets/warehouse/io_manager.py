"""Dagster's door to the warehouse of one tenant: assets `<tenant>/<layer>/<table>`, partitioned by local day.

An asset returns a `RangeWrite`, whose table is declared and whose rows stream, or a frame, whose table is
declared by its dtypes. In the second case descriptions come from the asset's `dagster/column_schema` and the
day column from its `partition_expr` metadata (`day` where it has none).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.partitions import DayRange, range_of_keys
from marketing_assets.schema import DAY, Column, Type
from marketing_assets.settings import load_settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.frames import columns_of
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Replaced, Warehouse, check_layer

_COLUMN_SCHEMA = "dagster/column_schema"
_TABLE_NAME = "dagster/table_name"
_ROW_COUNT = "dagster/row_count"
_UNQUOTED = str.maketrans("", "", '"`')
_PARTITION_ROW_COUNT = "dagster/partition_row_count"


@dataclass(frozen=True)
class RangeWrite:
    """Rows for exactly these days of a table.

    The days are the writer's word, not the run's: a snapshot writes today alone whatever range was asked
    for, and a restatement may reach further back.
    """

    spec: TableSpec
    days: DayRange
    batches: Iterable[pl.DataFrame]


class WarehouseIOManager(dg.ConfigurableIOManager):
    """Stores and loads the assets of one tenant; a key of another tenant is an error."""

    tenant_id: str

    def handle_output(
        self, context: dg.OutputContext, obj: RangeWrite | pl.DataFrame | pl.LazyFrame | None
    ) -> None:
        """Replace the written days at once; None writes nothing."""
        if obj is None:
            return
        layer, table = self._table(context.asset_key)
        warehouse = open_warehouse(load_settings(), self.tenant_id)
        if isinstance(obj, RangeWrite):
            if obj.spec.name != table:
                raise ValueError(
                    f"asset {context.asset_key.to_user_string()} wrote rows of '{obj.spec.name}'"
                )
            self._replace(context, warehouse, layer, obj)
        elif isinstance(obj, pl.DataFrame | pl.LazyFrame):
            self._store_frame(context, warehouse, layer, table, obj.lazy().collect())
        else:
            raise TypeError(
                f"asset {context.asset_key.to_user_string()} returned {type(obj).__name__}; return a "
                "RangeWrite, a Polars frame or None"
            )

    def load_input(self, context: dg.InputContext) -> pl.DataFrame | pl.LazyFrame:
        """The upstream partitions of the run (all rows where it has none), as the input is annotated.

        `columns` in the input's metadata limits the columns.
        """
        layer, table = self._table(context.asset_key)
        upstream = context.upstream_output.definition_metadata if context.upstream_output else {}
        frame = open_warehouse(load_settings(), self.tenant_id).read(
            layer,
            table,
            _range(context.asset_partition_keys) if context.has_asset_partitions else None,
            context.definition_metadata.get("columns"),
            upstream.get("partition_expr", DAY),
        )
        return frame.lazy() if context.dagster_type.typing_type is pl.LazyFrame else frame

    def _table(self, key: dg.AssetKey) -> tuple[str, str]:
        """Layer and table of an asset key."""
        name = key.to_user_string()
        if len(key.path) != 3:
            raise ValueError(f"asset {name} has no place in a warehouse; keys are <tenant>/<layer>/<table>")
        tenant, layer, table = key.path
        if tenant != self.tenant_id:
            raise ValueError(
                f"asset {name} belongs to tenant {tenant}; this IO manager serves {self.tenant_id}"
            )
        return check_layer(layer), table

    def _store_frame(
        self, context: dg.OutputContext, warehouse: Warehouse, layer: str, table: str, frame: pl.DataFrame
    ) -> None:
        spec = _spec_of(frame, table, context)
        if context.has_asset_partitions:
            write = RangeWrite(spec, _range(context.asset_partition_keys), [frame])
            self._replace(context, warehouse, layer, write)
        else:
            rows = warehouse.replace_table(layer, spec, [frame])
            context.add_output_metadata(_metadata(context, warehouse.relation(layer, table), spec, rows))

    def _replace(
        self, context: dg.OutputContext, warehouse: Warehouse, layer: str, write: RangeWrite
    ) -> None:
        replaced = warehouse.replace_days(layer, write.spec, write.days, write.batches)
        relation = warehouse.relation(layer, write.spec.name)
        context.add_output_metadata(
            _metadata(context, relation, write.spec, replaced.table_rows)
            | {
                "days_replaced": str(write.days),
                "rows_written": replaced.rows,
                "rows_replaced": replaced.rows_before,
            }
        )
        _add_partition_rows(context, replaced)


def _spec_of(frame: pl.DataFrame, table: str, context: dg.OutputContext) -> TableSpec:
    metadata = context.definition_metadata
    declared = metadata.get(_COLUMN_SCHEMA)
    columns = declared.columns if isinstance(declared, dg.TableSchema) else []
    descriptions = {c.name: c.description or "" for c in columns}
    day_column = metadata.get("partition_expr", DAY) if context.has_asset_partitions else None
    return TableSpec(table, "", columns_of(frame.schema, descriptions), (), day_column)


def _metadata(context: dg.OutputContext, relation: str, spec: TableSpec, rows: int) -> dict[str, Any]:
    metadata: dict[str, Any] = {_ROW_COUNT: rows}
    # What the asset's definition says already is not repeated in the event of each of its partitions.
    if _TABLE_NAME not in context.definition_metadata:
        metadata[_TABLE_NAME] = relation.translate(_UNQUOTED)
    if _COLUMN_SCHEMA not in context.definition_metadata:
        metadata[_COLUMN_SCHEMA] = table_schema(spec.columns)
    return metadata


def _add_partition_rows(context: dg.OutputContext, replaced: Replaced) -> None:
    if not context.has_asset_partitions:
        return
    written: Mapping[str, int] = {day.isoformat(): rows for day, rows in replaced.rows_by_day.items()}
    for partition in context.asset_partition_keys:
        if partition in written:
            context.step_context.add_asset_metadata(
                {_PARTITION_ROW_COUNT: written[partition]}, context.asset_key, partition
            )


def _range(keys: Iterable[str]) -> DayRange:
    partitions = list(keys)
    if not partitions:
        raise ValueError("the run has no partition of this asset to read or write")
    days = range_of_keys(partitions)
    if len(days) != len(set(partitions)):
        raise ValueError(f"partitions {days} have gaps; run each piece without gaps on its own")
    return days


def table_schema(columns: tuple[Column, ...]) -> dg.TableSchema:
    """The columns as the Dagster UI shows them."""
    return dg.TableSchema([_table_column(c) for c in columns])


def _table_column(column: Column) -> dg.TableColumn:
    """Nested fields are told in the description, which wraps: in the type they would push it off the page."""
    fields = f" Fields: {_told_fields(column)}." if column.fields else ""
    return dg.TableColumn(
        column.name,
        _told_type(column),
        f"{column.description}{fields}",
        dg.TableColumnConstraints(nullable=not column.required),
        tags={"pii": column.pii.value} if column.pii else None,
    )


def _told_type(column: Column) -> str:
    type_ = "STRUCT" if column.type is Type.RECORD else column.type.value
    return f"ARRAY<{type_}>" if column.repeated else type_


def _told_fields(column: Column) -> str:
    told = []
    for field in column.fields:
        inner = f" ({_told_fields(field)})" if field.fields else ""
        told.append(f"{field.name} {_told_type(field)}{inner}")
    return ", ".join(told)
