"""Turns a shop's source lines into the orders of one calendar date.

A source invoice is a wholesale purchase of two dozen lines; here it stands for several consumers. Its lines
are cut, in their order, into baskets of one to six lines, and the day keeps as many baskets as its level of
demand asks for. Second of the day, buyer, products, relative prices and returns come from the source.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import lru_cache

from marketing_assets.sandbox import anomalies, demand
from marketing_assets.sandbox.accounts import Tenant
from marketing_assets.sandbox.baskets import fill, returned_by_wave
from marketing_assets.sandbox.buyers import PAYMENT_METHODS, buyer
from marketing_assets.sandbox.catalogue import Catalogue, catalogue
from marketing_assets.sandbox.extras import extras
from marketing_assets.sandbox.lifecycles import life
from marketing_assets.sandbox.orders import Line, Order
from marketing_assets.sandbox.transactions import SourceLine, Transactions

BASKET_SIZES = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6)
DAY_SECONDS = 86_400
EVENING_SHARE = 0.35
EVENING_SHIFT = 9 * 3600
"""The source's office trades from 7 to 20 o'clock. Consumers also buy at night: this share of the baskets is
moved nine hours on, round the clock within its date, so that midnights have orders on either side."""

SN_LETTERS = "0123456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Basket:
    """A candidate order of one source date; ``second`` of that date, the source's customer number or 0."""

    second: int
    customer: int
    lines: tuple[SourceLine, ...]


class Purchases:
    """The generated orders of one tenant's shop."""

    def __init__(self, seed: int, tenant: Tenant) -> None:
        self.seed = seed
        self.tenant = tenant
        self.shop = tenant.shopee
        self.catalogue: Catalogue = catalogue(self.shop)
        self._source = Transactions(set(self.catalogue.by_description))
        self._trades = frozenset(self._source.dates())
        self._usual_baskets = self._source.line_count() / len(self._trades) / _mean(BASKET_SIZES)
        self._baskets = lru_cache(maxsize=400)(self._cut_baskets)

    def on(self, day: date) -> tuple[Order, ...]:
        """All orders created on a date of the shop's own calendar, by creation."""
        rng = random.Random(f"{self.seed}/{self.tenant.key}/{day.isoformat()}")
        midnight = int(datetime.combine(day, time_of_day(), tzinfo=self.shop.zone).timestamp())
        orders = (
            self._order(rng, day, created, basket) for created, basket in self._kept(rng, day, midnight)
        )
        return tuple(
            sorted((order for order in orders if order), key=lambda order: (order.created, order.sn))
        )

    def _kept(self, rng: random.Random, day: date, midnight: int) -> Iterator[tuple[int, Basket]]:
        """Instants and baskets bought. A level above one basket in one keeps some of them several times."""
        share = self.shop.daily_orders / self._usual_baskets * demand.peak(day)
        for source_day, weight in demand.source_days(day, self._trades):
            for basket in self._baskets(source_day):
                shift = EVENING_SHIFT if rng.random() < EVENING_SHARE else 0
                created = midnight + (basket.second + shift + rng.randrange(60)) % DAY_SECONDS
                level = (
                    share * weight * demand.tenant_level(self.seed, self.tenant.key, self.local_day(created))
                )
                for copy in range(int(level + 1 - rng.random())):
                    yield midnight + (created - midnight + copy * 1511) % DAY_SECONDS, basket

    def local_day(self, at: int) -> date:
        """The tenant's date at a Unix second."""
        return datetime.fromtimestamp(at, self.tenant.zone).date()

    def _cut_baskets(self, source_day: date) -> tuple[Basket, ...]:
        rng = random.Random(f"{self.seed}/{self.shop.shop_id}/{source_day.isoformat()}")
        baskets: list[Basket] = []
        invoice: list[SourceLine] = []
        size = rng.choice(BASKET_SIZES)
        for line in self._source.lines(source_day):
            same = invoice and (line.second, line.customer) == (invoice[0].second, invoice[0].customer)
            if invoice and (not same or len(invoice) == size):
                baskets.append(Basket(invoice[0].second, invoice[0].customer, tuple(invoice)))
                invoice, size = [], rng.choice(BASKET_SIZES)
            invoice.append(line)
        if invoice:
            baskets.append(Basket(invoice[0].second, invoice[0].customer, tuple(invoice)))
        return tuple(baskets)

    def _order(self, rng: random.Random, day: date, created: int, basket: Basket) -> Order | None:
        """None where everything in the basket has left the catalogue."""
        planted = anomalies.on(self.tenant.key, self.local_day(created))
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


def _mean(numbers: tuple[int, ...]) -> float:
    return sum(numbers) / len(numbers)
