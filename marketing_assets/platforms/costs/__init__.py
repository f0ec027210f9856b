"""Cost files: what no platform's API knows. They lie beside the tenant files; every tenant may have some."""

from marketing_assets.platforms.costs import resource, tables
from marketing_assets.platforms.platform import Platform, RawTable, Refresh

PLATFORM = Platform(
    name="costs",
    title="Cost files",
    kind="costs",
    base_url="",
    tables=(
        RawTable(tables.COSTS, Refresh.RESTATED, resource.fetch_costs, restatement_days=28),
        RawTable(tables.COGS, Refresh.SNAPSHOT, resource.fetch_cogs),
    ),
    connect=resource.connect,
    prove=resource.prove,
    implicit=True,
)
