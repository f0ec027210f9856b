"""Google's ads of every tenant as of now: the window through which the API and the truth look at the
world."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from marketing_assets.sandbox import currencies
from marketing_assets.sandbox.accounts import TENANTS, GoogleAccount
from marketing_assets.sandbox.advertising.draws import generator, unit
from marketing_assets.sandbox.advertising.maturing import elapsed
from marketing_assets.sandbox.search_advertising import facts, maturing
from marketing_assets.sandbox.search_advertising.facts import PART, PARTS, Cell
from marketing_assets.sandbox.search_advertising.nodes import AdGroup, Campaign, Keyword, keywords
from marketing_assets.sandbox.search_advertising.portfolio import PORTFOLIOS

if TYPE_CHECKING:
    from marketing_assets.sandbox.world import World

KEPT_DAYS = 1200

HIDDEN_TERMS = 0.3
"""Share of an ad group's numbers whose search terms too few people used to be told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A day as reported now: `parts` is cells x PARTS; `passed`: share of the day that is over."""

    day: date
    cells: tuple[Cell, ...]
    parts: np.ndarray
    passed: float


class SearchAdvertising:
    """Days are the account's own, money is in its currency. Days already computed are kept."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self._whole: OrderedDict[tuple[str, date], facts.Day | None] = OrderedDict()

    def account(self, tenant: str) -> GoogleAccount:
        """Who the tenant's account is on the wire."""
        return TENANTS[tenant].google

    def today(self, tenant: str) -> date:
        """The account's day at the world's instant."""
        return self.world.clock.as_of.astimezone(self.account(tenant).zone).date()

    def seen(self, tenant: str, day: date) -> Seen | None:
        """The day as it is reported now; None where it has not begun or nothing ran."""
        age = (self.today(tenant) - day).days
        if age < 0 or day < PORTFOLIOS[tenant].opened:
            return None
        passed = elapsed(day, self.account(tenant).zone, self.world.clock.as_of) if age == 0 else 1.0
        whole = self._of(tenant, day)
        return Seen(day, whole.cells, facts.as_seen(whole, age, passed), passed) if whole else None

    def _of(self, tenant: str, day: date) -> facts.Day | None:
        if (tenant, day) not in self._whole:
            orders, revenue = self.world.daily_orders(tenant, day)
            value = self._in_account_currency(tenant, day, revenue) / orders if orders else Decimal(0)
            self._whole[tenant, day] = facts.whole_day(self.world.seed, tenant, day, orders, value)
            while len(self._whole) > KEPT_DAYS:
                self._whole.popitem(last=False)
        return self._whole[tenant, day]

    def _in_account_currency(self, tenant: str, day: date, revenue: Decimal) -> Decimal:
        shop, account = TENANTS[tenant].shopee.currency, self.account(tenant).currency
        return revenue if shop == account else revenue * currencies.cross(self.world.seed, day, shop, account)

    def by_hour(self, tenant: str, seen: Seen) -> Iterator[tuple[Campaign, str, int, np.ndarray]]:
        """Campaign, device and hour with its parts."""
        shares = maturing.hours(seen.day, self.account(tenant).zone, seen.passed)
        totals: dict[tuple[Campaign, str], np.ndarray] = {}
        for cell, parts in zip(seen.cells, seen.parts, strict=True):
            key = (cell.campaign, cell.device)
            totals[key] = totals.get(key, 0) + parts
        for (campaign, device), parts in totals.items():
            chance = self._chance("hours", campaign.campaign_id, device, seen.day)
            for hour, share in enumerate(facts.split(parts, shares, chance)):
                yield campaign, device, hour, share

    def by_keyword(self, tenant: str, seen: Seen) -> Iterator[tuple[Keyword, str, np.ndarray]]:
        """Keyword and device with its parts; shopping and Performance Max have no keywords."""
        known: dict[str, list[Keyword]] = {}
        for keyword in keywords(tenant, seen.day):
            if not keyword.plan.paused:
                known.setdefault(keyword.ad_group.ad_group_id, []).append(keyword)
        for group, device, parts in self._by_ad_group(seen):
            own = known.get(group.ad_group_id, [])
            if own:
                weights = np.array([keyword.plan.weight for keyword in own])
                chance = self._chance("keywords", group.ad_group_id, device, seen.day)
                shares = facts.split(parts, weights / weights.sum(), chance)
                yield from zip(own, [device] * len(own), shares, strict=True)

    def by_term(self, seen: Seen) -> Iterator[tuple[AdGroup, str, str, np.ndarray]]:
        """Ad group, search term and device with its parts; what few people searched for is kept back."""
        for group, device, parts in self._by_ad_group(seen):
            terms = group.plan.terms
            if terms:
                seed = self.world.seed
                weights = np.array([0.2 + unit(seed, "term", group.ad_group_id, t, seen.day) for t in terms])
                chance = self._chance("terms", group.ad_group_id, device, seen.day)
                shares = facts.split(parts, weights / weights.sum() * (1 - HIDDEN_TERMS), chance)
                yield from zip([group] * len(terms), terms, [device] * len(terms), shares, strict=True)

    def _by_ad_group(self, seen: Seen) -> Iterator[tuple[AdGroup, str, np.ndarray]]:
        totals: dict[tuple[AdGroup, str], np.ndarray] = {}
        for cell, parts in zip(seen.cells, seen.parts, strict=True):
            if cell.ad:
                key = (cell.ad.ad_group, cell.device)
                totals[key] = totals.get(key, 0) + parts
        for (group, device), parts in totals.items():
            yield group, device, parts

    def _chance(self, *purpose: object) -> np.ndarray:
        return generator(self.world.seed, "google split", *purpose).random(len(PARTS))

    def truth(self, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
        """What the account's days say now, inclusive, days without delivery left out.

        `{date, spend, impressions, clicks, conversions, conversion_value, currency}`: money and conversions
        as Decimal, money in the account's currency.
        """
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        found = (self.seen(tenant, day) for day in days)
        return [self._total(tenant, seen) for seen in found if seen is not None and seen.parts.any()]

    def _total(self, tenant: str, seen: Seen) -> dict[str, Any]:
        sums = {name: int(seen.parts[:, place].sum()) for name, place in PART.items()}
        return {
            "date": seen.day,
            "spend": Decimal(sums["cost"]) / 100,
            "impressions": sums["impressions"],
            "clicks": sums["clicks"],
            "conversions": Decimal(sums["conversions"]) / 100,
            "conversion_value": Decimal(sums["value"]) / 100,
            "currency": self.account(tenant).currency,
        }
