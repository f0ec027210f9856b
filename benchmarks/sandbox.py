"""A sandbox in a process of its own, and clients that call it with the limits of production."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

import httpx

from marketing_assets.platforms.meta_ads import resource as meta
from marketing_assets.platforms.meta_ads.client import MetaClient
from marketing_assets.platforms.shopee import resource as shopee
from marketing_assets.platforms.shopee.client import ShopeeClient
from marketing_assets.platforms.tokens import Tokens
from marketing_assets.tenants import Connection, Tenant

AS_OF = date(2026, 11, 20)


@dataclass(frozen=True)
class Sandbox:
    """Address of the control port, and what `GET /_world/credentials` says of the tenant `siam`."""

    control_url: str
    credentials: dict[str, dict[str, Any]]

    def faults(self, *faults: dict[str, Any]) -> None:
        """Switch on exactly these faults."""
        httpx.put(f"{self.control_url}/_world/faults", json=list(faults)).raise_for_status()


@contextmanager
def running() -> Iterator[Sandbox]:
    """A sandbox on free ports; gone afterwards."""
    command = [sys.executable, "-m", "benchmarks.serve", f"{AS_OF}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            credentials = httpx.get(f"{url}/_world/credentials").raise_for_status().json()
            yield Sandbox(url, credentials["siam"])
        finally:
            process.terminate()


@dataclass
class MemoryTokens:
    """A token store of one process."""

    held: dict[tuple[str, str, str], Tokens] = field(default_factory=dict)
    locks: dict[tuple[str, str, str], Any] = field(default_factory=lambda: defaultdict(Lock))

    def read(self, tenant: str, platform: str, account: str) -> Tokens | None:
        return self.held.get((tenant, platform, account))

    def write(self, tenant: str, platform: str, account: str, tokens: Tokens) -> None:
        self.held[tenant, platform, account] = tokens

    def lock(self, tenant: str, platform: str, account: str) -> AbstractContextManager[None]:
        found: AbstractContextManager[None] = self.locks[tenant, platform, account]
        return found


def shopee_client(sandbox: Sandbox, tenant: Tenant) -> ShopeeClient:
    """A client of the tenant's shop with the platform's own limits."""
    known, connection = sandbox.credentials["shopee"], connection_of(sandbox, tenant, "shopee")
    tokens = Tokens(known["access_token"], known["refresh_token"], time.time() + 14_000)
    store = MemoryTokens({(tenant.id, "shopee", connection.account_id): tokens})
    return shopee.build(tenant, connection, known["partner_key"], store)


def meta_client(sandbox: Sandbox, tenant: Tenant) -> MetaClient:
    """A client of the tenant's ad account with the platform's own limits."""
    known, connection = sandbox.credentials["meta_ads"], connection_of(sandbox, tenant, "meta_ads")
    return meta.build(
        tenant,
        connection,
        access_token=known["access_token"],
        app_secret=known["app_secret"],
        store=MemoryTokens(),
    )


def connection_of(sandbox: Sandbox, tenant: Tenant, platform: str) -> Connection:
    (connection,) = tenant.connections_to(platform)
    content = connection.model_dump() | {"base_url": sandbox.credentials[platform]["base_url"]}
    return Connection.model_validate(content)
