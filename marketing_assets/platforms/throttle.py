"""A token bucket for the calls of one connection, with pauses that hold every thread.

The known libraries were looked at: `aiolimiter` is for asyncio only, `pyrate-limiter` and `limits` count
calls in windows and cannot be told to hold everybody until a moment that the platform named.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """At most `burst + rate * seconds` calls in any stretch of time; safe to use from several threads."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic):
        if rate <= 0 or burst < 1:
            raise ValueError(f"rate {rate} must be above 0 and burst {burst} at least 1")
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens = float(burst)
        self._stamp = clock()
        self._lock = threading.Lock()

    def take(self) -> float:
        """0 where a call may go now (its token is taken), else the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            if now > self._stamp:
                self._tokens = min(self._burst, self._tokens + (now - self._stamp) * self._rate)
                self._stamp = now
            if now >= self._stamp and self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            missing = max(0.0, 1 - self._tokens)
            # Never 0 for "not yet", and never so little that the clock's next tick is the same.
            return max(self._stamp - now + missing / self._rate, 1e-6)

    def pause(self, seconds: float) -> None:
        """Let no call go for `seconds`; afterwards they start one by one, not as a burst."""
        if seconds <= 0:
            return
        with self._lock:
            until = self._clock() + seconds
            if until > self._stamp:
                # Tokens grow again only from `until` on.
                self._stamp = until
                self._tokens = min(self._tokens, 1.0)
