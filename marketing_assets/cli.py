"""The `marketing` command."""

from __future__ import annotations

import logging

import typer

from marketing_assets.commands import (
    alerts,
    budget,
    connections,
    dead_letters,
    demo,
    doctor,
    materialize,
    privacy,
    recommendations,
    replay,
    sandbox,
    tenants,
    warehouse,
    webhooks,
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="One true picture of commerce and advertising, as partitioned Dagster assets.",
)
app.add_typer(tenants.app, name="tenants")
app.add_typer(connections.app, name="connections")
app.add_typer(alerts.app, name="alerts")
app.add_typer(budget.app, name="budget")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(privacy.app, name="privacy")
app.add_typer(recommendations.app, name="recommendations")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(warehouse.app, name="warehouse")
app.add_typer(webhooks.app, name="webhooks")
app.command("replay")(replay.replay)
app.command("materialize")(materialize.materialize)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    app()
