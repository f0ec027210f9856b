"""Free ports for servers that tests start."""

from __future__ import annotations

import socket
from contextlib import ExitStack


def consecutive_ports(count: int) -> int:
    """The first of some consecutive ports that are free now."""
    for _ in range(200):
        with ExitStack() as stack:
            first = _bound(stack, 0)
            try:
                for place in range(1, count):
                    _bound(stack, first + place)
            except (OSError, OverflowError):
                continue
            return first
    raise AssertionError(f"no {count} consecutive ports are free")


def _bound(stack: ExitStack, port: int) -> int:
    probe = stack.enter_context(socket.socket())
    probe.bind(("127.0.0.1", port))
    return int(probe.getsockname()[1])
