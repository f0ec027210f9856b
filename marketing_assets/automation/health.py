"""A tenant's tables about itself, as assets of its refreshes: run history and connection status."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg

from marketing_assets.automation.connection_status import (
    CONNECTION_STATUS,
    since_before,
    status_frame,
    statuses,
)
from marketing_assets.automation.run_history import RUN_HISTORY, ended_runs, history_frame, history_rows
from marketing_assets.pools import warehouse_pool
from marketing_assets.settings import Settings, load_settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.errors import NoSuchTable
from marketing_assets.warehouse.io_manager import table_schema
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

OVERLAP = timedelta(days=2)
"""How far back of the last run told one looks: runs do not end in the order in which they are told."""

RUNS_AT_ONCE = 300


def health_assets(tenant: Tenant, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """`ops/run_history` and `ops/connection_status`: they tell of the runs that ended before this one."""

    def runs(instance: dg.DagsterInstance) -> dict[str, int]:
        return {"runs": tell_runs(instance, tenant, load_settings())}

    def connections(instance: dg.DagsterInstance) -> dict[str, int]:
        return tell_connections(instance, tenant, load_settings(), datetime.now(UTC))

    return [
        _asset(tenant, partitions, RUN_HISTORY, runs),
        _asset(tenant, partitions, CONNECTION_STATUS, connections),
    ]


def _asset(
    tenant: Tenant,
    partitions: dg.PartitionsDefinition,
    spec: TableSpec,
    tell: Callable[[dg.DagsterInstance], dict[str, int]],
) -> dg.AssetsDefinition:
    @dg.asset(
        key=dg.AssetKey([tenant.id, "ops", spec.name]),
        description=spec.description,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=warehouse_pool(tenant.id),
        group_name=f"{tenant.id}_ops",
        owners=tenant.owners or None,
        kinds={"python", load_settings().warehouse},
        tags={"tenant": tenant.id, "layer": "ops"},
        metadata={
            "dagster/column_schema": table_schema(spec.columns),
            "dagster/table_name": f"{tenant.id}.ops.{spec.name}",
        },
    )
    def told(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(metadata=dict(tell(context.instance)))

    return told


def tell_runs(instance: dg.DagsterInstance, tenant: Tenant, settings: Settings) -> int:
    """Add the runs that ended and were not told yet to `ops.run_history`; how many there were."""
    warehouse = open_warehouse(settings, tenant.id)
    since, known = _told(warehouse)
    records = ended_runs(instance, tenant.id, since, known, RUNS_AT_ONCE)
    price = settings.bigquery_usd_per_tib
    rows = [row for record in records for row in history_rows(instance, tenant, record, price)]
    warehouse.append_keyed("ops", RUN_HISTORY, history_frame(rows))
    return len(records)


def _told(warehouse: Warehouse) -> tuple[datetime | None, set[str]]:
    """From when on runs may be missing, and those that are not."""
    try:
        told = warehouse.read("ops", RUN_HISTORY.name, columns=["run_id", "ended_at"])
    except NoSuchTable:
        return None, set()
    last = told["ended_at"].max()
    return (last - OVERLAP if isinstance(last, datetime) else None), set(told["run_id"])


def tell_connections(
    instance: dg.DagsterInstance, tenant: Tenant, settings: Settings, now: datetime
) -> dict[str, int]:
    """Write `ops.connection_status` as of `now`; connections by status."""
    warehouse = open_warehouse(settings, tenant.id)
    try:
        told = warehouse.read("ops", CONNECTION_STATUS.name).iter_rows(named=True)
        before = {(r["platform"], r["account_id"]): (r["status"], r["since"]) for r in told}
    except NoSuchTable:
        before = {}
    found = [since_before(status, before) for status in statuses(instance, tenant, settings, now)]
    warehouse.replace_table("ops", CONNECTION_STATUS, [status_frame(tenant, found, now)])
    counted = dict.fromkeys(("valid", "expiring", "broken"), 0)
    for status in found:
        counted[status.status] += 1
    return counted
