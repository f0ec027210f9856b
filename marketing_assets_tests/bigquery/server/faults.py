"""What the server is told to do wrong, and how often: tests order it over HTTP."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass

from local_bigquery.errors import STATUSES, BigQueryError

# Reasons that the stock server never gives, with the status of BigQuery's answer.
STATUSES.update(
    {
        "rateLimitExceeded": (403, "RESOURCE_EXHAUSTED"),
        "quotaExceeded": (403, "RESOURCE_EXHAUSTED"),
        "backendError": (503, "UNAVAILABLE"),
    }
)


@dataclass
class Fault:
    """One order; `times` counts what is left of it."""

    fault: str
    times: int = 0
    kind: str = ""
    reason: str = ""
    point: str = ""
    seconds: float = 0


_ordered: list[Fault] = []
_lock = threading.Lock()


def order(fault: Fault) -> None:
    """Add a fault; one named "none" forgets all."""
    with _lock:
        if fault.fault == "none":
            _ordered.clear()
        else:
            _ordered.append(fault)


def take(name: str, **where: str) -> Fault | None:
    """The first such fault that is left, one time less; None where there is none."""
    with _lock:
        for fault in _ordered:
            fits = fault.fault == name and all(getattr(fault, k) == v for k, v in where.items())
            if fits and fault.times > 0:
                fault.times -= 1
                return fault
    return None


def error(reason: str) -> BigQueryError:
    return BigQueryError(reason, f"{reason}: ordered by a test")


def pass_point(point: str) -> None:
    """A place in the work where the process may be ordered to wait or to die."""
    if hold := take("hold", point=point):
        time.sleep(hold.seconds)
    if take("die", point=point):
        os.kill(os.getpid(), signal.SIGKILL)
