"""How many orders Shopify counts, and how stretches of time are searched for.

Searches are half-open: from an instant on, up to another one without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from marketing_assets.partitions import DayRange, start_of_day
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.platform import Window
from marketing_assets.platforms.reading import batches
from marketing_assets.platforms.shopify.client import ALL_ORDERS, ShopifyClient
from marketing_assets.platforms.shopify.queries import counts

AT_ONCE = 100
"""Days counted in one query; a count costs a point."""

VISIBLE = timedelta(days=60)
"""How far back an app without the scope `read_all_orders` sees orders."""


class _Count(msgspec.Struct):
    count: int
    precision: str = "EXACT"


def created_in(days: DayRange, window: Window) -> str:
    """The search for orders created on local days."""
    return between("created_at", *days.bounds(window.zone))


def between(field: str, start: datetime, end: datetime) -> str:
    return f"{field}:>='{_text(start)}' AND {field}:<'{_text(end)}'"


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def counts_by_day(client: ShopifyClient, window: Window) -> dict[date, int]:
    """How many orders were created on each local day of a window, as Shopify counts them."""
    found: dict[date, int] = {}
    for days in batches(window.days, AT_ONCE):
        searches = {f"d{i}": created_in(DayRange(day, day), window) for i, day in enumerate(days)}
        told = client.ask(counts(searches), {}, dict[str, _Count])
        found |= {day: told[f"d{i}"].count for i, day in enumerate(days)}
    return found


def pieces(by_day: Mapping[date, int], most: int) -> list[DayRange]:
    """Consecutive days cut so that no piece but a single day has more than `most` orders."""
    cut: list[DayRange] = []
    held = 0
    for day, count in sorted(by_day.items()):
        if cut and held + count <= most:
            cut[-1], held = DayRange(cut[-1].first, day), held + count
        else:
            cut.append(DayRange(day, day))
            held = count
    return cut


def require_visible(client: ShopifyClient, window: Window) -> None:
    """Days that the app cannot see would come back empty: an error of class CONFIG instead."""
    if start_of_day(window.days.first, window.zone) >= window.now - VISIBLE or ALL_ORDERS in client.scopes:
        return
    raise PlatformError(
        Failure.CONFIG,
        connection=client.transport.connection,
        method="POST",
        code=ALL_ORDERS,
        message=f"{window.days.first} is more than 60 days ago, and the app may not see orders that old",
        remedy=(
            f"ask Shopify for the scope {ALL_ORDERS} (Partner Dashboard, API access), add it to the app and "
            "authorise the shop anew; until then fetch the last 60 days only."
        ),
    )
