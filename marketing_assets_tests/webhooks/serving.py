"""`marketing webhooks serve` as a process of its own, and senders that do not stop."""

from __future__ import annotations

import http.client
import itertools
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from marketing_assets.settings import Settings
from marketing_assets_tests.commands.ports import consecutive_ports
from marketing_assets_tests.installation import FOREIGN, program
from marketing_assets_tests.webhooks.signing import shopify

STARTING_SECONDS = 120


@dataclass
class Served:
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def said(self) -> str:
        """All that the process wrote to its standard output and error."""
        return self.log.read_text()


@contextmanager
def serving(settings: Settings, log: Path, *options: str) -> Iterator[Served]:
    """A receiver that answers; killed afterwards, if it still lives."""
    port = consecutive_ports(1)
    url = f"http://127.0.0.1:{port}"
    env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)} | {
        "MARKETING_HOME": str(settings.home),
        "MARKETING_TENANTS_DIR": str(settings.tenants_dir),
    }
    command = [program("marketing"), "webhooks", "serve", "--port", str(port), *options]
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + STARTING_SECONDS
        while not _answers(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield Served(process, url, log)
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Senders:
    """Threads that post one order after the other until the receiver is gone; what it answered with 200."""

    port: int
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    taken: set[int] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)
    count: int = 8

    def __enter__(self) -> Senders:
        self._threads = [threading.Thread(target=self._send) for _ in range(self.count)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            while True:
                number = next(self.numbers)
                headers, body = shopify(number)
                self.sent.add(number)
                connection.request("POST", "/webhooks/northwind/shopify", body, headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.taken.add(number)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()
