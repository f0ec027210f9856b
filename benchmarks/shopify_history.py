"""`python -m benchmarks.shopify_history [--days 400]`: a Shopify shop's long history, by bulk and by pages.

Points come back by the wall clock, so a history by pages takes hours on the Standard plan. The sandbox's
bucket is therefore filled `--faster` times as fast, and the seconds that calls were held back are told as
measured times that factor: what the plan itself would have cost.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from benchmarks.report import Line, show
from benchmarks.sandbox import AS_OF, MemoryTokens, running
from marketing_assets.partitions import DayRange, start_of_day
from marketing_assets.platforms.platform import Page, Window
from marketing_assets.platforms.shopify import orders
from marketing_assets.platforms.shopify.resource import LIMITS, build
from marketing_assets.tenants import Connection, Tenant

FASTER = 100.0
"""How much faster than on the plan points come back here."""
RESTORED, BUCKET = 100.0, 2_000.0
"""Points a second, and at most, of the Standard plan."""
UNCOUNTED = replace(LIMITS, calls_per_second=10_000, burst=10_000)
"""Held back by points alone, so that what is held back can be told for the plan."""
WAYS = {"bulk": 0, "pages": 10**9}


def compare(days: int, faster: float) -> list[Line]:
    """The same days both ways; they must give the same records."""
    with running() as sandbox:
        url = sandbox.control_url
        points = {"shopify_bucket": BUCKET, "shopify_restore_per_second": RESTORED * faster}
        httpx.put(f"{url}/_world/settings", json=points).raise_for_status()
        known = httpx.get(f"{url}/_world/credentials").raise_for_status().json()["northwind"]["shopify"]
        lines, records = [], {}
        for way, threshold in WAYS.items():
            orders.BULK_FROM = threshold
            line, records[way] = _fetch(known, days, way, faster)
            lines.append(line)
    if records["bulk"] != records["pages"]:
        raise AssertionError("bulk and pages gave different records")
    return lines


def _fetch(known: dict[str, Any], days: int, way: str, faster: float) -> tuple[Line, Sequence[int]]:
    """One way's line, and a hash of each record."""
    tenant, connection = _tenant(known)
    client = build(
        tenant, connection, access_token=known["access_token"], store=MemoryTokens(), limits=UNCOUNTED
    )
    window = Window(
        DayRange(AS_OF - timedelta(days=days), AS_OF - timedelta(days=1)),
        tenant.zone,
        start_of_day(AS_OF, tenant.zone),
    )
    start = time.perf_counter()
    try:
        parts = (part for part in orders.fetch_orders(client, window) if isinstance(part, Page))
        found = sorted(hash(bytes(record)) for part in parts for record in part.records)
    finally:
        client.close()
    counters = client.transport.counters
    held = counters.throttled_seconds * faster
    wall = time.perf_counter() - start - counters.throttled_seconds + held
    note = (
        f"{counters.calls} calls, held back {held:,.0f} s, {counters.bytes_received / 1e6:,.0f} MB received"
    )
    return Line(
        f"shopify_orders: {days} days by {way}", f"{wall:,.0f} s", note=f"{len(found)} orders, {note}"
    ), found


def _tenant(known: dict[str, Any]) -> tuple[Tenant, Connection]:
    connection = {"platform": "shopify", "account_id": known["shop_id"], "base_url": known["base_url"]}
    tenant = Tenant.model_validate(
        {
            "id": "northwind",
            "display_name": "Northwind",
            "time_zone": known["time_zone"],
            "reporting_currency": "USD",
            "start_date": "2025-01-01",
            "targets": {"roas": 4, "cpa": 50},
            "cogs_share": 0.5,
            "connections": [connection],
        }
    )
    return tenant, tenant.connections[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shopify_history", description=__doc__)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--faster", type=float, default=FASTER, help="how much faster points come back")
    given = parser.parse_args()
    start = time.perf_counter()
    show(compare(given.days, given.faster), time.perf_counter() - start)


if __name__ == "__main__":
    main()
