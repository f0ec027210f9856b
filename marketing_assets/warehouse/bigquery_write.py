"""One write to a table of BigQuery: its rows in a Parquet file, and the jobs that bring them in."""

from __future__ import annotations

import math
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
from google.api_core.exceptions import GoogleAPIError
from google.cloud import bigquery
from requests.exceptions import RequestException

from marketing_assets.settings import Settings
from marketing_assets.warehouse import parquet
from marketing_assets.warehouse.bigquery_jobs import patience, query, run
from marketing_assets.warehouse.bigquery_names import Place, labels
from marketing_assets.warehouse.bigquery_schema import ensure_table, found_table
from marketing_assets.warehouse.warehouse import TableSpec

INCOMING = "incoming__"
"""Tables of rows that are not in their place yet; BigQuery drops those of a killed run by itself."""
_INCOMING_HOURS = 24


@dataclass(frozen=True)
class Write:
    """Rows on their way into a table that stands as declared. `counts`: rows by day."""

    client: bigquery.Client
    settings: Settings
    place: Place
    table: bigquery.Table
    file: Path
    counts: Counter[date | None]
    id: str

    def load(self, destination: str) -> None:
        """Replace a table, or the partition that a decorator names, by the rows: one load job."""
        self._load(destination, "load")

    def table_rows(self) -> int:
        """Rows of the whole table now; no query, so it costs nothing."""
        found = found_table(self.client, self.settings, self.place)
        return int(found.num_rows or 0) if found else 0

    def query(self, text: str, step: str) -> None:
        """Run a statement or a script."""
        query(self.client, self.settings, self.place, text, f"{self.id}_{step}")

    @contextmanager
    def incoming(self) -> Iterator[Place | None]:
        """The rows as a table of their own beside the place; None where there are none."""
        if not self.counts:
            yield None
            return
        beside = self.place.beside(f"{INCOMING}{self.place.table}__{self.id[-12:]}")
        made = bigquery.Table(beside.id, list(self.table.schema))
        made.expires = datetime.now(UTC) + timedelta(hours=_INCOMING_HOURS)
        made.labels = labels(self.settings, self.place.tenant_id, self.place.layer, self.place.table)
        self.client.create_table(made, exists_ok=True, retry=patience(self.settings))
        try:
            self._load(beside.id, "incoming")
            yield beside
        finally:
            with suppress(GoogleAPIError, RequestException):  # it expires by itself
                self.client.delete_table(beside.id, retry=patience(self.settings), not_found_ok=True)

    def _load(self, destination: str, step: str) -> None:
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            schema=list(self.table.schema),
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            parquet_options=_lists_inferred(),
            labels=labels(self.settings, self.place.tenant_id, self.place.layer, self.place.table),
        )

        def send(job_id: str) -> bigquery.LoadJob:
            with self.file.open("rb") as rows:
                return self.client.load_table_from_file(
                    rows,
                    destination,
                    num_retries=_upload_retries(self.settings.bigquery_retry_seconds),
                    job_id=job_id,
                    job_config=config,
                )

        run(self.client, self.settings, self.place, f"{self.id}_{step}", send)


def _upload_retries(seconds: float) -> int:
    """How often an upload is tried again: with pauses of 1, 2, 4, … seconds, so many take that long."""
    return int(math.log2(seconds + 1))


def _lists_inferred() -> bigquery.ParquetOptions:
    options = bigquery.ParquetOptions()  # type: ignore[no-untyped-call]
    options.enable_list_inference = True
    return options


@contextmanager
def writing(
    client: bigquery.Client,
    settings: Settings,
    place: Place,
    table: TableSpec,
    frames: Iterable[pl.DataFrame],
) -> Iterator[Write]:
    """A write of these frames. All of them are pulled before BigQuery is asked for anything."""
    with tempfile.TemporaryDirectory(prefix="marketing-") as folder:
        file = Path(folder) / "rows.parquet"
        counts = parquet.write(frames, table, file)
        stands = ensure_table(client, settings, place, table)
        # One id for each write and step: the same rows may rightly be written again tomorrow.
        write_id = f"marketing_{place.tenant_id}_{place.layer}_{place.table}_{secrets.token_hex(8)}"
        yield Write(client, settings, place, stands, file, counts, write_id)
