"""Which old days changed: the memory between refreshes of order tables.

A refresh asks the platform for the records updated since the last time and learns the creation days they
belong to. Those days stay pending until a fetch that started after the change has replaced them, so a failed
run, a crash or a missed tick loses none. The memory is one small file a listing, in landing:
`{tenant}/raw/{platform}/_changes/{account}/{until}.json`; the newest one holds all that is still pending.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.ingest.landing import Landing, Manifest
from marketing_assets.partitions import DayRange, local_day
from marketing_assets.platforms.platform import Platform, Refresh
from marketing_assets.tenants import Connection, Tenant

OVERLAP = timedelta(days=1)
"""Listings reach back further than the last one: platforms index updates with a delay."""

CLOCK_SKEW = timedelta(minutes=5)
"""The platform's clock and ours may differ; a fetch counts as later only by more than this."""

ChangedDays = Callable[[datetime, datetime, ZoneInfo], Mapping[date, datetime]]


class Listing(msgspec.Struct, frozen=True):
    """What one listing found: local creation days with the instant of their newest change (UTC)."""

    since: datetime
    until: datetime
    pending: dict[date, datetime]


def folder(tenant: Tenant, platform: Platform, connection: Connection) -> str:
    account = re.sub(r"[^A-Za-z0-9]", "", connection.account_id) or "public"
    return f"{tenant.id}/raw/{platform.name}/_changes/{account}"


def newest_listing(landing: Landing, place: str) -> Listing | None:
    for name in landing.folders(place):
        content = landing.read(f"{place}/{name}") if name.endswith(".json") else None
        if content is not None:
            return from_json(content, Listing)
    return None


def still_pending(
    changed: Mapping[date, datetime], fetched: Mapping[date, datetime], unfinished: Set[date] = frozenset()
) -> dict[date, datetime]:
    """The changed days that no later fetch has replaced; `fetched` gives each day's newest fetch start.

    What was fetched for the `unfinished` days did not come through to the marts.
    """
    return {
        day: at
        for day, at in changed.items()
        if day in unfinished or day not in fetched or at + CLOCK_SKEW >= fetched[day]
    }


def pending_days(
    landing: Landing,
    tenant: Tenant,
    platform: Platform,
    connection: Connection,
    changed_days: ChangedDays,
    now: datetime,
    unfinished: Set[date] = frozenset(),
) -> set[date]:
    """Ask for changes since the last listing, remember them, and return every day that waits for a fetch.

    Before the first fetch of the tables nothing is known that could have changed: the result is empty.
    """
    days = DayRange(tenant.start_date, max(tenant.start_date, local_day(now, tenant.zone)))
    fetched = _fetched(landing, tenant, platform, connection, days)
    if not fetched:
        return set()
    place = folder(tenant, platform, connection)
    last = newest_listing(landing, place)
    since = (last.until if last else min(fetched.values())) - OVERLAP
    changed = dict(last.pending) if last else {}
    for day, at in changed_days(since, now, tenant.zone).items():
        if day in days:
            changed[day] = max(at, changed.get(day, at))
    listing = Listing(since, now, still_pending(changed, fetched, unfinished))
    landing.write_atomically(f"{place}/{now:%Y%m%dT%H%M%S%fZ}.json", msgspec.json.encode(listing))
    return set(listing.pending)


def _fetched(
    landing: Landing, tenant: Tenant, platform: Platform, connection: Connection, days: DayRange
) -> dict[date, datetime]:
    """The days that every table which follows changes has, each with the oldest of their newest fetches."""
    starts: list[dict[date, datetime]] = []
    for table in platform.tables:
        if table.refresh is Refresh.CHANGED:
            newest: dict[date, Manifest] = landing.newest(
                tenant.id, platform.name, table.name, connection.account_id, days
            )
            starts.append({day: manifest.started_at for day, manifest in newest.items()})
    complete = set(days).intersection(*starts) if starts else set()
    return {day: min(of_table[day] for of_table in starts) for day in complete}
