"""`marketing sandbox`: the local server that speaks the platforms' protocols."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from marketing_assets.commands.shared import fail
from marketing_assets.sandbox.server import CONTROL_PORT, DEFAULT_SEED, PortInUse
from marketing_assets.sandbox.server import serve as serve_sandbox

app = typer.Typer(no_args_is_help=True, help="Platforms to try things on, without an account.")


@app.callback()
def _group() -> None:
    """Keeps `serve` a command of its own name."""


@app.command()
def serve(
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day up to which the world has happened.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the world.")] = DEFAULT_SEED,
    port: Annotated[
        int, typer.Option(help="Control port; platforms take the ports after it.")
    ] = CONTROL_PORT,
) -> None:
    """Serve until interrupted: control on PORT, each platform on a port after it."""
    try:
        serve_sandbox(port, as_of.date() if as_of else None, seed)
    except PortInUse as error:
        fail(str(error))
