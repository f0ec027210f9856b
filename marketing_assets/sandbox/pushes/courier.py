"""Watches the orders of the shops that push, and sends what changed.

As the real ones do, it sends a message again until it is answered with 2xx, some twice for no reason, and
those of one moment in any order.
"""

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from marketing_assets.sandbox import orders as shopee
from marketing_assets.sandbox.pushes.wire import Push, shopee_push, shopify_push
from marketing_assets.sandbox.world import World

LOOK_SECONDS = 0.2
ANSWER_SECONDS = 5.0


@dataclass
class Target:
    """A shop and where its messages go; ``since`` is how far its orders were looked at (Unix seconds)."""

    tenant: str
    platform: str
    url: str
    since: int
    sent: set[tuple[str, int, str]] = field(default_factory=set)


@dataclass(eq=False)
class Due:
    push: Push
    at: float
    tries: int = 0


class Courier:
    """A thread that lives as long as the sandbox."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = random.Random(world.seed)
        self._lock = threading.Lock()
        self._targets: list[Target] = []
        self._due: list[Due] = []
        self._counts = {"changes": 0, "sent": 0, "answered": 0, "refused": 0, "given_up": 0}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def replace(self, wanted: list[dict[str, Any]]) -> None:
        """Push to these from now on; raises ValueError where a tenant has no such shop."""
        now = self.world.clock.as_of_seconds
        targets = [Target(one["tenant"], one["platform"], one["url"], now) for one in wanted]
        for target in targets:
            account = self.world.accounts.get(target.tenant)
            shops = {"shopee": account and account.shopee, "shopify": account and account.shopify}
            if not shops.get(target.platform):
                raise ValueError(f"tenant {target.tenant!r} has no shop on {target.platform!r} that pushes")
        with self._lock:
            self._targets, self._due = targets, []
            self._counts = dict.fromkeys(self._counts, 0)

    def report(self) -> dict[str, Any]:
        with self._lock:
            targets = [{"tenant": t.tenant, "platform": t.platform, "url": t.url} for t in self._targets]
            return {"targets": targets, "waiting": len(self._due), **self._counts}

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(timeout=ANSWER_SECONDS + 1)

    def _run(self) -> None:
        with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
            while not self._ended.wait(LOOK_SECONDS):
                targets = self._targets
                # Without the lock: a first look makes many days of the world.
                found = [due for target in targets for due in self._of(target)]
                with self._lock:
                    if targets is self._targets:
                        self._due += found
                        self._counts["changes"] += len({id(due.push) for due in found})
                    self._rng.shuffle(self._due)
                    now = time.monotonic()
                    ready = [due for due in self._due if due.at <= now]
                for due in ready:
                    if self._ended.is_set():
                        return
                    self._deliver(client, due)

    def _of(self, target: Target) -> list[Due]:
        """What changed since the last look, some of it twice."""
        now = self.world.clock.as_of_seconds
        found: list[Due] = []
        for key, push in self._changes(target, now):
            if key in target.sent:
                continue
            target.sent.add(key)
            twice = self._rng.random() < self.world.settings.push_duplicates
            found += [Due(push, 0.0) for _ in range(2 if twice else 1)]
        target.since = now
        target.sent = {key for key in target.sent if key[1] >= target.since}
        return found

    def _changes(self, target: Target, now: int) -> Iterator[tuple[tuple[str, int, str], Push]]:
        account, world = self.world.accounts[target.tenant], self.world
        if target.platform == "shopee":
            for order in world.touched(target.tenant, target.since, now):
                key = (order.sn, shopee.updated(order, now), shopee.status(order, now))
                yield key, shopee_push(account.shopee, target.url, order, now, world.clock.now())
            return
        store = world.storefronts[target.tenant]
        for one in store.touched(target.since, now):
            updated = store.updated(one)
            yield (str(one.order_id), updated, ""), shopify_push(store.shop, target.url, one, now, updated)

    def _deliver(self, client: httpx.Client, due: Due) -> None:
        try:
            answer = client.post(due.push.url, headers=due.push.headers, content=due.push.body)
            is_taken = answer.is_success
        except httpx.HTTPError:
            is_taken = False
        due.tries += 1
        with self._lock:
            if due not in self._due:
                return  # other targets were set meanwhile
            self._counts["sent"] += 1
            self._counts["answered" if is_taken else "refused"] += 1
            is_over = due.tries >= self.world.settings.push_tries
            if is_taken or is_over:
                self._due = [one for one in self._due if one is not due]
                self._counts["given_up"] += not is_taken
            else:
                due.at = time.monotonic() + self.world.settings.push_retry_seconds * 2 ** (due.tries - 1)
