"""What must be true before the demo starts, each with a clear word where it is not."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED_BYTES = 1_500_000_000


class NotReady(Exception):
    """The demo cannot start; the message says why and what to do."""


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Holds the folder for this process; the lock dies with it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "demo.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise NotReady(
                f"the demo already runs in {home} (process {holder}): open its UI, or stop it first"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_disk(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < NEEDED_BYTES:
        raise NotReady(
            f"{home} has {free / 1e9:.1f} GB free and the demo needs {NEEDED_BYTES / 1e9:.1f} GB; "
            "free some space or set MARKETING_HOME to another disk"
        )


def check_port(port: int, what: str, remedy: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise NotReady(f"port {port}, which {what} needs, is in use; {remedy}") from error
