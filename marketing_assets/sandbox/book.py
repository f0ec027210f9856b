"""Orders placed or changed by hand through the control port, on top of the generated ones.

They live as long as the process. The generated world never changes; a changed order shadows its original.
"""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace

from marketing_assets.sandbox.orders import Order, Step, happened


class Book:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: dict[str, dict[str, Order]] = {}
        self._numbers = itertools.count(1)
        self.version = 0
        """Grows with every change, so that listings know when they are stale."""

    def next_number(self) -> int:
        return next(self._numbers)

    def put(self, tenant: str, order: Order) -> None:
        with self._lock:
            self._orders[tenant] = {**self._orders.get(tenant, {}), order.sn: order}
            self.version += 1

    def get(self, tenant: str, sn: str) -> Order | None:
        return self._orders.get(tenant, {}).get(sn)

    def orders(self, tenant: str) -> Iterator[Order]:
        yield from self._orders.get(tenant, {}).values()

    def clear(self) -> None:
        with self._lock:
            self._orders = {}
            self.version += 1


def stepped(order: Order, at: int, status: str) -> Order:
    """The order with a new last step: whatever was to come after ``at`` does not happen."""

    def past(moment: int | None) -> int | None:
        return moment if happened(moment, at) else None

    return replace(
        order,
        steps=(*(step for step in order.steps if step.at <= at), Step(at, status)),
        paid_at=past(order.paid_at),
        shipped_at=past(order.shipped_at),
        completed_at=past(order.completed_at),
        returned_at=past(order.returned_at),
    )


def touched(order: Order, at: int) -> Order:
    """The order with an update time of ``at``; its life goes on as before."""
    now = [step for step in order.steps if step.at <= at]
    later = [step for step in order.steps if step.at > at]
    return replace(order, steps=(*now, Step(at, now[-1].status), *later))
