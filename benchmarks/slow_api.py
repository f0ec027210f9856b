"""Wall time where every call takes 200 ms, against the ideal for the concurrency a platform allows.

The ideal has every call under way as early as the concurrency permits: calls × 0.2 s ÷ concurrency.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from benchmarks.report import Line
from benchmarks.sandbox import AS_OF, Sandbox, meta_client, shopee_client
from benchmarks.tables import ORDERS, YEAR, Measured, tenant
from marketing_assets.partitions import DayRange, start_of_day
from marketing_assets.platforms.platform import Window

SECONDS = 0.2
AIM = 1.3


def compare(sandbox: Sandbox, measured: Measured, days: int) -> list[Line]:
    """Fetch so many days of a table from a slow sandbox."""
    seller = tenant()
    client: Any = shopee_client(sandbox, seller) if measured is ORDERS else meta_client(sandbox, seller)
    window = Window(
        DayRange(YEAR.last - timedelta(days=days - 1), YEAR.last),
        seller.zone,
        start_of_day(AS_OF, seller.zone),
    )
    sandbox.faults({"kind": "slow", "platform": measured.platform.name, "seconds": SECONDS})
    start = time.perf_counter()
    try:
        for _ in measured.table.fetch(client, window):
            pass
        seconds = time.perf_counter() - start
    finally:
        client.close()
        sandbox.faults()
    calls, concurrency = client.transport.counters.calls, client.transport.limits.concurrency
    ideal = calls * SECONDS / concurrency
    ratio = seconds / ideal
    note = f"{calls} calls, {concurrency} at once: {seconds:.1f} s against {ideal:.1f} s"
    what = f"{measured.name}: {days} days from a slow API, against the ideal"
    return [Line(what, f"{ratio:.2f} ×", f"≤ {AIM} ×", ratio <= AIM, note)]
