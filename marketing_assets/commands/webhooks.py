"""`marketing webhooks`: the receiver of what platforms push."""

from __future__ import annotations

from typing import Annotated

import typer

from marketing_assets.commands.shared import fail
from marketing_assets.settings import load_settings
from marketing_assets.webhooks.endpoints import read_endpoints
from marketing_assets.webhooks.inbox import Inbox

app = typer.Typer(no_args_is_help=True, help="What platforms push: new and changed orders, at once.")


@app.callback()
def _group() -> None:
    """Keeps `serve` a command of its own name."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8790,
    workers: Annotated[int, typer.Option(min=1, help="Processes; a dead one is started again.")] = 1,
) -> None:
    """Receive webhooks until interrupted; prints the addresses to enter at the platforms."""
    import uvicorn

    settings = load_settings()
    Inbox(settings).close()  # made once, before several processes open it
    endpoints = read_endpoints(settings, {})
    if not endpoints:
        fail(f"no tenant in {settings.tenants_dir} has a connection whose platform pushes, with its secret")
    base = settings.webhooks_url.rstrip("/") or f"http://{host}:{port}"
    typer.echo("\n".join(f"{base}{path}" for path in sorted(endpoints)))
    uvicorn.run(
        "marketing_assets.webhooks.app:receiver",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
    )
