"""`marketing budget`: what another ad budget would bring."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as RichTable

from marketing_assets.commands.shared import clear_errors, fail, find_tenant
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.intelligence.assets.budget_scenario import scenario_of
from marketing_assets.intelligence.assets.budgets import NAMES
from marketing_assets.intelligence.budgeting.scenarios import Outcome, Scenario
from marketing_assets.intelligence.budgeting.worth import Worth
from marketing_assets.settings import load_settings
from marketing_assets.warehouse.open import open_warehouse

app = typer.Typer(no_args_is_help=True, help="What another ad budget would bring.")


@app.callback()
def budget() -> None:
    """What another ad budget would bring."""


@app.command("what-if")
def what_if(
    tenant: Annotated[str, typer.Argument(help="Tenant id.")],
    change: Annotated[str, typer.Option(help="Change of the total, such as 20% or -10%.")],
) -> None:
    """Say what the total ad budget, changed by this much, is expected to bring a day, with 80 % intervals."""
    share = _share(change)
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    with clear_errors():
        warehouse = open_warehouse(settings, of_tenant.id)
        found = scenario_of(settings, of_tenant, warehouse, share, now_utc())
    if isinstance(found, str):
        typer.echo(found)
        return
    Console().print(_table(found, share, of_tenant.reporting_currency))
    if found.caution:
        typer.echo(found.caution)


def _share(text: str) -> float:
    number = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*%\s*", text)
    if number is None or not float(number[1]) > -100:
        fail(f"--change {text!r} is no change above -100%; write one such as 20% or -10%")
    return float(number[1]) / 100


def _table(found: Scenario, share: float, currency: str) -> RichTable:
    table = RichTable(
        "a day",
        "now",
        "in today's mix",
        "split anew",
        title=f"total ad budget {share:+.0%}, {currency} a day, 80 % intervals",
    )
    for i, channel in enumerate(found.channels):
        ends = (found.current[i], found.as_now.spend[i], found.split_anew.spend[i])
        table.add_row(NAMES.get(channel, channel), *(f"{value:,.0f}" for value in ends))
    table.add_section()
    for name, worths in _changes(found.as_now, found.split_anew):
        table.add_row(name, "", *(_told(worth) for worth in worths))
    return table


def _changes(*outcomes: Outcome) -> list[tuple[str, list[Worth]]]:
    rows = [("change of revenue", [o.revenue for o in outcomes])]
    profits = [o.profit for o in outcomes if o.profit is not None]
    return [*rows, ("change of profit", profits)] if len(profits) == len(outcomes) else rows


def _told(worth: Worth) -> str:
    return f"{worth.mean:+,.0f} ({worth.low:+,.0f} to {worth.high:+,.0f})"
