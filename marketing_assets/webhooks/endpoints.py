"""The addresses that are served, and the keys that messages to them are signed with.

`/webhooks/{tenant}/{platform}` for all shops of a tenant on a platform, and `…/{account}` for one of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from marketing_assets.platforms.catalog import PLATFORMS, check
from marketing_assets.platforms.webhooks import Scheme
from marketing_assets.secrets import MissingSecret, connection_secrets
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, Tenant, read_tenants

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shop:
    """A connection that pushes; `keys` are what it may sign with, the newest first."""

    connection: Connection
    keys: tuple[bytes, ...]


@dataclass(frozen=True)
class Endpoint:
    """An address: whose messages come here, how they are signed, and the shops they may be of."""

    tenant: str
    platform: str
    scheme: Scheme
    shops: tuple[Shop, ...]


Endpoints = Mapping[str, Endpoint]
"""By path."""


def read_endpoints(settings: Settings, before: Endpoints) -> dict[str, Endpoint]:
    """Every address of this installation.

    A tenant file or a secret that cannot be read now leaves its addresses as they were `before`, because a
    platform gives up on an address that refuses for long.
    """
    tenants, problems = read_tenants(settings.tenants_dir)
    problems += [problem for tenant in tenants for problem in check(tenant, f"{tenant.id}.yaml")]
    broken = {problem.file.split(".")[0] for problem in problems}
    found = {path: endpoint for path, endpoint in before.items() if endpoint.tenant in broken}
    for tenant in tenants:
        if tenant.id not in broken:
            for endpoint in _of_tenant(tenant, settings, before):
                found |= _addresses(endpoint)
    return found


def _of_tenant(tenant: Tenant, settings: Settings, before: Endpoints) -> Iterator[Endpoint]:
    for name, platform in PLATFORMS.items():
        scheme = platform.webhooks
        if scheme is None:
            continue
        shops = []
        for connection in tenant.connections_to(name):
            try:
                keys = _keys(tenant, connection, scheme, settings)
            except MissingSecret as error:
                _LOG.warning("%s", error)
                keys = _former_keys(before, tenant, connection)
            if keys:
                shops.append(Shop(connection, keys))
        if shops:
            yield Endpoint(tenant.id, name, scheme, tuple(shops))


def _keys(tenant: Tenant, connection: Connection, scheme: Scheme, settings: Settings) -> tuple[bytes, ...]:
    secret = connection_secrets(tenant, connection, settings)
    current = "webhook_secret" if "webhook_secret" in secret else scheme.secret
    names = [name for name in (current, "previous_webhook_secret") if name in secret]
    return tuple(secret(name).encode() for name in names)


def _former_keys(before: Endpoints, tenant: Tenant, connection: Connection) -> tuple[bytes, ...]:
    former = before.get(address(tenant.id, connection.platform, connection.account_id))
    return former.shops[0].keys if former else ()


def _addresses(endpoint: Endpoint) -> dict[str, Endpoint]:
    of_each = {
        address(endpoint.tenant, endpoint.platform, shop.connection.account_id): replace(
            endpoint, shops=(shop,)
        )
        for shop in endpoint.shops
    }
    return {address(endpoint.tenant, endpoint.platform): endpoint, **of_each}


def address(tenant: str, platform: str, account: str = "") -> str:
    """The path of an address."""
    return f"/webhooks/{tenant}/{platform}" + (f"/{account}" if account else "")
