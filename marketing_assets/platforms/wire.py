"""What goes between a platform's client and the transport: calls, answers, the dialect, limits, counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson

from marketing_assets.platforms.failures import Complaint


@dataclass(frozen=True)
class Call:
    """One API call before signing. `params` values are text; `json` is serialised once, then signed.

    `form` goes in the body instead of `json`, as browsers send forms. `path` has no query. `params`, `json`
    and `form` may hold secrets, so they stay out of the repr.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    base_url: str | None = None
    form: Mapping[str, str] | None = field(default=None, repr=False)

    @cached_property
    def body(self) -> bytes | None:
        """The bytes that go over the wire, for dialects that sign them."""
        if self.form is not None:
            return urlencode(self.form).encode()
        return None if self.json is None else orjson.dumps(self.json)

    @property
    def content_type(self) -> str:
        return "application/json" if self.form is None else "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """A successful answer (the dialect found no failure in it). Look-up in `headers` ignores case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Dialect(Protocol):
    """What differs between platforms. Called from several threads."""

    def sign(self, call: Call) -> Mapping[str, Any]:
        """Request parts (`params`, `headers`) with credentials and signature; fresh for every attempt.

        They are added to the call's own.
        """
        ...

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        """The failure in an answer, or None where it is a success."""
        ...

    def pause(self, headers: Mapping[str, str]) -> float:
        """Seconds to hold back the next calls, from usage headers of a success (0 = none)."""
        ...

    def refresh(self) -> None:
        """Obtain a new access token; raises `PlatformError` of class AUTH_DEAD where that fails for good.

        It may send calls through the same transport; those are never refreshed themselves.
        """
        ...


@dataclass(frozen=True)
class Limits:
    """What one connection may do at once.

    `timeout_seconds` is the longest silence of the platform; `deadline_seconds` ends one `send` with all its
    waits. Tries count per failure class and call.
    """

    calls_per_second: float = 10
    burst: int = 10
    concurrency: int = 4
    timeout_seconds: float = 60
    deadline_seconds: float = 3600
    transient_tries: int = 5
    throttle_tries: int = 10


@dataclass
class Counters:
    """What a transport did; goes into asset metadata.

    `calls` counts requests sent, `retries` those among them that repeat another. `throttled_seconds` is the
    time calls were held back by rate limits, summed over threads. `bytes_received` is as sent over the wire.
    `quota_used` is the largest share of its allowance of calls that the platform told (1 = all of it).
    """

    calls: int = 0
    retries: int = 0
    throttled_seconds: float = 0
    bytes_received: int = 0
    quota_used: float = 0
