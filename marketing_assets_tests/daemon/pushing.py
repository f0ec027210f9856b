"""A shop that sells and pushes each order until it is answered, some of them once more, as platforms do."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import httpx

from marketing_assets.tenants import parse_tenant
from marketing_assets_tests.installation import Installation
from marketing_assets_tests.webhooks.signing import Headers, shopee

TENANT, SHOP = "siam", "220011881"
PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class Push:
    """A signed message about an order of a day."""

    day: date
    order: str
    headers: Headers
    body: bytes


@dataclass
class PushingShop:
    """Sells on some of the `days` while the block lasts; `acknowledged` are what was answered with 200."""

    installation: Installation
    url: str
    days: Sequence[date]
    chance: random.Random
    acknowledged: list[Push] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._ended = threading.Event()
        secret = self.installation.home / "secrets" / TENANT / "shopee_partner_key"
        self._key = secret.read_text().strip()
        tenant, problems = parse_tenant(self.installation.tenants / f"{TENANT}.yaml")
        assert tenant is not None, problems
        self._zone = tenant.zone
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is sold any more; what was sold is still pushed until it is answered."""
        self._ended.set()
        self._thread.join()

    def push(self, message: Push) -> int:
        """The status that it was answered with; 0 where nobody answered."""
        try:
            return httpx.post(self.url, content=message.body, headers=message.headers, timeout=10).status_code
        except httpx.TransportError:
            return 0

    def _go_on(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            message = self._sell(self.chance.choice(self.days), self._zone)
            while self.push(message) != 200:
                self._ended.wait(0.3)
            self.acknowledged.append(message)
            if self.chance.random() < 0.3:
                self.push(self.chance.choice(self.acknowledged))

    def _sell(self, day: date, zone: ZoneInfo) -> Push:
        created = datetime.combine(day, datetime.min.time(), zone) + timedelta(
            hours=self.chance.randint(0, 23)
        )
        wish = {"created": created.isoformat(), "lines": [{"list_price": self.chance.randint(100, 5_000)}]}
        control = f"{self.installation.sandbox.control_url}/_world/orders/{TENANT}"
        order = httpx.post(control, json=wish, timeout=60).raise_for_status().json()["order_sn"]
        return Push(day, order, *shopee(self.url, order, self._key, SHOP))
