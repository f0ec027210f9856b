"""Which warehouse a tenant has."""

from __future__ import annotations

from marketing_assets.settings import Settings
from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.warehouse import Warehouse


def open_warehouse(settings: Settings, tenant_id: str) -> Warehouse:
    """The warehouse of a tenant. Nothing is opened before the first read or write."""
    if settings.warehouse == "bigquery":
        # Google's libraries take half a second to import, which nobody on DuckDB should wait for.
        from marketing_assets.warehouse.bigquery import BigQueryWarehouse

        return BigQueryWarehouse(settings, tenant_id)
    return DuckDBWarehouse(
        settings.warehouse_file(tenant_id), settings.duckdb_memory_limit, settings.lock_timeout_seconds
    )
