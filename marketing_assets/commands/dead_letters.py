"""`marketing dead-letters`: records that broke their contract: list them, look at one, try again."""

from __future__ import annotations

import json
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table as RichTable

from marketing_assets.commands.replay import report
from marketing_assets.commands.shared import clear_errors, fail, find_table, find_tenant
from marketing_assets.ingest.dead_letters import DEAD_LETTERS
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.raw_table import replay_raw
from marketing_assets.ingest.turn import turn
from marketing_assets.partitions import group_consecutive
from marketing_assets.schema import DAY
from marketing_assets.settings import Settings, load_settings
from marketing_assets.warehouse.errors import NoSuchTable
from marketing_assets.warehouse.open import open_warehouse

app = typer.Typer(no_args_is_help=True, help="Records that broke their table's contract.")
TenantId = Annotated[str, typer.Argument(help="Tenant id.")]


def dead_letters(settings: Settings, tenant_id: str) -> pl.DataFrame:
    """The tenant's dead letters, ordered by table, day and key; empty where there never was one."""
    find_tenant(settings, tenant_id)
    with clear_errors():
        try:
            frame = open_warehouse(settings, tenant_id).read("ops", DEAD_LETTERS.name)
        except NoSuchTable:
            return pl.DataFrame(schema=dict.fromkeys((c.name for c in DEAD_LETTERS.columns), pl.String))
        return frame.sort("table_name", DAY, "record_key")


@app.command("list")
def list_letters(tenant: TenantId) -> None:
    """List the dead letters of a tenant."""
    letters = dead_letters(load_settings(), tenant)
    table = RichTable(
        "id", "table", "day", "record", "reason", title=f"{letters.height} dead letters of {tenant}"
    )
    for row in letters.iter_rows(named=True):
        table.add_row(row["id"], row["table_name"], str(row[DAY]), row["record_key"], row["reason"])
    Console().print(table)


@app.command()
def show(tenant: TenantId, letter: Annotated[str, typer.Argument(help="Id of a dead letter.")]) -> None:
    """Show one dead letter with its payload (personal values are masked)."""
    letters = dead_letters(load_settings(), tenant)
    found = letters.filter(pl.col("id") == letter)
    if found.is_empty():
        fail(f"{tenant} has no dead letter '{letter}'; see `marketing dead-letters list {tenant}`")
    row = found.row(0, named=True)
    payload = row.pop("raw_json")
    for name, value in row.items():
        typer.echo(f"{name}: {value}")
    typer.echo(json.dumps(json.loads(payload), indent=2, ensure_ascii=False))


@app.command()
def replay(
    tenant: TenantId,
    table: Annotated[str | None, typer.Option(help="Only this raw table.")] = None,
) -> None:
    """Judge the dead letters again, from landing: those that now keep the contract become rows."""
    settings = load_settings()
    letters = dead_letters(settings, tenant)
    if table is not None:
        letters = letters.filter(pl.col("table_name") == table)
    if letters.is_empty():
        typer.echo(f"{tenant} has no dead letters to replay")
        return
    of_tenant = find_tenant(settings, tenant)
    warehouse, landing = open_warehouse(settings, tenant), Landing(settings.landing)
    for (name,), group in letters.group_by("table_name", maintain_order=True):
        platform, raw = find_table(str(name))
        for days in group_consecutive(group[DAY].to_list()):
            with clear_errors(), turn(settings, tenant, raw.name):
                outcome = replay_raw(warehouse, landing, of_tenant, platform, raw, days)
            report(outcome, f"{tenant}/raw/{name}, {days}")
