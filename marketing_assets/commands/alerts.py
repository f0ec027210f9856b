"""`marketing alerts`: what is wrong, who takes care of it, what nobody wants to hear of."""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as RichTable

from marketing_assets.alerts import acting
from marketing_assets.alerts.config import AlertsFileError, read_config
from marketing_assets.alerts.delivery import deliver_due
from marketing_assets.alerts.history import publish as publish_history
from marketing_assets.alerts.outbox import counts, put
from marketing_assets.alerts.serving import serve as serve_charts
from marketing_assets.alerts.store import alerts_state, turn
from marketing_assets.alerts.trying import trial_message
from marketing_assets.commands.shared import clear_errors, end_in_order, fail, find_tenant
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Incidents of a tenant, and who is told of them.")
TenantId = Annotated[str, typer.Argument(help="Tenant id.")]
IncidentId = Annotated[str, typer.Argument(help="Id of an incident, as the alert and `list` show it.")]


@app.command("list")
def list_incidents(
    tenant: TenantId,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
) -> None:
    """List the incidents of a tenant, and what its channels did not take."""
    settings, now = load_settings(), now_utc()
    of_tenant = find_tenant(settings, tenant)
    found = acting.incidents(settings, of_tenant, only_open=not everything)
    table = RichTable(
        "id",
        "since",
        "status",
        "severity",
        "about",
        "what",
        "money",
        title=f"{len(found)} incidents of {tenant}",
    )
    for incident in found:
        finding = incident.finding
        about = " ".join(filter(None, [f"{incident.key.asset} · {incident.key.check}", incident.key.entity]))
        money = "" if finding.money is None else f"{finding.money:,.2f} {finding.currency}".strip()
        since = f"{incident.opened_at.astimezone(of_tenant.zone):%Y-%m-%d %H:%M}"
        table.add_row(incident.id, since, incident.status(now), finding.severity, about, finding.text, money)
    Console().print(table)
    with alerts_state(settings) as engine, engine.connect() as connection:
        for (channel, state), n in sorted(counts(connection, tenant).items()):
            if state != "sent":
                typer.echo(f"{channel}: {n} messages {state}")


@app.command()
def ack(
    tenant: TenantId,
    incident: IncidentId,
    by: Annotated[str, typer.Option(help="Who takes care of it.")] = "",
) -> None:
    """Say that somebody takes care of an incident: it is not sent again for its age."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    with clear_errors():
        try:
            done = acting.acknowledge(settings, of_tenant, incident, by or getpass.getuser(), now_utc())
        except ValueError as error:
            fail(str(error))
    typer.echo(f"{done.id} is acknowledged by {done.acknowledged_by}")


@app.command()
def mute(
    tenant: TenantId,
    incident: IncidentId,
    hours: Annotated[float, typer.Option(min=0, help="For how long; 0 ends a mute.")] = 24,
) -> None:
    """Tell nothing of what an incident is about for some hours, but that it is over."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    until = now_utc() + timedelta(hours=hours) if hours else None
    with clear_errors():
        done = acting.mute(settings, of_tenant, incident, until)
    when = f"until {until.astimezone(of_tenant.zone):%Y-%m-%d %H:%M}" if until else "no more"
    typer.echo(f"{done.key.asset} · {done.key.check} is muted {when}")


@app.command()
def test(
    tenant: TenantId, channel: Annotated[str, typer.Argument(help="Name of a channel in alerts.yaml.")]
) -> None:
    """Send a test message, with a chart, to one channel."""
    settings, now = load_settings(), now_utc()
    of_tenant = find_tenant(settings, tenant)
    try:
        config = read_config(settings, of_tenant)
    except AlertsFileError as error:
        fail(str(error))
    if channel not in config.channels:
        known = ", ".join(config.channels) or "none"
        fail(f"alerts.yaml of {tenant} has no channel '{channel}'; known: {known}")
    with alerts_state(settings) as engine, turn(engine, tenant) as (connection, _):
        put(connection, tenant, channel, trial_message(of_tenant, now), now=now, not_before=now)
    done = deliver_due(settings, of_tenant, now_utc)
    if channel in done.complaints:
        fail(done.complaints[channel])
    typer.echo(f"{done.sent} messages sent")


@app.command()
def publish(tenant: TenantId) -> None:
    """Bring `ops.alerts` of the tenant's warehouse up to date now."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    with clear_errors():
        typer.echo(f"{publish_history(settings, of_tenant, now_utc())} rows written to ops.alerts")


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, help="Port to listen on.")] = 8790,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the charts of alerts, for services that take images by their address (`public_url`)."""
    end_in_order()
    serve_charts(load_settings(), host, port)
