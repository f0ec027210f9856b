"""Where personal values can stand: the raw tables that have some, and the names of columns made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from marketing_assets.ingest.redactor import identifying
from marketing_assets.ingest.turn import turn
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.platform import Platform
from marketing_assets.schema import Table
from marketing_assets.settings import Settings


def personal_tables() -> list[tuple[Platform, Table]]:
    """The raw tables with personal values; of every platform, for a tenant may have left one."""
    return [(p, t.contract) for p in PLATFORMS.values() for t in p.tables if any(t.contract.personal())]


def personal_names() -> set[str]:
    """Names of the columns that hold identifying digests, in raw and in what is made of it."""
    return {c.name for _, table in personal_tables() for c in identifying(table)}


@contextmanager
def all_turns(settings: Settings, tenant_id: str) -> Iterator[None]:
    """The turn at every raw table of a tenant: nothing is fetched, replayed or loaded meanwhile."""
    names = sorted(t.name for p in PLATFORMS.values() for t in p.tables)
    with ExitStack() as held:
        for name in names:
            held.enter_context(turn(settings, tenant_id, name))
        yield
