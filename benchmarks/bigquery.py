"""The BigQuery writer against a bare load job of the same rows, on the same local server.

Seconds of a local server say nothing of Google's; the ratio says what the writer adds to a load job.
"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from google.cloud import bigquery

from benchmarks import bare
from benchmarks.pages import Captured, multiplied
from benchmarks.report import Line
from benchmarks.tables import ADS, YEAR
from marketing_assets.partitions import DayRange
from marketing_assets.schema import DAY
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.bigquery import BigQueryWarehouse
from marketing_assets.warehouse.parquet import write
from marketing_assets_tests.bigquery.environment import NoPython313
from marketing_assets_tests.bigquery.local import LocalBigQuery

PROJECT = "benchmark"
SPEC = TableSpec.from_table(ADS.table.contract)


def compare(pages: Path, rows: int, rounds: int) -> list[Line]:
    """One partition, a year of partitions, and the jobs that the year takes."""
    bodies = list(multiplied(ADS, Captured.load(pages), rows))
    frame = bare.decode(ADS, bare.lines_of(ADS, bodies)).with_columns(pl.lit("x").alias("_source_file"))
    frame = frame.select(c.name for c in SPEC.columns)
    one = frame.with_columns(pl.lit(YEAR.last).alias(DAY))
    try:
        with _server() as server:
            settings = Settings(
                warehouse="bigquery", bigquery_project=PROJECT, bigquery_endpoint=server.endpoint
            )
            warehouse = BigQueryWarehouse(settings, "siam")
            warehouse.replace_days("raw", SPEC, DayRange(YEAR.last, YEAR.last), [one])
            return [
                *_lines("one partition", 0.7, one, rounds, server, warehouse, DayRange(YEAR.last, YEAR.last)),
                *_lines("365 partitions as one range", 0.4, frame, rounds, server, warehouse, YEAR),
                _jobs(frame, server, warehouse),
            ]
    except NoPython313 as missing:
        return [Line("BigQuery writer", "left out", "", None, str(missing))]


def _lines(
    what: str,
    aim: float,
    frame: pl.DataFrame,
    rounds: int,
    server: LocalBigQuery,
    warehouse: BigQueryWarehouse,
    days: DayRange,
) -> list[Line]:
    """The writer, which gets a frame, against a load job that gets its file, and against both steps."""
    ours, made, loaded = [], [], []
    for _ in range(rounds):
        ours.append(_seconds(lambda: warehouse.replace_days("raw", SPEC, days, [frame])))
        making, loading = _load_alone(server, frame)
        made.append(making + loading)
        loaded.append(loading)
    mine, both, alone = (statistics.median(seconds) for seconds in (ours, made, loaded))
    note = f"{frame.height:,} rows: {frame.height / mine:,.0f} rows/s against {{:,.0f}}"
    return [
        Line(
            f"BigQuery writer, {what}: against a load job alone",
            f"{alone / mine:.2f} ×",
            f"≥ {aim} ×",
            alone / mine >= aim,
            note.format(frame.height / alone),
        ),
        Line(
            f"BigQuery writer, {what}: against making the file and a load job",
            f"{both / mine:.2f} ×",
            "",
            None,
            note.format(frame.height / both),
        ),
    ]


def _load_alone(server: LocalBigQuery, frame: pl.DataFrame) -> tuple[float, float]:
    """Seconds of making a Parquet file, and of one job that loads it into a plain table."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        file = Path(folder) / "rows.parquet"
        making = _seconds(lambda: write([frame], SPEC, file))
        rows = file.read_bytes()
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.PARQUET,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
    )
    with server.client(PROJECT) as at:
        at.create_dataset("alone", exists_ok=True)
        loading = _seconds(
            lambda: at.load_table_from_file(io.BytesIO(rows), "alone.rows", job_config=config).result()
        )
    return making, loading


def _jobs(frame: pl.DataFrame, server: LocalBigQuery, warehouse: BigQueryWarehouse) -> Line:
    before = len(server.jobs())
    warehouse.replace_days("raw", SPEC, YEAR, [frame])
    sent = len(server.jobs()) - before
    return Line("BigQuery writer: load and query jobs of a 365-day range", f"{sent}", "≤ 3", sent <= 3, "")


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


@contextmanager
def _server() -> Iterator[LocalBigQuery]:
    server = LocalBigQuery()
    try:
        yield server
    finally:
        server.stop()
