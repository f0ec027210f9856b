"""When a failed call is tried again, and after how long.

Throttles make the whole connection wait (its token bucket is paused); a transient failure makes only its own
call wait. `tenacity` runs the loop and shapes the waits.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

from tenacity import RetryCallState
from tenacity.wait import wait_base, wait_exponential_jitter, wait_random

from marketing_assets.platforms.failures import Failure, PlatformError

_WAITS: Mapping[Failure, wait_base] = {
    Failure.THROTTLE_SHORT: wait_random(1, 10),
    Failure.THROTTLE_LONG: wait_exponential_jitter(initial=60, max=900, jitter=10),
    Failure.TRANSIENT: wait_exponential_jitter(initial=1, max=60, jitter=1),
}
_RETRIED = _WAITS.keys() | {Failure.AUTH_REFRESH}


class RetryPlan:
    """Decides for one call: the `retry`, `wait` and `stop` of a `tenacity.Retrying`.

    `tries` limits a class (missing = no limit but the deadline); `deadline` is a moment of `clock`.
    """

    def __init__(
        self, tries: Mapping[Failure, int], deadline: float, clock: Callable[[], float] = time.monotonic
    ):
        self.deadline = deadline
        self._tries, self._clock = tries, clock
        self._failed: Counter[Failure] = Counter()

    def retry(self, state: RetryCallState) -> bool:
        error = _error(state)
        if error is None or error.failure not in _RETRIED:
            return False
        self._failed[error.failure] += 1
        limit = self._tries.get(error.failure)
        return limit is None or self._failed[error.failure] < limit

    def wait(self, state: RetryCallState) -> float:
        error = _error(state)
        if error is None or error.failure is Failure.AUTH_REFRESH:
            return 0.0
        if error.wait_seconds is not None:
            return max(0.0, error.wait_seconds)
        return _WAITS[error.failure](state)

    def stop(self, state: RetryCallState) -> bool:
        """Whether the wait would end after the deadline."""
        return self._clock() + state.upcoming_sleep > self.deadline


def _error(state: RetryCallState) -> PlatformError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, PlatformError) else None
