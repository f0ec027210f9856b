"""Faults that can be switched on while the sandbox runs.

A fault says what goes wrong (``kind``), where (``platform``, ``path``, ``tenant``) and how often (the first
``times`` matching calls, or a share ``rate`` of them, drawn in a fixed order from the seed).

The gate (``gate.py``) plays the kinds in ``ANSWER_KINDS`` without the API's help, asking its dialect for the
platform's own wording. The kinds in ``PAGE_KINDS`` need the records of a page, so a list endpoint asks:

    rows = world.faults.without_some("meta_ads", target, tenant, rows)
    again = world.faults.moves("meta_ads", target, tenant)   # True: show the last record on the next page too
    rows = world.faults.with_new_field("shopee", target, tenant, rows)

where ``target`` is the path with its query, so a fault's ``path`` may name either.
"""

import random
import threading
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

ANSWER_KINDS = (
    "rate_limit",
    "quota_day",
    "server_error",
    "html",
    "truncated",
    "expired_token",
    "slow",
    "connection_reset",
)
PAGE_KINDS = ("lacking", "moving", "new_field")
RUN_KINDS = ("job_failed", "job_skipped")
"""How an asynchronous report that was asked for ends."""
KINDS = ANSWER_KINDS + PAGE_KINDS + RUN_KINDS

NEW_FIELD = {"delivery_promise_level": 2}

Record = TypeVar("Record")


@dataclass(frozen=True)
class Fault:
    """``path`` matches anywhere in path and query, empty matches all. Without ``times`` it stays on."""

    kind: str
    platform: str
    path: str = ""
    tenant: str | None = None
    times: int | None = None
    rate: float = 1.0
    status: int | None = None
    """of the answer, where the platform leaves it open; 503 for ``server_error`` unless told"""
    seconds: float = 2.0
    """how long ``slow`` waits"""
    retry_after: int = 1
    """seconds that ``rate_limit`` asks for, where the platform says so"""
    fired: int = 0

    def matches(self, platform: str, target: str, tenant: str | None) -> bool:
        return (
            self.platform == platform
            and self.path in target
            and self.tenant in (None, tenant)
            and (self.times is None or self.fired < self.times)
        )


def parse(declared: dict[str, Any]) -> Fault:
    """A fault from JSON; raises ValueError in one line on an unknown kind or field."""
    unknown = set(declared) - set(Fault.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown fault fields: {', '.join(sorted(unknown))}")
    if declared.get("kind") not in KINDS:
        raise ValueError(f"unknown fault kind {declared.get('kind')!r}, expected one of {', '.join(KINDS)}")
    if "platform" not in declared:
        raise ValueError("a fault names its platform")
    return Fault(**{**declared, "fired": 0})


class Faults:
    """The faults switched on now; safe to use from several threads."""

    def __init__(self, seed: int) -> None:
        self._draws = random.Random(f"faults/{seed}")
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, **declared: Any) -> None:
        with self._lock:
            self._faults.append(parse(declared))

    def replace(self, declared: list[dict[str, Any]]) -> None:
        faults = [parse(one) for one in declared]
        with self._lock:
            self._faults = faults

    def clear(self) -> None:
        self.replace([])

    def report(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, kinds: tuple[str, ...], platform: str, target: str, tenant: str | None) -> Fault | None:
        """The first fault of these kinds that strikes this call, counted as fired."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.kind not in kinds or not fault.matches(platform, target, tenant):
                    continue
                if fault.rate < 1.0 and self._draws.random() >= fault.rate:
                    continue
                self._faults[index] = replace(fault, fired=fault.fired + 1)
                return fault
        return None

    def without_some(
        self, platform: str, target: str, tenant: str | None, records: list[Record]
    ) -> list[Record]:
        """A page that silently lacks every third record, beginning with its first (``lacking``)."""
        if not records or self.take(("lacking",), platform, target, tenant) is None:
            return records
        return [record for index, record in enumerate(records) if index % 3]

    def with_new_field(
        self, platform: str, target: str, tenant: str | None, records: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """A page whose records carry a field that no documentation names (``new_field``)."""
        if not records or self.take(("new_field",), platform, target, tenant) is None:
            return records
        return [{**record, **NEW_FIELD} for record in records]

    def moves(self, platform: str, target: str, tenant: str | None) -> bool:
        """Whether a record of this page is changed while the client pages on (``moving``)."""
        return self.take(("moving",), platform, target, tenant) is not None
