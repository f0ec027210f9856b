"""`marketing sandbox serve` as a process."""

from __future__ import annotations

import signal
import socket

import httpx
import pytest

from marketing_assets_tests.commands.ports import consecutive_ports
from marketing_assets_tests.installation import Installation


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(empty: Installation, number: signal.Signals) -> None:
    port = consecutive_ports(4)
    command = ["sandbox", "serve", "--port", str(port), "--as-of", "2026-03-01", "--seed", "11"]
    process = empty.start(*command)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith(f"sandbox: control http://127.0.0.1:{port}, shopee ")
        health = httpx.get(f"http://127.0.0.1:{port}/_world/health").json()
        assert (health["seed"], health["as_of"]) == (11, "2026-03-01T23:59:59+00:00")
        process.send_signal(number)
        assert process.communicate(timeout=30) == ("", "")
    finally:
        process.kill()
    assert process.returncode == 0


def test_a_port_in_use_is_one_clear_line(empty: Installation) -> None:
    port = consecutive_ports(4)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 2))
        taken.listen()
        result = empty.marketing("sandbox", "serve", "--port", str(port), seconds=60)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.strip().splitlines() == [
        f"port {port + 2} is in use, perhaps by another sandbox: stop it or choose others with --port"
    ]
