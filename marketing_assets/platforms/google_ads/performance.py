"""Performance by day, and what it has to add up to.

Days are the account's days. What a table's rows are set against comes from another question: of campaigns,
the account's own totals; of ad groups, ads, keywords and search terms, the same resource's without its
segments, for those levels leave out what Performance Max spends and what Google keeps back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.partitions import DayRange, local_day
from marketing_assets.platforms.google_ads.client import GoogleAdsClient, Query
from marketing_assets.platforms.google_ads.fields import selected
from marketing_assets.platforms.http import PlatformError
from marketing_assets.platforms.platform import Control, Page, Window
from marketing_assets.schema import Table

LONGEST_ASK = 7
"""Days of one query. A stream is read as a whole, so this bounds memory; queries run side by side."""
LONGEST_TOTALS = 30

MILLIONTH = Decimal("0.000001")


class _Segments(msgspec.Struct):
    date: date


class _Metrics(msgspec.Struct, rename="camel"):
    """Text or number on the wire, exact as decimals either way."""

    impressions: Decimal = Decimal(0)
    clicks: Decimal = Decimal(0)
    cost_micros: Decimal = Decimal(0)
    conversions: Decimal = Decimal(0)
    conversions_value: Decimal = Decimal(0)


class _Total(msgspec.Struct):
    segments: _Segments
    metrics: _Metrics


FIGURES = ("impressions", "clicks", "cost", "conversions", "conversions_value")
_NOTHING = dict.fromkeys(FIGURES, Decimal(0))
_TOTAL_FIELDS = ("segments.date", *(f"metrics.{name}" for name in _Metrics.__struct_fields__))


def fetch_performance(
    contract: Table, resource: str, totals_of: str
) -> Callable[[GoogleAdsClient, Window], Iterator[Page | Control]]:
    """The fetch of one performance table: its fields are the contract's columns.

    The controls are the totals of `totals_of`, zero on days without any. Numbers of recent days move while
    they are read, so the totals are asked for before and after the rows.
    """
    fields = selected(contract.columns)

    def fetch(client: GoogleAdsClient, window: Window) -> Iterator[Page | Control]:
        # Further east it may be tomorrow already; the account's tomorrow has nothing to tell.
        days = until(window.days, local_day(window.now, client.account.zone))
        before = _totals(client, totals_of, days)
        asks = days.chunks(LONGEST_ASK) if days else []
        for pages in client.transport.map(lambda ask: report(client, fields, resource, ask), asks):
            yield from pages
        after = _totals(client, totals_of, days)
        for day in window.days:
            for totals in (before, after):
                yield Control(day, totals.get(day, _NOTHING))

    return fetch


def until(days: DayRange, today: date) -> DayRange | None:
    """The days that have begun."""
    return DayRange(days.first, min(days.last, today)) if days.first <= today else None


def report(client: GoogleAdsClient, fields: tuple[str, ...], resource: str, days: DayRange) -> list[Page]:
    """The pages of one query over days; by halves where Google takes too long over the whole."""
    try:
        return list(client.pages(Query(fields, resource, within(days))))
    except PlatformError as error:
        if not error.code.endswith("DEADLINE_EXCEEDED") or len(days) == 1:
            raise
    halves = days.chunks((len(days) + 1) // 2)
    return [page for half in halves for page in report(client, fields, resource, half)]


def within(days: DayRange) -> str:
    """The condition for days, both ends included."""
    return f"segments.date BETWEEN '{days.first}' AND '{days.last}'"


def _totals(client: GoogleAdsClient, resource: str, days: DayRange | None) -> dict[date, dict[str, Decimal]]:
    """A resource's own totals by day; days without delivery have none."""
    totals: dict[date, dict[str, Decimal]] = {}
    asks = days.chunks(LONGEST_TOTALS) if days else []
    for pages in client.transport.map(lambda ask: report(client, _TOTAL_FIELDS, resource, ask), asks):
        for record in (record for page in pages for record in page.records):
            row = from_json(record, _Total)
            day = totals.setdefault(row.segments.date, dict(_NOTHING))
            for name, value in _figures(row.metrics).items():
                day[name] += value
    return totals


def _figures(metrics: _Metrics) -> dict[str, Decimal]:
    return {
        "impressions": metrics.impressions,
        "clicks": metrics.clicks,
        "cost": metrics.cost_micros * MILLIONTH,
        "conversions": metrics.conversions,
        "conversions_value": metrics.conversions_value,
    }
