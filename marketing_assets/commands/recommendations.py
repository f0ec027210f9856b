"""`marketing recommendations`: what the intelligence layer says to do, and who takes care of it."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as RichTable

from marketing_assets.commands.shared import clear_errors, fail, find_tenant
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.intelligence.assets.acknowledging import acknowledge, standing
from marketing_assets.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="What to look at and to do, the dearest first.")
TenantId = Annotated[str, typer.Argument(help="Tenant id.")]


@app.command("list")
def list_recommendations(
    tenant: TenantId,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As of this day; the newest if left out.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that somebody takes care of.")
    ] = False,
) -> None:
    """List the recommendations of a day, those first that most money hangs on."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    with clear_errors():
        found = standing(settings, of_tenant, now_utc(), day.date() if day else None)
    rows = [row for row in found.iter_rows(named=True) if everything or not row["is_acknowledged"]]
    as_of = f" as of {found['day'][0]}" if found.height else ""
    table = RichTable(
        "id",
        "since",
        "type",
        "what",
        "money",
        "sure",
        title=f"{len(rows)} recommendations of {tenant}{as_of}",
    )
    for row in rows:
        impact = row["expected_impact"]
        what = row["title"]
        if row["is_acknowledged"]:
            what += f" (acknowledged by {row['acknowledged_by']})"
        table.add_row(
            row["recommendation_id"],
            str(row["first_seen_on"]),
            row["recommendation_type"],
            what,
            "" if impact is None else f"{impact:,.0f} {row['currency']}",
            f"{100 * row['confidence_score']:.0f} %",
        )
    Console().print(table)


@app.command()
def ack(
    tenant: TenantId,
    recommendation: Annotated[str, typer.Argument(help="Id of a recommendation, as `list` shows it.")],
    by: Annotated[str, typer.Option(help="Who takes care of it.")] = "",
) -> None:
    """Say that somebody takes care of a recommendation: it is marked for as long as it stands."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    with clear_errors():
        try:
            done, shown = acknowledge(settings, of_tenant, recommendation, by or getpass.getuser(), now_utc())
        except ValueError as error:
            fail(str(error))
    typer.echo(f"{done.recommendation_id} is acknowledged by {done.by}")
    if not shown:
        typer.echo("the warehouse is in use; mart.ai_recommendations shows it when it is computed next")
