"""The same pages through dlt: decoded records, its Parquet loader, a DuckDB file.

Pages are yielded as lists and nothing reaches the network. The disposition is `append`, its cheapest. All
other settings are its own: with larger buffers and a normalising process a core, as its performance guide
advises, it was a seventh slower on two cores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.tables import Measured

SETTINGS = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}


def ingest(measured: Measured, bodies: list[bytes], folder: Path) -> int:
    """Decode, extract, normalise and load; the rows that are there at the end."""
    os.environ.update(SETTINGS, DLT_DATA_DIR=str(folder / "dlt"))
    import dlt  # reads its settings from the environment when it is imported

    def pages() -> Iterator[list[dict[str, Any]]]:
        for body in bodies:
            yield measured.records(orjson.loads(body))

    pipeline = dlt.pipeline(
        pipeline_name="benchmark",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")),
        dataset_name="raw",
    )
    resource = dlt.resource(pages, name=measured.name, write_disposition="append")
    pipeline.run(resource, loader_file_format="parquet")
    with pipeline.sql_client() as client:
        found = client.execute_sql(f"select count(*) from {measured.name}")
    return int(found[0][0]) if found else 0
