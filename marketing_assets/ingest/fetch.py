"""From a platform's pages to a complete landed fetch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from marketing_assets.ingest.landing import Landing, LandingWriter, Manifest, new_fetch
from marketing_assets.ingest.privacy import Masker
from marketing_assets.ingest.pseudonyms import Keys
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.platform import Client, Page, Platform, RawTable, Window
from marketing_assets.tenants import Connection, Tenant


def now_utc() -> datetime:
    return datetime.now(UTC)


def fetch(
    landing: Landing,
    tenant: Tenant,
    platform: Platform,
    table: RawTable,
    connection: Connection,
    days: DayRange,
    keys: Keys,
    clock: Callable[[], datetime] = now_utc,
) -> Manifest:
    """Fetch a range of days of one table and connection as a range; land it; return its manifest.

    Either everything asked for has landed when this returns, or nothing of this fetch counts.
    """
    client = platform.connect(tenant, connection)
    try:
        return land(landing, tenant, platform, table, connection, days, keys, client, clock)
    finally:
        client.close()


def land(
    landing: Landing,
    tenant: Tenant,
    platform: Platform,
    table: RawTable,
    connection: Connection,
    days: DayRange,
    keys: Keys,
    client: Client,
    clock: Callable[[], datetime] = now_utc,
) -> Manifest:
    """As `fetch`, with a client that is already connected."""
    started = clock()
    masker = Masker(table.contract, keys)
    window = Window(days, tenant.zone, started)
    identity = new_fetch(tenant.id, platform.name, table.name, connection.account_id, days, started)
    with LandingWriter(landing, identity) as writer:
        for item in table.fetch(client, window):
            if isinstance(item, Page):
                masked = masker.mask(item.records)
                writer.page(item, masked.lines, masked.drift)
            else:
                writer.control(item)
        return writer.finish(tenant.time_zone, clock(), _counters(client))


def _counters(client: Client) -> dict[str, Any]:
    return dataclasses.asdict(client.transport.counters)
