"""`marketing warehouse`: set a tenant's warehouse up, look into it while runs go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from marketing_assets.commands.shared import clear_errors, fail, find_tenant
from marketing_assets.commands.warehouse_setup import setup
from marketing_assets.settings import load_settings
from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.open import open_warehouse

app = typer.Typer(no_args_is_help=True, help="A tenant's warehouse.")
app.command()(setup)


@app.command()
def copy(
    tenant: Annotated[str, typer.Argument(help="Tenant id.")],
    target: Annotated[Path, typer.Argument(help="File to write; an older copy there is replaced.")],
) -> None:
    """Put a read-only copy of the DuckDB file at TARGET, for people and tools to read."""
    settings = load_settings()
    find_tenant(settings, tenant)
    warehouse = open_warehouse(settings, tenant)
    if not isinstance(warehouse, DuckDBWarehouse):
        fail("only a DuckDB warehouse is a file to copy; query the other kind where it is")
    if not warehouse.path.exists():
        fail(f"{tenant} has no warehouse yet; materialise something first")
    with clear_errors():
        typer.echo(f"{warehouse.read_copy(target)}: open it with any DuckDB client")
