"""Code server, webserver and daemon of an installation as processes that can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from dagster._grpc.client import DagsterGrpcClient

from marketing_assets.commands.dagster_home import CONFIG
from marketing_assets_tests.commands.ports import consecutive_ports
from marketing_assets_tests.installation import Installation, program

START_SECONDS = 240
WORKSPACE = "load_from: [{grpc_server: {host: 127.0.0.1, port: %d, location_name: marketing_assets}}]\n"


@dataclass
class Service:
    """A group of processes: one command and all that it starts."""

    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    answers: Callable[[], bool] = lambda: True
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Returns once it answers."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.command, env=dict(self.env), stdout=out, stderr=out, start_new_session=True
            )
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.2)

    def kill(self, is_whole: bool = True) -> None:
        """SIGKILL to the whole group, or to the process that was started alone."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            (os.killpg if is_whole else os.kill)(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Dagster:
    """The services of an installation in a Dagster home of its own with the shipped `dagster.yaml`.

    As a context manager it starts the code server, and kills whatever runs at the end.
    """

    def __init__(self, installation: Installation, tenants: str = ""):
        self.installation = installation
        home = installation.home / "dagster"
        home.mkdir(exist_ok=True)
        (home / CONFIG.name).write_bytes(CONFIG.read_bytes())
        logs = installation.home / "logs"
        logs.mkdir(exist_ok=True)
        self.env = installation.env | {"DAGSTER_HOME": str(home), "MARKETING_TENANTS": tenants}
        code = consecutive_ports(2)
        web = code + 1
        workspace = home / "workspace.yaml"
        workspace.write_text(WORKSPACE % code)
        self.url = f"http://127.0.0.1:{web}"
        module = ["-m", "marketing_assets.definitions", "--location-name", "marketing_assets"]
        self.code = Service(
            [program("dagster"), "code-server", "start", *module, "-h", "127.0.0.1", "-p", str(code)],
            self.env,
            logs / "code.log",
            lambda: _pings(code),
        )
        self.daemon = Service(
            [program("dagster-daemon"), "run", "-w", str(workspace)], self.env, logs / "daemon.log"
        )
        self.webserver = Service(
            [program("dagster-webserver"), "-w", str(workspace), "-h", "127.0.0.1", "-p", str(web)],
            self.env,
            logs / "webserver.log",
            lambda: _serves(self.url),
        )

    def __enter__(self) -> Self:
        self.code.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for service in (self.daemon, self.webserver, self.code):
            service.kill()


def _pings(port: int) -> bool:
    try:
        return bool(DagsterGrpcClient(port=port, host="127.0.0.1").ping(""))
    except Exception:  # it is not there yet
        return False


def _serves(url: str) -> bool:
    try:
        return httpx.get(f"{url}/server_info", timeout=2).is_success
    except httpx.HTTPError:
        return False
