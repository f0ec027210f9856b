"""Campaigns, budgets, conversion actions and the account as of now, removed ones included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from marketing_assets.platforms.google_ads.client import GoogleAdsClient, Query
from marketing_assets.platforms.google_ads.fields import selected
from marketing_assets.platforms.platform import Control, Page, Window
from marketing_assets.schema import Table


def fetch_snapshot(
    contract: Table, resource: str
) -> Callable[[GoogleAdsClient, Window], Iterator[Page | Control]]:
    """The fetch of one snapshot; no status is filtered out. The control is Google's own count of rows."""
    query = Query(selected(contract.columns), resource)

    def fetch(client: GoogleAdsClient, window: Window) -> Iterator[Page | Control]:
        yield from client.pages(query)
        yield Control(window.days.last, {"rows": Decimal(client.count(query))})

    return fetch
