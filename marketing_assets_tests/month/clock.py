"""The one place that tells this process what time it is: the month's, not the machine's.

`time_machine` moves the clock of everything that asks Python for it, so the product, Dagster's records, the
sandbox, signatures and tokens agree. SQLite asks the operating system, so its connections are given a
`current_timestamp` of their own. Timers stay real, because nothing moves the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import time_machine


class MonthClock:
    """Goes on by itself while something works, and is moved from one moment to the next."""

    def __init__(self, traveller: Any):
        self._traveller = traveller

    def now(self) -> datetime:
        return datetime.now(UTC)

    def move_to(self, instant: datetime) -> None:
        """Never backwards: what took longer than the time until the next moment makes that one late."""
        self._traveller.move_to(max(instant.astimezone(UTC), self.now()), tick=True)


@contextmanager
def month_clock(start: datetime) -> Iterator[MonthClock]:
    """The clock of the process until the end of the block, at first at `start`."""

    def tell(connection: Any, _: object) -> None:
        if hasattr(connection, "create_function"):
            connection.create_function(
                "current_timestamp", 0, lambda: f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
            )

    sa.event.listen(sa.Engine, "connect", tell)
    try:
        with time_machine.travel(start.astimezone(UTC), tick=True) as traveller:
            yield MonthClock(traveller)
    finally:
        sa.event.remove(sa.Engine, "connect", tell)
