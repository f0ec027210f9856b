"""Turns the source's lines into the baskets that one shop sells on a calendar date.

A source invoice is a wholesale purchase of two dozen lines; here it stands for several consumers. Its lines
are cut, in their order, into baskets of one to six lines, and the day keeps as many baskets as its level of
demand asks for. Second of the day, buyer and products come from the source.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from functools import lru_cache

from marketing_assets.sandbox import demand
from marketing_assets.sandbox.accounts import Shop, Tenant
from marketing_assets.sandbox.catalogue import Catalogue
from marketing_assets.sandbox.transactions import SourceLine, Transactions

BASKET_SIZES = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6)
DAY_SECONDS = 86_400
EVENING_SHARE = 0.35
EVENING_SHIFT = 9 * 3600
"""The source's office trades from 7 to 20 o'clock. Consumers also buy at night: this share of the baskets is
moved nine hours on, round the clock within its date, so that midnights have orders on either side."""


@dataclass(frozen=True, slots=True)
class Basket:
    """A candidate order of one source date; ``second`` of that date, the source's customer number or 0."""

    second: int
    customer: int
    lines: tuple[SourceLine, ...]


class Trade:
    """The baskets of one shop of a tenant."""

    def __init__(self, seed: int, tenant: Tenant, shop: Shop, sold: Catalogue) -> None:
        self.seed, self.tenant, self.shop = seed, tenant, shop
        self._source = Transactions(set(sold.by_description))
        self._trades = frozenset(self._source.dates())
        self._usual_baskets = self._source.line_count() / len(self._trades) / _mean(BASKET_SIZES)
        self._baskets = lru_cache(maxsize=400)(self._cut_baskets)

    def kept(self, rng: random.Random, day: date) -> Iterator[tuple[int, Basket]]:
        """Instants (Unix seconds) and baskets bought on a date of the shop's own calendar.

        A level above one basket in one keeps some of them several times.
        """
        midnight = int(datetime.combine(day, time_of_day(), tzinfo=self.shop.zone).timestamp())
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


def _mean(numbers: tuple[int, ...]) -> float:
    return sum(numbers) / len(numbers)
