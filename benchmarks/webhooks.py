"""The receiver of webhooks under load, against the bare framework, by turns on the same machine."""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.children import REPOSITORY, measure
from benchmarks.report import Line
from marketing_assets.settings import Settings
from marketing_assets.webhooks.inbox import INBOX, Inbox

CONNECTIONS = 64
AIM = 0.5


def compare(folder: Path, sent: int, rounds: int) -> list[Line]:
    """Requests a second and p99, and whether all that was answered with 200 is in the inbox."""
    measured: dict[str, list[dict[str, Any]]] = {"bare": [], "receiver": []}
    for turn in range(rounds):
        for what, figures in measured.items():
            home = folder / f"webhooks-{turn}"
            secret = _secret(home)
            with _serving(what, home) as port:
                load = measure("webhook_load", port, secret, sent, CONNECTIONS)
            assert load["answered"] == sent
            assert load["bad"] == 0
            figures.append(load)
        assert _kept(home) == sent, "an answer of 200 says that the message is in the inbox"
    bare, ours = (
        {name: statistics.median(one[name] for one in figures) for name in ("rps", "p99_ms")}
        for figures in measured.values()
    )
    ratio = ours["rps"] / bare["rps"]
    note = (
        f"{ours['rps']:,.0f} and {bare['rps']:,.0f} requests/s, p99 {ours['p99_ms']:.0f} and "
        f"{bare['p99_ms']:.0f} ms; {CONNECTIONS} connections, bodies of 3 kB, every message on disk"
    )
    return [Line("webhooks: receiver / bare Starlette", f"{ratio:.2f}", f"≥ {AIM}", ratio >= AIM, note)]


def _secret(home: Path) -> str:
    path = home / "secrets" / "northwind" / "shopify_client_secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(secrets.token_hex(16))
    return path.read_text()


@contextmanager
def _serving(what: str, home: Path) -> Iterator[int]:
    """The port of a server in a process of its own; gone afterwards."""
    environment = {
        **os.environ,
        "MARKETING_HOME": str(home),
        "MARKETING_TENANTS_DIR": str(REPOSITORY / "tenants"),
    }
    command = [sys.executable, "-m", "benchmarks.webhook_servers", what]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def _kept(home: Path) -> int:
    inbox = Inbox(Settings(home=home))
    with inbox.engine.connect() as connection:
        kept = len(connection.execute(INBOX.select()).all())
    inbox.close()
    return kept
