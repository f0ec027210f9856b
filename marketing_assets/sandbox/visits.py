"""What was asked of the sandbox: counters and the latest requests, without secrets."""

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

SECRETS = frozenset({"sign", "access_token", "appsecret_proof", "code", "refresh_token", "client_secret"})
KEPT = 1000


@dataclass(frozen=True)
class Visit:
    """``at`` in Unix seconds of the wire's clock, ``milliseconds`` until the answer was sent."""

    at: float
    platform: str
    tenant: str | None
    method: str
    path: str
    query: dict[str, str]
    status: int
    fault: str | None
    milliseconds: float


class Visits:
    """The last requests and counts of all since the start or the last ``clear``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: deque[Visit] = deque(maxlen=KEPT)
        self._counts: Counter[tuple[str, str, str | None, int]] = Counter()

    def add(self, visit: Visit) -> None:
        with self._lock:
            self._latest.append(visit)
            self._counts[visit.platform, visit.path, visit.tenant, visit.status] += 1

    def clear(self) -> None:
        with self._lock:
            self._latest.clear()
            self._counts.clear()

    def report(self, last: int) -> dict[str, Any]:
        """``{total, counts: [{platform, path, tenant, status, count}], latest: [Visit]}``."""
        with self._lock:
            counts = sorted(self._counts.items(), key=lambda entry: tuple(map(str, entry[0])))
            latest = list(self._latest)[-last:] if last else []
        names = ("platform", "path", "tenant", "status")
        return {
            "total": sum(count for _, count in counts),
            "counts": [{**dict(zip(names, key, strict=True)), "count": count} for key, count in counts],
            "latest": [asdict(visit) for visit in latest],
        }
