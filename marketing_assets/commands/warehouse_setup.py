"""`marketing warehouse setup`: datasets, tables, grants and row access policies on BigQuery."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from marketing_assets.commands.shared import all_tenants, clear_errors, fail, find_tenant
from marketing_assets.ingest.dead_letters import DEAD_LETTERS
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.settings import Settings, load_settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from marketing_assets.warehouse.bigquery_setup import Setup

WRITER = "marketing-{tenant}-writer@{project}.iam.gserviceaccount.com"
READER = "marketing-{tenant}-reader@{project}.iam.gserviceaccount.com"
_WRITER_VARIABLE, _READER_VARIABLE = "MARKETING_BIGQUERY_WRITER", "MARKETING_BIGQUERY_READER"
_TEMPLATE = "{tenant} and {project} stand for the tenant's id (hyphens for underscores) and the project."


def setup(
    tenant: Annotated[str | None, typer.Argument(help="Tenant id; all where left out.")] = None,
    writer: Annotated[
        str,
        typer.Option(envvar=_WRITER_VARIABLE, help=f"Service account that runs the platform. {_TEMPLATE}"),
    ] = WRITER,
    reader: Annotated[
        str,
        typer.Option(envvar=_READER_VARIABLE, help=f"Service account of the tenant's reports. {_TEMPLATE}"),
    ] = READER,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")] = False,
) -> None:
    """Make what a tenant needs on BigQuery, or what it lacks of it; a second time there is nothing to do."""
    settings = load_settings()
    if settings.warehouse != "bigquery":
        typer.echo(
            f"nothing to set up: MARKETING_WAREHOUSE is {settings.warehouse}, which makes its file by itself"
        )
        return
    tenants = [find_tenant(settings, tenant)] if tenant else _all(settings)
    with clear_errors():
        left = sum(_set_up(wanted(settings, each, writer, reader), dry_run) for each in tenants)
    if not left:
        typer.echo("nothing to do")
    elif dry_run:
        typer.echo(f"{left} steps; nothing was changed")
    else:
        typer.echo(f"{left} steps done")


def tables_of(tenant: Tenant) -> list[tuple[str, TableSpec]]:
    """The declared tables of a tenant, each with its layer: raw ones of its platforms, those of `ops` that no
    model makes."""
    # Dagster takes seconds to import, which no other command should wait for.
    from marketing_assets.alerts.history import ALERTS
    from marketing_assets.automation.connection_status import CONNECTION_STATUS
    from marketing_assets.automation.run_history import RUN_HISTORY
    from marketing_assets.transform.costs import WAREHOUSE_COSTS

    raw = [
        ("raw", TableSpec.from_table(table.contract))
        for of in PLATFORMS.values()
        if connections(tenant, of)
        for table in of.tables
    ]
    own = (DEAD_LETTERS, RUN_HISTORY, CONNECTION_STATUS, ALERTS, WAREHOUSE_COSTS)
    return [*raw, *(("ops", table) for table in own)]


def wanted(settings: Settings, tenant: Tenant, writer: str = "", reader: str = "") -> Setup:
    """What a tenant is to have; templates that are left out come from the environment.

    Raises `WarehouseError` where a template names something else than tenant and project.
    """
    # Google's libraries take half a second to import, which nobody on DuckDB should wait for.
    from marketing_assets.warehouse.bigquery_access import Accounts, account
    from marketing_assets.warehouse.bigquery_setup import Setup

    templates = (
        writer or os.environ.get(_WRITER_VARIABLE) or WRITER,
        reader or os.environ.get(_READER_VARIABLE) or READER,
    )
    try:
        accounts = Accounts(*(account(t, tenant.id, settings.bigquery_project) for t in templates))
    except (KeyError, IndexError, ValueError) as error:
        raise WarehouseError(f"--writer and --reader know no {error}. {_TEMPLATE}") from error
    return Setup(settings, tenant.id, tables_of(tenant), accounts)


def _set_up(setup: Setup, dry_run: bool) -> int:
    """Print the steps of a tenant, and do them unless it is a dry run; how many they are."""
    from marketing_assets.warehouse.bigquery_client import client
    from marketing_assets.warehouse.bigquery_setup import plan

    with closing(client(setup.settings)) as at:
        steps = plan(at, setup)
        for step in steps:
            if not dry_run:
                step.apply()
            typer.echo(f"{'would do' if dry_run else 'done'}  {step}")
    return len(steps)


def _all(settings: Settings) -> list[Tenant]:
    tenants, problems = all_tenants(settings)
    if problems:
        fail("\n".join(map(str, problems)))
    return tenants
