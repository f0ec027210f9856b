"""Turns the baskets of a Shopee shop into the orders of one calendar date.

Second of the day, buyer, products, relative prices and returns come from the source; see ``trade.py``.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from marketing_assets.sandbox import anomalies
from marketing_assets.sandbox.accounts import Tenant
from marketing_assets.sandbox.baskets import fill, returned_by_wave
from marketing_assets.sandbox.buyers import PAYMENT_METHODS, buyer
from marketing_assets.sandbox.catalogue import Catalogue, catalogue
from marketing_assets.sandbox.extras import extras
from marketing_assets.sandbox.lifecycles import life
from marketing_assets.sandbox.orders import Line, Order
from marketing_assets.sandbox.trade import Basket, Trade

SN_LETTERS = "0123456789ABCDEFGHJKMNPQRSTUVWXYZ"


class Purchases:
    """The generated orders of one tenant's shop."""

    def __init__(self, seed: int, tenant: Tenant) -> None:
        self.seed = seed
        self.tenant = tenant
        self.shop = tenant.shopee
        self.catalogue: Catalogue = catalogue(self.shop)
        self._trade = Trade(seed, tenant, self.shop, self.catalogue)

    def on(self, day: date) -> tuple[Order, ...]:
        """All orders created on a date of the shop's own calendar, by creation."""
        rng = random.Random(f"{self.seed}/{self.tenant.key}/{day.isoformat()}")
        orders = (self._order(rng, day, created, basket) for created, basket in self._trade.kept(rng, day))
        return tuple(
            sorted((order for order in orders if order), key=lambda order: (order.created, order.sn))
        )

    def _order(self, rng: random.Random, day: date, created: int, basket: Basket) -> Order | None:
        """None where everything in the basket has left the catalogue."""
        planted = anomalies.on(self.tenant.key, self._trade.local_day(created))
        lines: tuple[Line, ...] = fill(rng, self.catalogue, basket.lines, created, planted)
        if not lines:
            return None
        lines = returned_by_wave(rng, lines, planted)
        comes_back = any(line.returned for line in lines)
        method, cod = rng.choice(PAYMENT_METHODS[self.shop.region])
        drawn = life(rng, created, cod, comes_back)
        letters = "".join(rng.choices(SN_LETTERS, k=8))
        order = Order(
            sn=f"{day:%y%m%d}{letters}",
            created=created,
            currency=self.shop.currency,
            buyer=buyer(self.shop, basket.customer, rng),
            payment_method=method,
            cod=cod,
            lines=lines,
            steps=drawn.steps,
            paid_at=drawn.paid_at,
            shipped_at=drawn.shipped_at,
            completed_at=drawn.completed_at,
            returned_at=drawn.returned_at,
            cancel_by=drawn.cancel_by,
            cancel_reason=drawn.cancel_reason,
            extras=extras(rng, self.shop, lines, comes_back),
        )
        return replace(order, message="ช่วยห่อของขวัญให้ด้วยนะคะ 🙏") if rng.random() < 0.04 else order


def shop_days(first_second: int, last_second: int, tenant: Tenant) -> Iterator[date]:
    """The shop's dates that hold any part of a span of Unix seconds."""
    day = datetime.fromtimestamp(first_second, tenant.shopee.zone).date()
    last = datetime.fromtimestamp(last_second, tenant.shopee.zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
