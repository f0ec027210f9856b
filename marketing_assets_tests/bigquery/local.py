"""A local BigQuery server of one's own, as a process that can be stopped, killed and made to misbehave."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from marketing_assets_tests.bigquery.environment import server_environment, server_python

START_SECONDS = 60
Point = Literal["load", "transaction", "commit"]
"""A place in the server's work: rows of a load are written but not committed; a transaction has changed its
first table; a transaction is about to commit."""


@dataclass(frozen=True)
class SentJob:
    """A job as a client sent it. `answer`: "accepted", or the reason for which the server refused it."""

    id: str
    project: str
    kind: str
    statement: str
    config: Mapping[str, Any]
    labels: Mapping[str, str]
    answer: str


class LocalBigQuery:
    """Starts at once; `endpoint` is its address. Its data stay until `stop`."""

    def __init__(self, storage_endpoint: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bigquery-")
        self._storage = storage_endpoint
        self._port = free_port()
        self._process = self._start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def client(self, project: str = "demo-project", location: str = "EU") -> bigquery.Client:
        """Google's own client for this server."""
        return bigquery.Client(
            project,
            credentials=AnonymousCredentials(),
            location=location,
            client_options=ClientOptions(api_endpoint=self.endpoint),
        )

    def kill(self) -> None:
        """End the process as a crash would; its data stay as they are."""
        self._process.kill()
        self._process.wait()

    def wait_until_dead(self, seconds: float = 30) -> None:
        """Wait for an end that `die_at` has ordered."""
        self._process.wait(seconds)

    def restart(self) -> None:
        """Start again, on the same port and data."""
        self.kill()
        self._process = self._start()

    def stop(self) -> None:
        """End the process and drop its data."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self._folder.cleanup()

    def jobs(self, project: str | None = None) -> list[SentJob]:
        """Every job that clients have sent, oldest first, also before a restart."""
        journal = Path(self._folder.name) / "journal.jsonl"
        lines = journal.read_text().splitlines() if journal.exists() else []
        sent = [SentJob(**json.loads(line)) for line in lines]
        return [job for job in sent if project in {None, job.project}]

    def lose_answers(self, kind: Literal["load", "query"], times: int = 1) -> None:
        """Carry the next jobs out, and drop the connection instead of answering."""
        self._control(fault="lose", kind=kind, times=times)

    def refuse_jobs(self, reason: str, times: int = 1) -> None:
        """Answer the next jobs with an error (such as rateLimitExceeded), and run nothing."""
        self._control(fault="refuse", reason=reason, times=times)

    def fail_jobs(self, reason: str, times: int = 1) -> None:
        """Take the next jobs, and let them end with an error without running them."""
        self._control(fault="fail", reason=reason, times=times)

    def abort_transactions(self, times: int = 1) -> None:
        """Let the next transactions fail at their commit, as if another one had changed their table."""
        self._control(fault="abort", times=times)

    def die_at(self, point: Point) -> None:
        """Let the process be killed when its work next comes to this point."""
        self._control(fault="die", point=point, times=1)

    def hold_at(self, point: Point, seconds: float) -> None:
        """Let the next work that comes to this point wait there."""
        self._control(fault="hold", point=point, seconds=seconds, times=1)

    def behave(self) -> None:
        """Forget the faults that are still to come."""
        self._control(fault="none")

    def _control(self, **order: object) -> None:
        httpx.post(f"{self.endpoint}/_control", json=order).raise_for_status()

    def _start(self) -> subprocess.Popen[bytes]:
        module = "marketing_assets_tests.bigquery.server.start"
        arguments = ["--port", str(self._port), "--data-dir", self._folder.name]
        log = Path(self._folder.name) / "server.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [server_python(), "-m", module, *arguments],
                env=_without_emulators(server_environment()) | {"STORAGE_EMULATOR_HOST": self._storage},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        _wait_until_ready(self.endpoint, process, log)
        return process


def _without_emulators(environment: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environment.items() if not k.endswith("_EMULATOR_HOST")}


def _wait_until_ready(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{endpoint}/bigquery/v2/projects/demo/datasets", timeout=30).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"the local BigQuery server did not start:\n{log.read_text()[-4000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
