"""What happened: the one object every API, the control port and the truth look at.

The generated world is a pure function of seed and calendar date; ``clock.as_of`` only says how much of it has
come to pass. Nothing here knows a platform's wire format.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from functools import lru_cache

from marketing_assets.sandbox.accounts import TENANTS, Tenant
from marketing_assets.sandbox.book import Book
from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.faults import Faults
from marketing_assets.sandbox.lifecycles import LONGEST_DAYS
from marketing_assets.sandbox.orders import Order, updated
from marketing_assets.sandbox.purchases import Purchases, shop_days
from marketing_assets.sandbox.settings import Settings
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets.sandbox.visits import Visits

KEPT_DAYS = 1200
"""Shop days held in memory once generated."""


class World:
    def __init__(self, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.accounts: dict[str, Tenant] = TENANTS
        self.faults = Faults(seed)
        self.visits = Visits()
        self.settings = Settings()
        self.book = Book()
        self.purchases = {key: Purchases(seed, tenant) for key, tenant in self.accounts.items()}
        self.storefronts = {
            key: Storefront(seed, tenant, tenant.shopify, clock)
            for key, tenant in self.accounts.items()
            if tenant.shopify
        }
        self._generated = lru_cache(maxsize=KEPT_DAYS)(self._generate)
        self.daily_orders = lru_cache(maxsize=4096)(self._daily_orders)
        """``(tenant, tenant-local day) -> (orders, net revenue in shop currency)`` of the generated orders
        created on that day, before cancellations and independent of ``as_of``."""

    def created(self, tenant: str, first: int, last: int) -> Iterator[Order]:
        """The orders created from first to last (Unix seconds, inclusive) that exist by now, unsorted."""
        last = min(last, self.clock.as_of_seconds)
        if first > last:
            return
        shadowed = {order.sn: order for order in self.book.orders(tenant)}
        for day in shop_days(first, last, self.accounts[tenant]):
            for order in self._generated(tenant, day)[0]:
                if first <= order.created <= last and order.sn not in shadowed:
                    yield order
        yield from (order for order in shadowed.values() if first <= order.created <= last)

    def touched(self, tenant: str, first: int, last: int) -> Iterator[Order]:
        """The orders whose update time, as of now, lies between first and last."""
        now = self.clock.as_of_seconds
        earliest = first - LONGEST_DAYS * 86_400
        for order in self.created(tenant, earliest, last):
            if first <= updated(order, now) <= last:
                yield order
        for order in self.book.orders(tenant):
            if order.created < earliest and first <= updated(order, now) <= last:
                yield order

    def order(self, tenant: str, sn: str) -> Order | None:
        """The order of that number, if it exists by now."""
        order = self.book.get(tenant, sn) or self._generated_order(tenant, sn)
        return order if order and order.created <= self.clock.as_of_seconds else None

    def on_local_day(self, tenant: str, day: date) -> Iterator[Order]:
        """The orders created on a day of the tenant's own time zone that exist by now."""
        first, last = local_span(self.accounts[tenant], day)
        yield from self.created(tenant, first, last)

    def _generate(self, tenant: str, day: date) -> tuple[tuple[Order, ...], dict[str, Order]]:
        orders = self.purchases[tenant].on(day)
        return orders, {order.sn: order for order in orders}

    def _generated_order(self, tenant: str, sn: str) -> Order | None:
        """An order number begins with the shop's date of creation."""
        try:
            day = date(2000 + int(sn[:2]), int(sn[2:4]), int(sn[4:6]))
        except ValueError:
            return None
        return self._generated(tenant, day)[1].get(sn)

    def _daily_orders(self, tenant: str, day: date) -> tuple[int, Decimal]:
        first, last = local_span(self.accounts[tenant], day)
        nets = [
            order.net
            for shop_day in shop_days(first, last, self.accounts[tenant])
            for order in self._generated(tenant, shop_day)[0]
            if first <= order.created <= last
        ]
        return len(nets), Decimal(sum(nets)) / 100


def local_span(tenant: Tenant, day: date) -> tuple[int, int]:
    """First and last Unix second of a day in the tenant's time zone (23 to 25 hours where clocks change)."""
    start = datetime.combine(day, time_of_day(), tzinfo=tenant.zone)
    following = datetime.combine(day + timedelta(days=1), time_of_day(), tzinfo=tenant.zone)
    return int(start.timestamp()), int(following.timestamp()) - 1
