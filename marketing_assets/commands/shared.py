"""What several commands need: finding a tenant, a table, and ending with a clear word."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import NoReturn

import typer

from marketing_assets.ingest.landing import LandingError
from marketing_assets.locks import LockTimeout
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS, check
from marketing_assets.platforms.http import PlatformError
from marketing_assets.platforms.platform import Platform, RawTable
from marketing_assets.platforms.tokens import TokenStoreError
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import Settings
from marketing_assets.tenants import Problem, Tenant, read_tenants
from marketing_assets.warehouse.errors import WarehouseError

MENDABLE = (
    PlatformError,
    MissingSecret,
    TokenStoreError,
    LockTimeout,
    LandingError,
    WarehouseError,
    LookupError,
)


def end_in_order() -> None:
    """Let Ctrl-C, and a stop from outside as well, end this process in order.

    Said explicitly, because a shell that starts a command in the background makes it deaf to Ctrl-C.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def fail(message: str) -> NoReturn:
    """End with exit code 1 and one message, no traceback."""
    typer.secho(message, err=True, fg="red")
    raise typer.Exit(1)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Errors that a person can mend end the command with their message alone."""
    try:
        yield
    except MENDABLE as error:
        fail(str(error))


def all_tenants(settings: Settings) -> tuple[list[Tenant], list[Problem]]:
    """Every readable tenant, and every mistake, those that only a platform knows included."""
    tenants, problems = read_tenants(settings.tenants_dir)
    for tenant in tenants:
        problems += check(tenant, f"{tenant.id}.yaml")
    return tenants, problems


def find_tenant(settings: Settings, tenant_id: str) -> Tenant:
    tenants, problems = all_tenants(settings)
    own = [p for p in problems if p.file.split(".")[0] == tenant_id]
    if own:
        fail("\n".join(map(str, own)))
    for tenant in tenants:
        if tenant.id == tenant_id:
            return tenant
    known = ", ".join(t.id for t in tenants) or "none"
    fail(f"there is no tenant '{tenant_id}' in {settings.tenants_dir}; known: {known}")


def find_table(table_name: str) -> tuple[Platform, RawTable]:
    names = []
    for platform in PLATFORMS.values():
        for table in platform.tables:
            names.append(table.name)
            if table.name == table_name:
                return platform, table
    fail(f"there is no raw table '{table_name}'; known: {', '.join(names)}")


def day_range(first: datetime, last: datetime | None) -> DayRange:
    end: date = (last or first).date()
    if end < first.date():
        fail(f"--to {end} lies before --from {first.date()}")
    return DayRange(first.date(), end)
