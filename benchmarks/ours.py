"""The platform's own way from page bodies to a DuckDB file, without Dagster and without the network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.tables import YEAR, Measured, tenant
from marketing_assets.ingest.fetch import land
from marketing_assets.ingest.landing import Landing, Manifest
from marketing_assets.ingest.load import Loaded, load
from marketing_assets.platforms.wire import Counters
from marketing_assets.warehouse.duckdb import DuckDBWarehouse

KEY = b"a key of the benchmark's own, as long as a tenant's is"


def landed(measured: Measured, bodies: Iterable[bytes], folder: Path) -> tuple[Landing, Manifest]:
    """The bodies sliced into records, masked and landed as one fetch of a year."""
    seller = tenant()
    landing = Landing(str(folder / "landing"))
    (connection,) = seller.connections_to(measured.platform.name)
    client: Any = SimpleNamespace(transport=SimpleNamespace(counters=Counters()))
    table = measured.of_bodies(bodies)
    manifest = land(
        landing, seller, measured.platform, table, connection, YEAR, KEY, client, lambda: datetime.now(UTC)
    )
    return landing, manifest


def loaded(measured: Measured, landing: Landing, manifest: Manifest, folder: Path) -> Loaded:
    """The landed fetch validated and written to a DuckDB file as one range of days."""
    warehouse = DuckDBWarehouse(folder / "siam.duckdb")
    fetches = {day: [manifest] for day in manifest.days}
    result = load(warehouse, landing, measured.table.contract, fetches)
    if result.total != manifest.records or result.dead:
        raise SystemExit(f"{measured.name}: {result.total} of {manifest.records} rows, {result.dead} dead")
    return result


def ingest(measured: Measured, bodies: list[bytes], folder: Path) -> int:
    """Pages → landed → validated → DuckDB; the rows that are there at the end."""
    return loaded(measured, *landed(measured, bodies, folder), folder).total
