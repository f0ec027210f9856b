"""Who changed what: Google's change events.

Google tells of the last 30 days, at most 10,000 events a query, and wants both limits in every query. Times
are the account's clock without its zone: an hour that autumn repeats is taken as its first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.partitions import local_day
from marketing_assets.platforms.google_ads.client import GoogleAdsClient, Query
from marketing_assets.platforms.google_ads.fields import selected
from marketing_assets.platforms.google_ads.performance import until
from marketing_assets.platforms.google_ads.tables import CHANGES
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.platform import Control, Page, Window, with_context

HISTORY_DAYS = 29
"""Days before today that are asked for: one less than Google tells of, since days begin at different
hours."""
MOST_EVENTS = 10_000

_SIDES = ("change_event.old_resource", "change_event.new_resource")
FIELDS = (
    "change_event.resource_name",
    *(
        name
        for name in selected(CHANGES.columns)
        if not name.startswith((*_SIDES, "change_event.resource_name"))
    ),
    *_SIDES,
)
"""The resource before and after is asked for whole: its parts are no fields of their own."""

_SECOND = timedelta(seconds=1)


class _Event(msgspec.Struct, rename="camel"):
    change_date_time: str


class _Record(msgspec.Struct, rename="camel"):
    change_event: _Event


def fetch_changes(client: GoogleAdsClient, window: Window) -> Iterator[Page | Control]:
    """The events of days, each with its day and instant; the control is Google's own count of each day."""
    days = until(window.days, local_day(window.now, client.account.zone))
    asked = list(days) if days else []
    for pages in client.transport.map(lambda day: changes_of(client, day), asked):
        yield from pages
    counts = client.transport.map(lambda day: client.count(_query(*_bounds(day), MOST_EVENTS)), asked)
    counted = dict(zip(asked, counts, strict=True))
    for day in window.days:
        yield Control(day, {"rows": Decimal(counted.get(day, 0))})


def changes_of(client: GoogleAdsClient, day: date, most: int = MOST_EVENTS) -> list[Page]:
    """The events of one day of the account; `most` is what one query may find."""
    return list(_between(client, *_bounds(day), most))


def _bounds(day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time())


def _query(begin: datetime, end: datetime, most: int) -> Query:
    name = "change_event.change_date_time"
    return Query(FIELDS, "change_event", f"{name} >= '{begin}' AND {name} < '{end}'", limit=most)


def _between(client: GoogleAdsClient, begin: datetime, end: datetime, most: int) -> Iterator[Page]:
    """Events of a stretch of the account's clock, half open; by halves where a query is full."""
    pages = list(client.pages(_query(begin, end, most)))
    if sum(len(page.records) for page in pages) < most:
        yield from (_with_moments(page, client.account.zone) for page in pages)
        return
    if end - begin <= _SECOND:
        raise PlatformError(
            Failure.CONFIG,
            connection=client.transport.connection,
            code="too-many-changes",
            message=f"{most} and more changes at {begin}",
            remedy="Google tells no more of one second; leave this day out.",
        )
    middle = begin + timedelta(seconds=int((end - begin).total_seconds()) // 2)
    yield from _between(client, begin, middle, most)
    yield from _between(client, middle, end, most)


def _with_moments(page: Page, zone: ZoneInfo) -> Page:
    return Page(page.request, [_with_moment(bytes(r), zone) for r in page.records], page.envelope)


def _with_moment(record: bytes, zone: ZoneInfo) -> bytes:
    told = from_json(record, _Record).change_event.change_date_time
    local = datetime.fromisoformat(told).replace(tzinfo=zone)
    return with_context(record, {"date": f"{local.date()}", "changed_at": local.isoformat()})
