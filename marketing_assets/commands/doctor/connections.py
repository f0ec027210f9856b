"""Connections: one cheap call on each, as `marketing connections test` makes it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from marketing_assets.commands.doctor.finding import Finding, Patient, broken, ok
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.catalog import connections as connections_to
from marketing_assets.platforms.http import PlatformError
from marketing_assets.platforms.platform import Platform
from marketing_assets.platforms.tokens import TokenStoreError
from marketing_assets.secrets import MissingSecret
from marketing_assets.tenants import Connection, Tenant

_AT_ONCE = 8
"""A connection that does not answer is tried for half a minute, which others need not wait for."""


def connections(patient: Patient) -> Iterator[Finding]:
    asked = [
        (tenant, of, connection)
        for tenant in patient.tenants
        for of in PLATFORMS.values()
        for connection in connections_to(tenant, of)
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda each: _proven(*each), asked)


def _proven(tenant: Tenant, of: Platform, connection: Connection) -> Finding:
    name = f"connection {tenant.id}/{of.name}/{connection.account_id or 'public'}"
    try:
        client = of.connect(tenant, connection)
        try:
            return ok(name, of.prove(client))
        finally:
            client.close()
    except MissingSecret as error:
        return broken(name, f"{error.wanted} is missing: {error.where}", error.remedy)
    except PlatformError as error:
        return broken(name, str(error).removesuffix(f" Remedy: {error.remedy}"), error.remedy)
    except TokenStoreError as error:
        text, _, remedy = str(error).partition(" Remedy: ")
        return broken(name, text, remedy)
