"""Serves the receiver, or what it is compared with: `python -m benchmarks.webhook_servers WHAT`.

`bare` is Starlette with one route that reads the body, verifies nothing and answers 200. Both have the same
server with the same settings. The port, any free one, is printed; the process ends with its standard input.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketing_assets.webhooks.app import receiver


async def _read(request: Request) -> Response:
    await request.body()
    return Response(status_code=200)


def bare() -> Starlette:
    return Starlette(routes=[Route("/webhooks/{tenant}/{platform}", _read, methods=["POST"])])


async def _serve(app: Any) -> None:
    bound = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", proxy_headers=False, server_header=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([bound]))
    print(bound.getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    chosen = bare() if sys.argv[1] == "bare" else receiver()
    config = uvicorn.Config(chosen)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(chosen))
