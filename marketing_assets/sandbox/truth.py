"""The true numbers of each day, for checking what a client made of the wire.

Counted from the world's own objects with the definitions of the design, not through any API:

* an order belongs to its creation day in the tenant's time zone;
* ``orders``, ``units`` and ``revenue`` count the orders that, as of now, are neither unpaid nor cancelled;
  revenue is goods at list price less the seller's discounts and vouchers, in the shop's currency;
* ``refunds`` is the paid price of returned units, on the order's own day;
* in a storefront test orders do not count, revenue is in prices as charged (with tax where prices hold it)
  and refunds are what was given back for goods, without shipping and without tax that stands beside prices;
* ad numbers are those the advertising world stands by as of now, on the ad account's days and currency.

Money is a string with two decimals, and so are conversions where a platform counts fractions; what a
platform does not tell is null.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from marketing_assets.sandbox.advertising import Advertising
from marketing_assets.sandbox.orders import counted, refund
from marketing_assets.sandbox.search_advertising import SearchAdvertising
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets.sandbox.storefront import orders as storefront
from marketing_assets.sandbox.world import World

COMMERCE, ADVERTISING, SEARCHING, STOREFRONT = "shopee", "meta_ads", "google_ads", "shopify"
PLATFORMS = (COMMERCE, ADVERTISING, SEARCHING, STOREFRONT)

AD_COUNTS = ("impressions", "clicks", "conversions")
AD_MONEY = ("spend", "conversion_value")
NOTHING: dict[str, Any] = dict.fromkeys(("orders", "units", "revenue", "refunds", *AD_MONEY, *AD_COUNTS))


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def count(number: int | Decimal) -> int | str:
    """A whole number as it is; conversions that may be fractions as text."""
    return number if isinstance(number, int) else money(number)


class Truth:
    """Counts a world. ``rows`` has one row per tenant, platform and day, also where nothing happened."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.advertising: dict[str, Advertising | SearchAdvertising] = {
            ADVERTISING: Advertising(world),
            SEARCHING: SearchAdvertising(world),
        }

    def rows(self, tenants: list[str], platforms: list[str], first: date, last: date) -> list[dict[str, Any]]:
        """From first to last, both included."""
        rows: list[dict[str, Any]] = []
        for tenant in tenants:
            if COMMERCE in platforms:
                rows += [self._commerce_day(tenant, day) for day in days(first, last)]
            for platform in (name for name in self.advertising if name in platforms):
                rows += self._advertising_days(platform, tenant, first, last)
            if STOREFRONT in platforms and tenant in self.world.storefronts:
                store = self.world.storefronts[tenant]
                rows += [self._storefront_day(store, day) for day in days(first, last)]
        return rows

    def _storefront_day(self, store: Storefront, day: date) -> dict[str, Any]:
        now = self.world.clock.as_of_seconds
        orders = [order for order in store.on_local_day(day) if storefront.counted(order, now)]
        refunded = sum(storefront.refunded_goods(order, now) for order in orders)
        return {
            **NOTHING,
            "date": day.isoformat(),
            "tenant": store.tenant.key,
            "platform": STOREFRONT,
            "orders": len(orders),
            "units": sum(order.units for order in orders),
            "revenue": money(Decimal(sum(order.net for order in orders)) / 100),
            "refunds": money(Decimal(refunded) / 100),
            "currency": store.shop.currency,
        }

    def _commerce_day(self, tenant: str, day: date) -> dict[str, Any]:
        now = self.world.clock.as_of_seconds
        orders = [
            order for order in self.world.on_local_day(tenant, day) if order.in_truth and counted(order, now)
        ]
        return {
            **NOTHING,
            "date": day.isoformat(),
            "tenant": tenant,
            "platform": COMMERCE,
            "orders": len(orders),
            "units": sum(order.units for order in orders),
            "revenue": money(Decimal(sum(order.net for order in orders)) / 100),
            "refunds": money(Decimal(sum(refund(order, now) for order in orders)) / 100),
            "currency": self.world.accounts[tenant].shopee.currency,
        }

    def _advertising_days(self, platform: str, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
        ads = self.advertising[platform]
        delivered = {row["date"]: row for row in ads.truth(tenant, first, last)}
        return [
            {
                **NOTHING,
                "date": day.isoformat(),
                "tenant": tenant,
                "platform": platform,
                **{name: count(delivered[day][name]) if day in delivered else 0 for name in AD_COUNTS},
                **{
                    name: money(delivered[day][name] if day in delivered else Decimal(0)) for name in AD_MONEY
                },
                "currency": ads.account(tenant).currency,
            }
            for day in days(first, last)
        ]
