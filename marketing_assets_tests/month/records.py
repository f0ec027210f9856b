"""Dagster's own records of the month: SQLite as the product ships it, only not safe against a power cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import sqlalchemy as sa


@contextmanager
def records() -> Iterator[dg.DagsterInstance]:
    """The instance of `DAGSTER_HOME`."""

    def quick(connection: Any, _: object) -> None:
        if hasattr(connection, "create_function"):
            connection.execute("pragma synchronous = off")

    sa.event.listen(sa.Engine, "connect", quick)
    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    finally:
        sa.event.remove(sa.Engine, "connect", quick)
