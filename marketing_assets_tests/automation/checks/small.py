"""A tenant's warehouse with ten weeks of good data, written by the warehouse's own writer; and one run of its
checks in Dagster. Tables have the columns that checks read."""

# Dagster reads the annotations of assets, so they are not left as text.
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from marketing_assets.automation.checks.assets import tenant_checks
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.ingest.assets import raw_asset_key
from marketing_assets.ingest.dead_letters import DEAD_LETTERS
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.partitions import ONE_DAY, DayRange, local_day, partitions_definition
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.schema import Column, Type, polars_schema
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

Row = dict[str, Any]
Table = tuple[str, str]

TENANT = Tenant.model_validate(
    {
        "id": "siam",
        "display_name": "Siam",
        "time_zone": "Asia/Bangkok",
        "reporting_currency": "THB",
        "start_date": date(2025, 1, 1),
        "targets": {"roas": 4, "cpa": 50},
        "cogs_share": 0.5,
        "connections": [
            {"platform": "shopee", "account_id": "1"},
            {"platform": "meta_ads", "account_id": "2"},
        ],
    }
)
PLATFORMS_OF = [PLATFORMS["shopee"], PLATFORMS["meta_ads"]]
NOW = now_utc()
TODAY = local_day(NOW, TENANT.zone)
JUDGED = local_day(NOW - timedelta(hours=5), TENANT.zone) - ONE_DAY
FIRST = TODAY - 65 * ONE_DAY
DAYS = DayRange(FIRST, TODAY)
RUN = DayRange(TODAY - 2 * ONE_DAY, TODAY)

FOLLOWS = dg.AssetKey(["siam", "ml", "forecasts"])
"""An asset that is made of the daily mart."""

ORDERS_A_DAY, PRICE, SPEND, CONVERSIONS = 40, Decimal(25), Decimal(200), Decimal(10)

_TYPES: Mapping[type, Type] = {
    str: Type.STRING,
    int: Type.INT64,
    bool: Type.BOOL,
    Decimal: Type.NUMERIC,
    date: Type.DATE,
    datetime: Type.TIMESTAMP,
}
_NULLABLE: Mapping[str, Type] = {"expected_revenue": Type.NUMERIC, "expected_conversions": Type.NUMERIC}


def good(day: date) -> dict[Table, list[Row]]:
    """A day on which everything is as it should be."""
    shop = {"platform": "shopee", "shop_id": "1"}
    account = {"platform": "meta_ads", "account_id": "2"}
    revenue = ORDERS_A_DAY * PRICE
    order = {
        "amount_reporting": PRICE,
        "is_revenue": True,
        "order_timestamp": datetime(day.year, day.month, day.day, 5, tzinfo=UTC),
        "gross_amount": PRICE,
        "discount_amount": Decimal(0),
        "refund_amount": Decimal(0),
        "units": 1,
        "returned_units": 0,
        "fx_rate": Decimal(1),
        "fx_rate_date": day,
    }
    ad = {
        "spend": SPEND,
        "spend_reporting": SPEND,
        "impressions": 1000,
        "clicks": 50,
        "reach": 900,
        "conversions": CONVERSIONS,
        "conversion_value": Decimal(900),
        "fx_rate": Decimal(1),
        "fx_rate_date": day,
        "account_time_zone": "Asia/Bangkok",
    }
    purchases = {"conversions": CONVERSIONS, "is_final": True, "expected_conversions": None}
    looks = [
        {"observed_at": NOW - timedelta(days=age, hours=1), "days_after": (TODAY - day).days - age}
        for age in (0, 1, 2)
        if (TODAY - day).days >= age
    ]
    return {
        ("raw", "shopee_orders"): [{**shop}] * ORDERS_A_DAY,
        ("raw", "meta_ads_insights"): [{**account, "spend": SPEND / 20}] * 20,
        ("staging", "orders"): [{**shop, **order}] * ORDERS_A_DAY,
        ("staging", "ads_performance"): [{**account, **ad}],
        ("mart", "shop_performance"): [{**shop, "revenue": revenue}],
        ("mart", "ads_channel_performance"): [
            {
                **account,
                **purchases,
                "spend": SPEND,
                "daily_budget": SPEND,
                "unknown_budgets": 0,
                "is_budget_backdated": False,
            }
        ],
        ("mart", "campaign_performance"): [
            {
                **account,
                "campaign_id": "7",
                "campaign_name": "Lamps",
                "spend": SPEND,
                "clicks": 50,
                "conversions": CONVERSIONS,
                "is_active": True,
            }
        ],
        ("mart", "daily_performance"): [
            {
                "total_revenue": revenue,
                "total_orders": ORDERS_A_DAY,
                "total_ad_spend": SPEND,
                "is_final": True,
                "expected_revenue": None,
            }
        ],
        ("mart", "daily_profit"): [
            {"orders": ORDERS_A_DAY, "net_revenue": revenue, "net_profit": revenue / 5}
        ],
        ("ops", "ads_observations"): [
            {**account, "currency": "THB", "spend": SPEND, "conversion_value": Decimal(900), **look}
            | {"conversions": CONVERSIONS}
            for look in looks
        ],
        ("ops", "order_observations"): [
            {**shop, "currency": "THB", "revenue": revenue, "orders": ORDERS_A_DAY, **look} for look in looks
        ],
    }


def columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    kinds = {name: _NULLABLE.get(name) or _TYPES[type(value)] for name, value in rows[0].items()}
    return (
        Column("day", Type.DATE, "The day."),
        *(Column(name, kind, f"The {name}.") for name, kind in kinds.items()),
    )


Edit = Callable[[Row], Row | None]
"""What becomes of a row; None drops it."""


def fill(warehouse: Warehouse, edits: Mapping[Table, Edit] | None = None) -> None:
    """Ten weeks of good days, the rows of some tables edited."""
    tables: dict[Table, list[Row]] = {}
    for day in DAYS:
        for table, rows in good(day).items():
            edit = (edits or {}).get(table, dict)
            edited = [edit({"day": day} | row) for row in rows]
            tables.setdefault(table, []).extend(row for row in edited if row is not None)
    with warehouse.held():
        for (layer, name), rows in tables.items():
            replace(warehouse, (layer, name), DAYS, rows)
        warehouse.replace_days("ops", DEAD_LETTERS, DAYS, [])


def replace(warehouse: Warehouse, table: Table, days: DayRange, rows: Sequence[Row]) -> None:
    """Replace days of a table by rows that each have their day."""
    layer, name = table
    own = columns([{k: v for k, v in row.items() if k != "day"} for row in good(FIRST)[table]])
    spec = TableSpec(name, f"The table {name}.", own)
    frame = pl.DataFrame(list(rows), schema=polars_schema(own), orient="row")
    warehouse.replace_days(layer, spec, days, [frame] if rows else [])


def change(warehouse: Warehouse, table: Table, days: DayRange, edit: Edit) -> None:
    """Write days of a table again with every row edited; None drops a row."""
    rows = [edit({"day": d} | row) for d in days for row in good(d)[table]]
    replace(warehouse, table, days, [r for r in rows if r is not None])


@dataclass
class Checked:
    """What came of a run of the checks, by `table:check`."""

    result: dg.ExecuteInProcessResult

    @property
    def evaluations(self) -> dict[str, dg.AssetCheckEvaluation]:
        return {
            f"{e.asset_key.path[-1]}:{e.check_name}": e for e in self.result.get_asset_check_evaluations()
        }

    @property
    def failed(self) -> dict[str, dg.AssetCheckEvaluation]:
        return {name: e for name, e in self.evaluations.items() if not e.passed}


def definitions(settings: Settings) -> dg.Definitions:
    """The tables as assets that write nothing, in the steps that the models have; their checks; a job."""
    partitions = partitions_definition(TENANT.start_date, TENANT.time_zone)
    domains: dict[str, list[Table]] = {"ads": [], "commerce": [], "ads_commerce": []}
    for table in good(FIRST):
        if table[0] != "raw":
            both = table[1].startswith("daily_")
            domains[
                "ads_commerce" if both else "ads" if table[1].startswith(("ads", "camp")) else "commerce"
            ].append(table)
    models = [
        _written(
            f"siam_transform_{name}",
            [dg.AssetKey(["siam", *t]) for t in tables],
            [dg.AssetKey(["siam", *t]) for d in ("ads", "commerce") for t in domains[d]]
            if name == "ads_commerce"
            else [],
            partitions,
        )
        for name, tables in domains.items()
    ]
    raw = [
        _written(f"raw_{t.name}", [raw_asset_key(TENANT, t.name)], [], partitions)
        for p in PLATFORMS_OF
        for t in p.tables
    ]
    follows = _written("follows", [FOLLOWS], [dg.AssetKey(["siam", "mart", "daily_performance"])], partitions)
    return dg.Definitions(
        assets=[*raw, *models, follows],
        asset_checks=tenant_checks(TENANT, PLATFORMS_OF, models, settings),
        jobs=[
            dg.define_asset_job("siam_refresh", executor_def=dg.in_process_executor),
            dg.define_asset_job(
                "siam_checks",
                selection=dg.AssetSelection.all_asset_checks(),
                executor_def=dg.in_process_executor,
            ),
        ],
    )


def _written(
    name: str, keys: Sequence[dg.AssetKey], above: Sequence[dg.AssetKey], partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    specs = [dg.AssetSpec(k, deps=list(above), partitions_def=partitions) for k in keys]

    @dg.multi_asset(name=name, specs=specs, can_subset=True, backfill_policy=dg.BackfillPolicy.single_run())
    def written(context: dg.AssetExecutionContext) -> Any:
        for key in sorted(context.selected_asset_keys):
            yield dg.MaterializeResult(asset_key=key)

    return written


def run(
    of: dg.Definitions,
    days: DayRange = RUN,
    job: str = "siam_checks",
    selection: Sequence[dg.AssetKey] | None = None,
) -> Checked:
    """One run over days: of the checks alone, or of the tables too."""
    result = of.resolve_job_def(job).execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        tags={RANGE_START: f"{days.first}", RANGE_END: f"{days.last}"},
        asset_selection=selection,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    return Checked(result)


def at(folder: Path) -> Warehouse:
    return open_warehouse(Settings(home=folder), TENANT.id)
