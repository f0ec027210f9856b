"""Names of Dagster's pools, which limit runs at once over all processes (limits stand in `dagster.yaml`)."""

from __future__ import annotations


def platform_pool(tenant_id: str, platform: str) -> str:
    """Whoever calls a tenant's accounts on a platform: two runs would share its rate limits."""
    return f"{tenant_id}_{platform}"


def warehouse_pool(tenant_id: str) -> str:
    """Whoever computes a tenant's models: its DuckDB file has one writer."""
    return f"{tenant_id}_warehouse"
