"""The orders of one storefront as of now: the window through which API and truth look at the world."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from marketing_assets.sandbox.accounts import ShopifyShop, Tenant
from marketing_assets.sandbox.catalogue import catalogue
from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.storefront.making import Maker, day_of
from marketing_assets.sandbox.storefront.orders import Order, updated
from marketing_assets.sandbox.storefront.refunds import LONGEST_DAYS
from marketing_assets.sandbox.trade import Trade

KEPT_DAYS = 1200
OPENED = date(2024, 1, 1)


class Storefront:
    """A pure function of seed and date, but for orders that were touched by hand."""

    def __init__(self, seed: int, tenant: Tenant, shop: ShopifyShop, clock: Clock) -> None:
        self.seed, self.tenant, self.shop, self.clock = seed, tenant, shop, clock
        self.sold = catalogue(shop)
        self._trade = Trade(seed, tenant, shop, self.sold)
        self._maker = Maker(seed, tenant, shop, self.sold)
        self._day = lru_cache(maxsize=KEPT_DAYS)(self._make_day)
        self._touched: dict[int, int] = {}
        self.version = 0
        """Grows with every touch."""

    def created(self, first: int, last: int) -> Iterator[Order]:
        """The orders created from first to last (Unix seconds, inclusive) that exist by now."""
        last = min(last, self.clock.as_of_seconds)
        day = max(OPENED, datetime.fromtimestamp(max(first, 0), self.shop.zone).date())
        while first <= last and day <= datetime.fromtimestamp(last, self.shop.zone).date():
            yield from (order for order in self._day(day).values() if first <= order.created <= last)
            day += timedelta(days=1)

    def touched(self, first: int, last: int) -> Iterator[Order]:
        """The orders whose update time, as of now, lies between first and last."""
        for order in self.created(first - LONGEST_DAYS * 86_400, last):
            if first <= self.updated(order) <= last:
                yield order

    def updated(self, order: Order) -> int:
        """When the order last changed, as of now."""
        return max(updated(order, self.clock.as_of_seconds), self._touched.get(order.order_id, 0))

    def touch(self, order_id: int) -> None:
        """Let an order be updated right now, without any other change."""
        self._touched[order_id] = self.clock.as_of_seconds
        self.version += 1

    def forget(self) -> None:
        """Undo every touch."""
        self._touched.clear()
        self.version += 1

    def order(self, order_id: int) -> Order | None:
        """The order of that number, if it exists by now."""
        day = day_of(order_id)
        found = None if day is None else self._day(day).get(order_id)
        return found if found and found.created <= self.clock.as_of_seconds else None

    def on_local_day(self, day: date) -> Iterator[Order]:
        """The orders created on a day of the tenant's own time zone that exist by now."""
        start = datetime.combine(day, datetime.min.time(), tzinfo=self.tenant.zone)
        end = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=self.tenant.zone)
        yield from self.created(int(start.timestamp()), int(end.timestamp()) - 1)

    def _make_day(self, day: date) -> dict[int, Order]:
        if day < OPENED:
            return {}
        rng = random.Random(f"{self.seed}/{self.shop.shop_id}/orders/{day.isoformat()}")
        kept = sorted(self._trade.kept(rng, day), key=lambda pair: pair[0])
        made = (
            self._maker.order(rng, day, self._trade.local_day(created), place, created, basket)
            for place, (created, basket) in enumerate(kept, start=1)
        )
        return {order.order_id: order for order in made if order}
