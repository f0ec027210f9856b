"""Wall time where every call takes 200 ms, against the ideal for the concurrency a platform allows.

The ideal has every call under way as early as possible: calls × 0.2 s ÷ concurrency, or the longest chain of
calls of which each needs the answer before, where that takes longer.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from benchmarks.report import Line
from benchmarks.sandbox import AS_OF, Sandbox, meta_client, shopee_client
from benchmarks.tables import ORDERS, YEAR, Measured, tenant
from marketing_assets.partitions import DayRange, start_of_day
from marketing_assets.platforms.platform import Window
from marketing_assets.platforms.shopee.listing import LIST_PATH
from marketing_assets.platforms.wire import Answer, Call
from marketing_assets.tenants import Tenant

SECONDS = 0.2
AIM = 1.3


def compare(sandbox: Sandbox, measured: Measured, days: int) -> list[Line]:
    """Fetch so many days of a table from a slow sandbox."""
    seller = tenant()
    client: Any = shopee_client(sandbox, seller) if measured is ORDERS else meta_client(sandbox, seller)
    window = Window(DayRange(YEAR.last - timedelta(days=days - 1), YEAR.last), seller.zone, _now(seller))
    calls: list[Call] = []
    send = client.transport.send

    def recording(call: Call) -> Answer:
        calls.append(call)
        answer: Answer = send(call)
        return answer

    client.transport.send = recording
    sandbox.faults({"kind": "slow", "platform": measured.platform.name, "seconds": SECONDS})
    start = time.perf_counter()
    try:
        for _ in measured.table.fetch(client, window):
            pass
        seconds = time.perf_counter() - start
    finally:
        client.close()
        sandbox.faults()
    sent, concurrency = client.transport.counters.calls, client.transport.limits.concurrency
    evenly = sent * SECONDS / concurrency
    chain = longest_chain(calls) * SECONDS
    ratio = seconds / max(evenly, chain)
    note = (
        f"{sent} calls, {concurrency} at once: {seconds:.1f} s against {evenly:.1f} s evenly spread, "
        f"{chain:.1f} s for the longest chain"
    )
    what = f"{measured.name}: {days} days from a slow API, against the ideal"
    return [Line(what, f"{ratio:.2f} ×", f"≤ {AIM} ×", ratio <= AIM, note)]


def longest_chain(calls: Iterable[Call]) -> int:
    """Calls that can only be made one after the other.

    Pages of one listing follow each other by cursor; before a Meta report there are the account, the totals
    and the report's own start and polls, after it the totals again; after Shopee's listing comes one batch.
    """
    chains = Counter(_chain(call) for call in calls)
    pages = {name: n for name, n in chains.items() if name[0] == LIST_PATH}
    if pages:
        return max(pages.values()) + 1
    polled = Counter[str]()
    for (path, _), count in chains.items():
        polled[path.split("/")[2]] += count
    reports = [n for node, n in polled.items() if not node.startswith("act_")]
    return 1 + 1 + (1 + max(reports) if reports else 1) + 1


def _chain(call: Call) -> tuple[str, str]:
    fixed = {name: value for name, value in call.params.items() if name not in {"cursor", "after"}}
    return call.path, f"{fixed}"


def _now(seller: Tenant) -> datetime:
    return start_of_day(AS_OF, seller.zone)
