"""A range of days of one raw asset as a Dagster run, against the same work without Dagster.

The run fetches from the sandbox, lands, loads, checks and records its events on an instance in a folder of
its own. What it costs beyond fetching and loading is what Dagster and the checks add.
`python -m benchmarks.dagster_run DAYS` (environment: MARKETING_*) prints one JSON line.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import dagster as dg
import orjson
import yaml

from benchmarks import bare, ours
from benchmarks.children import measure
from benchmarks.report import Line
from benchmarks.sandbox import Sandbox
from benchmarks.tables import ADS, YEAR, tenant
from marketing_assets.commands.demo.connect import connect
from marketing_assets.commands.materialize import QUIET
from marketing_assets.ingest.fetch import fetch
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.load import load
from marketing_assets.partitions import DayRange
from marketing_assets.settings import load_settings
from marketing_assets.tenants import read_tenants
from marketing_assets.warehouse.duckdb import DuckDBWarehouse

ASSET = ADS.name


def compare(sandbox: Sandbox, home: Path, days: int) -> list[Line]:
    """The run as a multiple of its fetch and load; a line that says why where it cannot be run."""
    what = f"{ASSET}: {days} days as a Dagster run, against the same fetch and load without it"
    _prepare(sandbox, home)
    kept = dict(os.environ)
    os.environ.update(
        MARKETING_HOME=str(home),
        MARKETING_TENANTS_DIR=str(home / "tenants"),
        DAGSTER_HOME=str(home / "dagster"),
    )
    try:
        connect(load_settings(), sandbox.control_url)
        found = measure("dagster_run", days)
    except SystemExit as error:
        return [Line(what, "not measured", note=str(error).strip().splitlines()[-1][:90])]
    finally:
        os.environ.clear()
        os.environ.update(kept)
    ratio = found["run"] / (found["fetch"] + found["load"])
    note = (
        f"{found['rows']:,} rows: run {found['run']:.2f} s (fetch {found['fetch']:.2f} s, "
        f"load {found['load']:.2f} s), bare transaction {found['bare']:.2f} s"
    )
    return [Line(what, f"{ratio:.2f} ×", note=note)]


def _prepare(sandbox: Sandbox, home: Path) -> None:
    """A home whose one tenant calls this sandbox."""
    (home / "tenants").mkdir(parents=True)
    (home / "dagster").mkdir()
    (home / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    source = Path(__file__).parents[1] / "tenants" / "siam.yaml"
    content = yaml.safe_load(source.read_text(encoding="utf-8"))
    for connection in content["connections"]:
        connection["base_url"] = sandbox.credentials[connection["platform"]]["base_url"]
    (home / "tenants" / "siam.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def main(days: str) -> None:
    from marketing_assets.definitions import defs  # reads MARKETING_TENANTS_DIR when it is imported

    window = DayRange(YEAR.last - timedelta(days=int(days) - 1), YEAR.last)
    settings, seller = load_settings(), tenant()
    job = defs.resolve_job_def(f"{seller.id}_refresh")
    key = dg.AssetKey([seller.id, "raw", ASSET])
    tags = {
        "dagster/asset_partition_range_start": f"{window.first}",
        "dagster/asset_partition_range_end": f"{window.last}",
    }
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.get())
        start = time.perf_counter()
        result = job.execute_in_process(instance=instance, tags=tags, asset_selection=[key], run_config=QUIET)
        run = time.perf_counter() - start
    if not result.success:
        raise SystemExit("the run failed")

    home, landing = settings.home, Landing(str(settings.home / "plain"))
    (seller,), _ = read_tenants(settings.tenants_dir)
    (connection,) = seller.connections_to(ADS.platform.name)
    start = time.perf_counter()
    manifest = fetch(landing, seller, ADS.platform, ADS.table, connection, window, ours.KEY)
    fetched = time.perf_counter()
    warehouse = DuckDBWarehouse(home / "siam.duckdb")
    loaded = load(warehouse, landing, ADS.table.contract, {day: [manifest] for day in window})
    done = time.perf_counter()
    text = b"".join(chunk for file in manifest.files for _, chunk in landing.lines(file, 1 << 23))
    frame = bare.decode(ADS, text)
    before = time.perf_counter()
    bare.insert(ADS, frame, home)
    found = {
        "run": run,
        "fetch": fetched - start,
        "load": done - fetched,
        "bare": time.perf_counter() - before,
    }
    print(orjson.dumps({"rows": loaded.total, **found}).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
