"""`marketing tenants`: check the tenant files, export their JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from marketing_assets.alerts.config import problems_of as problems_of_alerts
from marketing_assets.commands.shared import all_tenants, fail
from marketing_assets.platforms.catalog import tenant_json_schema
from marketing_assets.platforms.costs.resource import problems_of
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
