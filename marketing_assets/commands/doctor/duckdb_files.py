"""DuckDB: every tenant's file opens."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from marketing_assets.commands.doctor.finding import Finding, Patient, broken, ok, warning
from marketing_assets.warehouse.duckdb_connection import connect, using
from marketing_assets.warehouse.errors import WarehouseBusy

_WAIT_SECONDS = 1
_REBUILD = "restore a backup, or rebuild it from landing (docs/operations.md, disaster recovery)"


def duckdb_files(patient: Patient) -> Iterator[Finding]:
    for tenant in patient.tenants:
        path = patient.settings.warehouse_file(tenant.id)
        name = f"warehouse {tenant.id}"
        if not path.exists():
            yield ok(name, "no file yet; the first run makes it")
            continue
        try:
            with using(connect(path, patient.settings.duckdb_memory_limit, _WAIT_SECONDS)) as connection:
                tables = connection.execute("select count(*) from duckdb_tables()").fetchall()[0][0]
        except WarehouseBusy as error:
            text, _, remedy = str(error).partition(". ")
            yield warning(name, text, f"a run may hold it rightly. {remedy}")
        except duckdb.Error as error:
            yield broken(name, f"{path} cannot be opened: {error}", _REBUILD)
        else:
            yield ok(name, f"{path.name} opens: {tables} tables, {path.stat().st_size / 1e6:.1f} MB")
