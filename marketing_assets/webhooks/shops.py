"""Asking a shop from a sensor: briefly, and with a word for what a person can mend."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from marketing_assets.locks import LockTimeout
from marketing_assets.platforms.catalog import connections
from marketing_assets.platforms.http import PlatformError, Stopped
from marketing_assets.platforms.platform import Platform
from marketing_assets.platforms.tokens import TokenStoreError
from marketing_assets.secrets import MissingSecret
from marketing_assets.tenants import Connection, Tenant

TICK_SECONDS = 40
"""How long all shops of a tenant are asked in one evaluation: Dagster gives up on it after a minute."""

MENDABLE = (PlatformError, Stopped, MissingSecret, TokenStoreError, LockTimeout)
"""Why a shop could not be asked."""

Shop = tuple[Platform, Connection]


def following(tenant: Tenant, platforms: Sequence[Platform]) -> list[Shop]:
    """The shops of a tenant whose orders change."""
    return [(p, c) for p in platforms if p.changed_days for c in connections(tenant, p)]


@contextmanager
def asking(tenant: Tenant, shop: Shop, seconds: float) -> Iterator[Any]:
    """A client of the shop, which ends its calls with `Stopped` when the time is over."""
    platform, connection = shop
    client = platform.connect(tenant, connection)
    limit = threading.Timer(seconds, client.close)
    limit.start()
    try:
        yield client
    finally:
        limit.cancel()
        client.close()
