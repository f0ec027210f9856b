"""What a warehouse holds, as fingerprints by table and day, and what landing holds that counts."""

from __future__ import annotations

from datetime import date

import duckdb

from marketing_assets.ingest.landing import Landing
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.warehouse.duckdb import DuckDBWarehouse

LAYERS = ("raw", "staging", "mart")

State = dict[tuple[str, date], str]


def state(warehouse: DuckDBWarehouse, *layers: str) -> State:
    """For each table and day a fingerprint of its rows, without the columns that tell of the fetch."""
    found: State = {}
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for layer in layers or LAYERS:
            for table in _tables(connection, layer):
                sql = f"""
                    select day, concat_ws('/', count(*), sum(hash(t)::hugeint), bit_xor(hash(t)))
                    from (select * exclude ({", ".join(_volatile(connection, layer, table))})
                          from "{layer}"."{table}") as t
                    group by day"""
                for day, fingerprint in connection.execute(sql).fetchall():
                    found[f"{layer}.{table}", day] = fingerprint
    return found


def _tables(connection: duckdb.DuckDBPyConnection, layer: str) -> list[str]:
    """The tables of a layer that are divided by days."""
    sql = """select distinct table_name from information_schema.columns
             where table_schema = $layer and column_name = 'day' order by all"""
    return [name for (name,) in connection.execute(sql, {"layer": layer}).fetchall()]


def _volatile(connection: duckdb.DuckDBPyConnection, layer: str, table: str) -> list[str]:
    sql = """select column_name from information_schema.columns where table_schema = $layer
             and table_name = $table and (column_name like '\\_%' escape '\\' or column_name = 'tenant_id')"""
    return [name for (name,) in connection.execute(sql, {"layer": layer, "table": table}).fetchall()]


def damage(landing: Landing, tenant: str) -> list[str]:
    """What is wrong in landing: a fetch that counts although a part of it is missing or cut."""
    found = []
    for platform in PLATFORMS.values():
        for table in platform.tables:
            for folder, window, _ in landing.fetches(tenant, platform.name, table.name):
                manifest = landing.manifest(folder)
                if manifest is None:
                    continue
                lines = sum(
                    chunk.count(b"\n") for file in manifest.files for _, chunk in landing.lines(file, 1 << 20)
                )
                if (lines, manifest.days) != (sum(p.records for p in manifest.pages), window):
                    found.append(f"{folder}: {lines} lines, days {manifest.days}")
    return found
