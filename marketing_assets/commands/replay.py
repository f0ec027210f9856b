"""`marketing replay`: rebuild raw partitions from landing without calling a platform."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from marketing_assets.commands.shared import clear_errors, day_range, fail, find_table, find_tenant
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.raw_table import RawOutcome, replay_raw
from marketing_assets.ingest.turn import turn
from marketing_assets.settings import load_settings
from marketing_assets.warehouse.open import open_warehouse

DAY_FORMAT = ["%Y-%m-%d"]


def replay(
    tenant: Annotated[str, typer.Argument(help="Tenant id.")],
    table: Annotated[str, typer.Argument(help="Raw table, such as shopee_orders.")],
    first: Annotated[datetime, typer.Option("--from", formats=DAY_FORMAT, help="First day.")],
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY_FORMAT, help="Last day.")] = None,
) -> None:
    """Rebuild days of a raw table from landing, each from its newest complete fetch."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    platform, raw = find_table(table)
    days = day_range(first, last)
    with clear_errors():
        warehouse, landing = open_warehouse(settings, tenant), Landing(settings.landing)
        with turn(settings, tenant, table):
            outcome = replay_raw(warehouse, landing, of_tenant, platform, raw, days)
    report(outcome, f"{tenant}/raw/{table}, {days}")


def report(outcome: RawOutcome, what: str) -> None:
    """Say what a replay did; fail where the result is not what the platform had counted."""
    loaded = outcome.loaded
    if loaded is None:
        typer.echo(f"{what}: {outcome.skipped}")
        return
    typer.echo(
        f"{what}: {loaded.total} rows from {len(outcome.manifests)} landed fetches, "
        f"{loaded.dead.total()} dead letters"
    )
    if outcome.complaints:
        fail("\n".join(outcome.complaints))
    typer.echo("Materialise staging and marts for these days to carry it through.")
