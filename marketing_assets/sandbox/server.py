"""Runs the control port and every platform in one process, each on a port and a thread of its own."""

import errno
import signal
import socket
import threading
from datetime import date, datetime
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from marketing_assets.sandbox.apis.catalog import PLATFORMS
from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.control import control
from marketing_assets.sandbox.gate import Gate
from marketing_assets.sandbox.pushes import Courier
from marketing_assets.sandbox.world import World

HOST = "127.0.0.1"
CONTROL_PORT = 8700
DEFAULT_SEED = 7


class PortInUse(RuntimeError):
    """The message is one line, fit for a person."""


def _bind(port: int) -> socket.socket:
    """A listening-ready socket; port 0 takes any free one."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(
            f"port {port} is in use, perhaps by another sandbox: stop it or choose others with --port"
        ) from error
    return bound


class _Server:
    """One uvicorn server in a thread."""

    def __init__(self, app: ASGIApp, bound: socket.socket) -> None:
        config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", proxy_headers=False)
        self._server = uvicorn.Server(config)
        self._socket = bound
        self._thread = threading.Thread(target=self._server.run, args=([bound],), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=5)
        self._socket.close()


class Sandbox:
    """A running sandbox; ``stop()`` or the end of the ``with`` leaves nothing behind.

    ``as_of``: how far the world has happened (a date means its end in UTC, None follows the wall clock).
    ``port``: of the control port, the platforms take those after it; 0 picks free ones.
    """

    def __init__(
        self, seed: int = DEFAULT_SEED, as_of: date | datetime | None = None, port: int = CONTROL_PORT
    ) -> None:
        self.world = world = World(seed, Clock(as_of))
        sockets: list[socket.socket] = []
        try:
            for place in range(len(PLATFORMS) + 1):
                sockets.append(_bind(port + place if port else 0))
        except PortInUse:
            for bound in sockets:
                bound.close()
            raise
        addresses = [f"http://{HOST}:{bound.getsockname()[1]}" for bound in sockets]
        self.control_url = addresses[0]
        self.urls = dict(zip(PLATFORMS, addresses[1:], strict=True))
        self.courier = Courier(world)
        apps: list[ASGIApp] = [control(world, PLATFORMS, self.urls, self.courier)]
        apps += [
            Gate(one.app(world), one.dialect, world.faults, world.visits, world.clock)
            for one in PLATFORMS.values()
        ]
        for bound in sockets:
            bound.listen(128)
        self._servers = [_Server(app, bound) for app, bound in zip(apps, sockets, strict=True)]

    def stop(self) -> None:
        self.courier.stop()
        for server in self._servers:
            server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(port: int = CONTROL_PORT, as_of: date | datetime | None = None, seed: int = DEFAULT_SEED) -> None:
    """Run until SIGINT or SIGTERM. Raises ``PortInUse`` before anything is served."""
    ended = threading.Event()
    with Sandbox(seed, as_of, port) as sandbox:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        places = ", ".join(f"{name} {url}" for name, url in sandbox.urls.items())
        print(f"sandbox: control {sandbox.control_url}, {places}", flush=True)
        ended.wait()
