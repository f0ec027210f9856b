"""`marketing connections`: authorise a connection, prove that connections work."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import dagster as dg
import typer

from marketing_assets.automation.connection_status import statuses
from marketing_assets.commands.dagster_home import dagster_environment
from marketing_assets.commands.shared import all_tenants, clear_errors, fail, find_tenant
from marketing_assets.platforms.authorize import CALLBACK_PORT, AuthorizationError
from marketing_assets.platforms.catalog import PLATFORMS, UnknownPlatform, connections, platform
from marketing_assets.platforms.http import PlatformError
from marketing_assets.platforms.platform import Platform
from marketing_assets.platforms.tokens import TokenStoreError
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Connection, Tenant

app = typer.Typer(no_args_is_help=True, help="Accounts on the platforms: authorise them, prove them.")


@app.command()
def authorize(
    tenant: Annotated[str, typer.Argument(help="Tenant id.")],
    platform_name: Annotated[str, typer.Argument(metavar="PLATFORM", help="Platform, such as shopee.")],
    account: Annotated[str, typer.Option(help="Account id, where the tenant has several.")] = "",
    code: Annotated[str | None, typer.Option(help="Code from the consent page, on a remote machine.")] = None,
    token: Annotated[str | None, typer.Option(help="Token to exchange or keep (Meta).")] = None,
    browser: Annotated[bool, typer.Option(help="Open the consent page in a browser.")] = True,
    port: Annotated[
        int, typer.Option(min=0, help="Local port that awaits the browser's return; 0 takes a free one.")
    ] = CALLBACK_PORT,
    redirect_url: Annotated[
        str | None,
        typer.Option(help="Redirect address registered with the app, where it is not the local one."),
    ] = None,
) -> None:
    """Walk through the platform's consent and keep the tokens it gives."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    try:
        of = platform(platform_name)
    except UnknownPlatform as error:
        fail(str(error))
    if of.authorize is None:
        fail(f"{of.title} needs no authorisation")
    connection = _the_connection(of_tenant, of, account)
    try:
        with clear_errors():
            done = of.authorize(
                of_tenant,
                connection,
                settings,
                open_browser=browser,
                echo=typer.echo,
                code=code,
                token=token,
                port=port,
                redirect_url=redirect_url,
            )
    except (AuthorizationError, TokenStoreError) as error:
        fail(str(error))
    typer.echo(done)


@app.command()
def test(tenant: Annotated[str | None, typer.Argument(help="Tenant id; all where left out.")] = None) -> None:
    """Make one cheap call on every connection and say what came of it."""
    settings = load_settings()
    tenants = [find_tenant(settings, tenant)] if tenant else all_tenants(settings)[0]
    broken = [
        complaint
        for t in tenants
        for of in PLATFORMS.values()
        for connection in connections(t, of)
        if (complaint := _prove(t, of, connection))
    ]
    if broken:
        fail("\n".join(broken))


@app.command()
def status(
    tenant: Annotated[str | None, typer.Argument(help="Tenant id; all where left out.")] = None,
) -> None:
    """Say of every connection whether it works, as tokens and the last runs tell, without a call."""
    settings = load_settings()
    tenants = [find_tenant(settings, tenant)] if tenant else all_tenants(settings)[0]
    os.environ.update(dagster_environment(settings))
    found = []
    with dg.DagsterInstance.get() as instance:
        for t in tenants:
            for each in statuses(instance, t, settings, datetime.now(UTC)):
                found.append(each.status)
                since = f" since {each.since:%Y-%m-%d %H:%M} UTC" if each.since else ""
                remedy = f": {each.remedy}" if each.remedy else ""
                typer.echo(
                    f"{each.status:<8} {t.id}/{each.platform}/{each.account or 'public'}{since}{remedy}"
                )
    if "broken" in found:
        raise typer.Exit(1)


def _prove(tenant: Tenant, of: Platform, connection: Connection) -> str | None:
    """Say that a connection works, or return why it does not."""
    label = f"{tenant.id}/{of.name}/{connection.account_id or 'public'}"
    try:
        client = of.connect(tenant, connection)
        try:
            typer.echo(f"ok      {label}: {of.prove(client)}")
        finally:
            client.close()
    except (PlatformError, MissingSecret, TokenStoreError) as error:
        return f"broken  {label}: {error}"
    return None


def _the_connection(tenant: Tenant, of: Platform, account: str) -> Connection:
    found = [c for c in tenant.connections_to(of.name) if account in {"", c.account_id}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(c.account_id for c in tenant.connections_to(of.name)) or "none"
    return fail(f"name one account of {tenant.id} on {of.title} with --account; known: {known}")
