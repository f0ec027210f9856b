"""The demo's flow: sandbox, keys, fill, headline numbers, UI."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import dagster as dg
import typer
from rich.console import Console

from marketing_assets.commands.dagster_home import dagster_environment
from marketing_assets.commands.demo.connect import connect
from marketing_assets.commands.demo.fill import fill, work_to_do
from marketing_assets.commands.demo.preflight import NotReady, check_disk, check_port, only_one
from marketing_assets.commands.demo.services import program, service
from marketing_assets.commands.demo.summary import print_checks, print_headlines
from marketing_assets.commands.shared import all_tenants, end_in_order, fail
from marketing_assets.sandbox.apis.catalog import PLATFORMS as SANDBOXED
from marketing_assets.sandbox.server import CONTROL_PORT
from marketing_assets.settings import Settings, load_settings
from marketing_assets.tenants import Tenant

UI_PORT = 3000
REPOSITORY = Path(__file__).parents[3]


def demo(
    days: Annotated[int, typer.Option(min=1, help="Days of history to fill.")] = 90,
    serve: Annotated[bool, typer.Option(help="Keep the UI up until interrupted.")] = True,
    port: Annotated[int, typer.Option(help="Port of the UI.")] = UI_PORT,
) -> None:
    """Fill the demo tenants from the sandbox, print their headline numbers, serve the UI."""
    end_in_order()
    try:
        run(Console(), days, serve, port)
    except NotReady as error:
        fail(str(error))
    except KeyboardInterrupt:
        typer.echo("stopped")


def run(console: Console, days: int, serve: bool, port: int) -> None:
    """The whole demo; raises `NotReady` with a clear word."""
    os.environ.update(dagster_environment(load_settings()))
    env = dict(os.environ)
    settings = load_settings()
    home = settings.home
    with ExitStack() as stack:
        stack.enter_context(only_one(home))
        check_disk(home)
        check_ports(serve, port)
        control = f"http://127.0.0.1:{CONTROL_PORT}"
        console.print(f"Sandbox: starting on {control}")
        command = [program("marketing"), "sandbox", "serve"]
        logs = home / "logs"
        stack.enter_context(
            service("the sandbox", command, logs / "sandbox.log", f"{control}/_world/health", 60, env)
        )
        tenants = demo_tenants(settings, connect(settings, control))
        instance = stack.enter_context(dg.DagsterInstance.get())
        console.print("Definitions: reading tenants and models")
        # Imported here, because it takes seconds, which no other command should wait for.
        from marketing_assets.code_location import build_definitions

        defs = build_definitions(settings)
        fill(console, [w for t in tenants for w in work_to_do(instance, defs, t, days)], env)
        print_headlines(console, settings, tenants)
        failed = print_checks(console, instance, defs)
        if serve:
            serve_ui(console, stack, logs, env, port)
        elif failed:
            raise NotReady(f"{failed} checks failed; start `make run` and look at them in the UI")


def check_ports(serve: bool, port: int) -> None:
    for place, name in enumerate(["control", *SANDBOXED]):
        check_port(CONTROL_PORT + place, f"the sandbox ({name})", "stop what uses it")
    if serve:
        check_port(port, "the UI", "stop what uses it, or choose another with PORT=")


def demo_tenants(settings: Settings, known: set[str]) -> list[Tenant]:
    """The tenants that live in the sandbox; others in the folder are left alone."""
    tenants, problems = all_tenants(settings)
    own = [p for p in problems if p.file.split(".")[0] in known]
    if own:
        raise NotReady("\n".join(map(str, own)))
    found = [t for t in tenants if t.id in known]
    if not found:
        raise NotReady(f"{settings.tenants_dir} holds none of the demo tenants ({', '.join(sorted(known))})")
    return found


def serve_ui(console: Console, stack: ExitStack, logs: Path, env: dict[str, str], port: int) -> None:
    """Start Dagster's UI and daemon, say where, and wait until interrupted."""
    workspace = str(REPOSITORY / "workspace.yaml")
    command = [program("dagster"), "dev", "-w", workspace, "-h", "127.0.0.1", "-p", str(port)]
    console.print("Dagster: starting")
    url = f"http://127.0.0.1:{port}"
    stack.enter_context(service("Dagster", command, logs / "dagster.log", f"{url}/server_info", 180, env))
    console.print(f"UI: [bold]{url}[/bold]  (Ctrl-C stops everything)")
    threading.Event().wait()
