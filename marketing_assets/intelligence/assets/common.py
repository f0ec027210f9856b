"""What the assets of the intelligence layer share: keys, partitions, pool, one run for many days, one way to
write."""

# Dagster reads the annotations of assets, so they are not left as text.
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.asset_tags import INTELLIGENCE
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.partitions import DayRange, group_consecutive, local_day, partition_words
from marketing_assets.pools import warehouse_pool
from marketing_assets.schema import polars_schema
from marketing_assets.settings import Settings, load_settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.io_manager import table_schema
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

HISTORY = (
    ("staging", "int_daily_shops"),
    ("staging", "int_daily_campaigns"),
    ("staging", "int_daily_performance"),
    ("staging", "fx_rates"),
    ("mart", "ads_channel_performance"),
    ("mart", "order_profit"),
    ("mart", "campaign_profit"),
    ("mart", "product_performance"),
    ("mart", "daily_profit"),
    ("mart", "restatement_curve"),
    ("ops", "ads_observations"),
    ("ops", "order_observations"),
    ("ops", "ads_expected_finals"),
    ("ops", "order_expected_finals"),
)
"""Layer and table of what `reading.read_facts` reads."""


@dataclass(frozen=True)
class AsOf:
    """What a computation is about: `days`, sorted, each of which is to be computed as of itself; `now` is an
    instant of UTC."""

    tenant: Tenant
    settings: Settings
    warehouse: Warehouse
    days: Sequence[date]
    now: datetime
    log: Callable[[str], None]


@dataclass(frozen=True)
class Computed:
    """Rows of the asset's own table, of tables that go with it, and what the UI shows of them.

    Rows have the columns of their table; each has its `day` among the days asked for. Floats are rounded to
    the nine decimals of NUMERIC; NaN and infinity become null.
    """

    rows: pl.DataFrame
    beside: Sequence[tuple[TableSpec, pl.DataFrame]] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    days: Collection[date] | None = None
    """The days that are replaced; those asked for where left out."""


Compute = Callable[[AsOf], Computed]


def intelligence_asset(
    tenant: Tenant,
    partitions: dg.PartitionsDefinition,
    spec: TableSpec,
    deps: Sequence[tuple[str, str]],
    compute: Compute,
    layer: str = "ml",
) -> dg.AssetsDefinition:
    """`<tenant>/<layer>/<table>`; `deps` are layer and table of what it reads. One run computes many days."""

    @dg.asset(
        key=dg.AssetKey([tenant.id, layer, spec.name]),
        deps=[dg.AssetKey([tenant.id, *dep]) for dep in deps],
        description=f"{spec.description}\n\n{partition_words(tenant.time_zone)}",
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=warehouse_pool(tenant.id),
        group_name=f"{tenant.id}_{layer}",
        owners=tenant.owners or None,
        kinds={"python", "polars", load_settings().warehouse},
        tags={"tenant": tenant.id, "layer": layer, **INTELLIGENCE},
        metadata={
            "dagster/column_schema": table_schema(spec.columns),
            "dagster/table_name": f"{tenant.id}.{layer}.{spec.name}",
        },
    )
    def computed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        settings = load_settings()
        warehouse = open_warehouse(settings, tenant.id)
        days = sorted(date.fromisoformat(key) for key in context.partition_keys)
        about = AsOf(tenant, settings, warehouse, days, datetime.now(UTC), context.log.info)
        found = compute(about)
        for table, rows in found.beside:
            replace_days(warehouse, layer, table, rows, days)
        written = replace_days(warehouse, layer, spec, found.rows, found.days or days)
        pictures = {name: v for name, v in found.metadata.items() if _is_picture(v)}
        told = {name: v for name, v in found.metadata.items() if name not in pictures}
        if pictures:
            # The metadata of a run stands in the event of each of its partitions; pictures are large.
            context.add_asset_metadata(pictures, partition_key=days[-1].isoformat())
        return dg.MaterializeResult(metadata={"rows_written": written, **told})

    return computed


def _is_picture(value: Any) -> bool:
    return isinstance(value, dg.MarkdownMetadataValue) and ";base64," in (value.md_str or "")


def replace_days(
    warehouse: Warehouse, layer: str, table: TableSpec, rows: pl.DataFrame, days: Iterable[date]
) -> int:
    """Replace exactly these days of a table; returns the rows they have now."""
    ready = conformed(rows, table)
    return sum(
        warehouse.replace_days(
            layer, table, span, [ready.filter(pl.col("day").is_between(span.first, span.last))]
        ).rows
        for span in group_consecutive(days)
    )


def conformed(rows: pl.DataFrame, table: TableSpec) -> pl.DataFrame:
    """The rows in the table's types."""
    schema = polars_schema(table.columns)
    if rows.is_empty():
        return pl.DataFrame(schema=schema)
    floats = [c for c, t in rows.schema.items() if t.is_float()]
    finite = rows.with_columns(
        pl.when(pl.col(c).is_finite()).then(pl.col(c).round(9)).alias(c) for c in floats
    )
    return finite.select(schema.names()).cast(schema)


def days_of_run(tags: Mapping[str, str], tenant: Tenant, now: datetime) -> DayRange:
    """The days of a run by its tags; of one without any (checks alone), today."""
    first, last = (tags.get(name, tags.get("dagster/partition")) for name in (RANGE_START, RANGE_END))
    if first and last:
        return DayRange(date.fromisoformat(first), date.fromisoformat(last))
    today = local_day(now, tenant.zone)
    return DayRange(today, today)
