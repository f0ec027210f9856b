"""The processes beside the demo: the sandbox and Dagster. Each is a group that is stopped whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from marketing_assets.commands.demo.preflight import NotReady

STOP_SECONDS = 15


@contextmanager
def service(
    name: str, command: Sequence[str], log: Path, ready_url: str, seconds: float, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that answers at `ready_url` within `seconds`; stopped with all its children at the end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env=dict(env),
            start_new_session=True,
        )
    try:
        _await(lambda: _answers(ready_url), process, name, log, seconds)
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end, then make it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        if not _group_lives(process.pid):
            break


def _group_lives(group: int) -> bool:
    for _ in range(20):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def _await(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], name: str, log: Path, seconds: float
) -> None:
    limit = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise NotReady(f"{name} ended at once: {last[0]} (log: {log})")
        if time.monotonic() > limit:
            raise NotReady(f"{name} did not answer within {seconds:.0f} s; see {log}")
        time.sleep(0.2)


def program(name: str) -> str:
    """A console script of this environment."""
    return str(Path(sys.executable).parent / name)
