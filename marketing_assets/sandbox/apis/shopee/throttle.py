"""A token bucket per shop. Its level follows a monotonic clock, not the world's."""

import threading
import time

from marketing_assets.sandbox.apis.shopee.envelope import TOO_MANY, Refusal
from marketing_assets.sandbox.settings import Settings


class Throttle:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._levels: dict[int, tuple[float, float]] = {}

    def take(self, shop_id: int) -> None:
        """Let one call through or refuse it."""
        now = time.monotonic()
        burst = self._settings.shopee_burst
        with self._lock:
            level, since = self._levels.get(shop_id, (burst, now))
            level = min(burst, level + (now - since) * self._settings.shopee_requests_per_second)
            self._levels[shop_id] = (level - 1 if level >= 1 else level, now)
        if level < 1:
            raise Refusal(*TOO_MANY, status=int(self._settings.shopee_throttle_status))
