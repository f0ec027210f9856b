"""The ads of every tenant as of now: the window through which the API and the truth look at the world."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from marketing_assets.sandbox import currencies
from marketing_assets.sandbox.accounts import TENANTS, MetaAccount
from marketing_assets.sandbox.advertising import facts, maturing
from marketing_assets.sandbox.advertising.facts import COLUMN, COUNTS, Day
from marketing_assets.sandbox.advertising.nodes import Node
from marketing_assets.sandbox.advertising.portfolio import PORTFOLIOS

if TYPE_CHECKING:
    from marketing_assets.sandbox.world import World

KEPT_DAYS = 2000

# The purchases of the account's own attribution setting: 7-day click and 1-day view, every channel.
COUNTED = [COLUMN[f"purchase/{w}/{c}"] for w in ("click_1d", "click_7d", "view_1d") for c in facts.CHANNELS]
COUNTED_VALUES = [
    COLUMN[f"purchase/{w}/{c}/value"] for w in ("click_1d", "click_7d", "view_1d") for c in facts.CHANNELS
]


@dataclass(frozen=True, slots=True)
class Seen:
    """A day as reported now: `parts` is ads x facts.COLUMNS; `whole` is what the day will be in the end."""

    day: date
    ads: tuple[Node, ...]
    parts: np.ndarray
    whole: Day


class Advertising:
    """Days are the ad account's own, money is in its currency. Days already computed are kept."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self._days: OrderedDict[tuple[str, date], Day] = OrderedDict()
        self._seen: OrderedDict[tuple[str, date, int, float], Seen] = OrderedDict()

    def account(self, tenant: str) -> MetaAccount:
        """Who the tenant's ad account is on the wire."""
        return TENANTS[tenant].meta

    def today(self, tenant: str) -> date:
        """The ad account's day at the world's instant."""
        as_of: datetime = self.world.clock.as_of
        return as_of.astimezone(self.account(tenant).zone).date()

    def seen(self, tenant: str, day: date) -> Seen | None:
        """The day as it is reported now; None before it begins and before the account was opened."""
        age = (self.today(tenant) - day).days
        if age < 0 or day < PORTFOLIOS[tenant].opened:
            return None
        passed = maturing.elapsed(day, self.account(tenant).zone, self.world.clock.as_of) if age == 0 else 1.0
        key = (tenant, day, min(age, maturing.SETTLED_DAYS), passed)
        found = self._seen.get(key)
        if found is None:
            whole = self._whole(tenant, day)
            found = Seen(day, whole.ads, facts.as_seen(whole, age, passed), whole)
            _keep(self._seen, key, found)
        return found

    def _whole(self, tenant: str, day: date) -> Day:
        found = self._days.get((tenant, day))
        if found is None:
            orders, revenue = self.world.daily_orders(tenant, day)
            value = self._in_account_currency(tenant, day, revenue) / orders if orders else Decimal(0)
            found = facts.whole_day(self.world.seed, tenant, day, orders, value)
            _keep(self._days, (tenant, day), found)
        return found

    def _in_account_currency(self, tenant: str, day: date, revenue: Decimal) -> Decimal:
        shop, account = TENANTS[tenant].shopee.currency, self.account(tenant).currency
        return revenue if shop == account else revenue * currencies.cross(self.world.seed, day, shop, account)

    def truth(self, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
        """What the account's days say now, inclusive, days without delivery left out.

        `{date, spend, impressions, clicks, conversions, conversion_value, currency}`: money as Decimal in the
        account's currency, clicks are link clicks, conversions are omni-channel purchases.
        """
        return [
            self._total(tenant, seen)
            for number in range((last - first).days + 1)
            if (seen := self.seen(tenant, first + timedelta(days=number))) is not None and seen.parts.any()
        ]

    def _total(self, tenant: str, seen: Seen) -> dict[str, Any]:
        sums = seen.parts.sum(axis=0)
        return {
            "date": seen.day,
            "spend": Decimal(int(sums[COLUMN["spend"]])) / 100,
            "impressions": int(sums[COLUMN["impressions"]]),
            "clicks": int(sums[COLUMN["link_clicks"]]),
            "conversions": int(sums[COUNTED].sum()),
            "conversion_value": Decimal(int(sums[COUNTED_VALUES].sum())) / 100,
            "currency": self.account(tenant).currency,
        }


def split(seen: Seen, shares: np.ndarray) -> np.ndarray:
    """The day's parts shared out to cells (`shares`: ads x cells, rows sum to 1): ads x cells x COLUMNS.

    Each part is laid along a line cut at the shares, from a random start, so the cells add up to it exactly
    and no cell always gets the odd one.
    """
    counts = seen.parts[:, : len(COUNTS)]
    ends = np.cumsum(shares, axis=1)
    ends[:, -1] = 1.0
    cuts = np.concatenate([np.zeros((len(shares), 1)), ends], axis=1)[:, :, None]
    laid = np.floor(cuts * counts[:, None, :] + seen.whole.chance[:, None, :]).astype(np.int64)
    return facts.with_values(np.diff(laid, axis=1), seen.whole.worth)


def _keep(cache: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    cache[key] = value
    while len(cache) > KEPT_DAYS:
        cache.popitem(last=False)
