"""`marketing tenants`: check the tenant files, export their JSON Schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import dagster as dg
import typer

from marketing_assets.alerts.config import problems_of as problems_of_alerts
from marketing_assets.commands.dagster_home import dagster_environment
from marketing_assets.commands.shared import all_tenants, clear_errors, fail, find_tenant
from marketing_assets.platforms.catalog import tenant_json_schema
from marketing_assets.platforms.costs.resource import problems_of
from marketing_assets.protection import acts
from marketing_assets.protection.export import ExportError
from marketing_assets.protection.offboard import LEFT, export_tenant, held_elsewhere, leave, wipe_history
from marketing_assets.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Tenant files: check them, export their schema.")


@app.command()
def check() -> None:
    """Check every tenant file, cost file and alerts.yaml; name every mistake: file, field and remedy."""
    settings = load_settings()
    tenants, problems = all_tenants(settings)
    for tenant in tenants:
        problems += [*problems_of(tenant), *problems_of_alerts(settings, tenant)]
    if problems:
        fail("\n".join(map(str, problems)) + f"\n{len(problems)} mistakes found")
    for tenant in tenants:
        platforms = ", ".join(sorted({c.platform for c in tenant.connections}))
        typer.echo(
            f"{tenant.id}: {tenant.display_name}, {tenant.time_zone}, since {tenant.start_date}: {platforms}"
        )


@app.command()
def schema(
    output: Annotated[Path | None, typer.Option(help="File to write; standard output if left out.")] = None,
) -> None:
    """Export the JSON Schema of a tenant file, for editors."""
    text = json.dumps(tenant_json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@app.command()
def offboard(
    tenant: Annotated[str, typer.Argument(help="Tenant id.")],
    export: Annotated[Path | None, typer.Option(help="First: export everything to this folder.")] = None,
    confirm: Annotated[str, typer.Option(help="Then: the tenant's id again, to remove it for good.")] = "",
    wipe: Annotated[
        bool, typer.Option("--wipe-history", help="Remove its runs and assets from Dagster too.")
    ] = False,
    by: Annotated[str | None, typer.Option(help="Who acts, for the log of acts.")] = None,
) -> None:
    """Export a tenant, and once the export was read back, remove everything of it for good."""
    settings = load_settings()
    who = by or acts.who()
    if (export is None) == (not confirm):
        fail("give either --export FOLDER or --confirm TENANT")
    with clear_errors():
        try:
            if export is not None:
                files = export_tenant(settings, find_tenant(settings, tenant), export, who)
                typer.echo(f"{files} files of {tenant} exported to {export} and read back")
                typer.echo(f"to remove the tenant: marketing tenants offboard {tenant} --confirm {tenant}")
                return
            if confirm != tenant:
                fail(f"--confirm '{confirm}' is not '{tenant}'; nothing was removed")
            begun = acts.unfinished(settings, tenant, LEFT)
            elsewhere = [] if begun else held_elsewhere(find_tenant(settings, tenant))
            leave(settings, tenant, who)
        except ExportError as error:
            fail(str(error))
    if wipe:
        os.environ.update(dagster_environment(settings))
        with dg.DagsterInstance.get() as instance:
            runs, assets = wipe_history(instance, tenant)
        typer.echo(f"{runs} runs and the history of {assets} assets removed from Dagster")
    for name in elsewhere:
        typer.echo(f"remove yourself: {name}")
    typer.echo(f"{tenant} is gone; reload the code location")
