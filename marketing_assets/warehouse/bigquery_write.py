"""One write to a table of BigQuery: its rows in a Parquet file, and the jobs that bring them in."""

from __future__ import annotations

import math
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from google.api_core.exceptions import GoogleAPIError
from google.cloud import bigquery
from requests.exceptions import RequestException

from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse import parquet
from marketing_assets.warehouse.bigquery_jobs import patience, query, run
from marketing_assets.warehouse.bigquery_names import Place, labels
from marketing_assets.warehouse.bigquery_schema import ensure_table, found_table
from marketing_assets.warehouse.bigquery_staging import staged

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

    def load_partition(self, day: date) -> None:
        """Replace one day of the table by the rows: one load job."""
        self._load(self.place.partition(day), "load", bigquery.WriteDisposition.WRITE_TRUNCATE)

    def load_table(self) -> None:
        """Replace all rows of the table, which keeps its policies: one load job."""
        self._load(self.place.id, "load", bigquery.WriteDisposition.WRITE_TRUNCATE_DATA)

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
            self._load(beside.id, "incoming", bigquery.WriteDisposition.WRITE_EMPTY)
            yield beside
        finally:
            with suppress(GoogleAPIError, RequestException):  # it expires by itself
                self.client.delete_table(beside.id, retry=patience(self.settings), not_found_ok=True)

    def _load(self, destination: str, step: str, disposition: str) -> None:
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            schema=list(self.table.schema),
            write_disposition=disposition,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            parquet_options=_lists_inferred(),
            labels=labels(self.settings, self.place.tenant_id, self.place.layer, self.place.table),
        )

        name = f"{self.id}_{step}"
        with staged(self.settings, self.place, self.file, name) as address:
            sender = self._by_address(address) if address else self._by_upload
            run(
                self.client,
                self.settings,
                self.place,
                name,
                lambda job_id: sender(destination, job_id=job_id, job_config=config),
            )

    def _by_address(self, address: str) -> Callable[..., bigquery.LoadJob]:
        return partial(self.client.load_table_from_uri, address, retry=patience(self.settings))

    def _by_upload(self, destination: str, **job: Any) -> bigquery.LoadJob:
        retries = _upload_retries(self.settings.bigquery_retry_seconds)
        with self.file.open("rb") as rows:
            return self.client.load_table_from_file(rows, destination, num_retries=retries, **job)


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
    """A write of these frames. All of them are pulled before anything is changed."""
    with tempfile.TemporaryDirectory(prefix="marketing-") as folder:
        file = Path(folder) / "rows.parquet"
        counts = parquet.write(frames, table, file)
        stands = ensure_table(client, settings, place, table)
        # One id for each write and step: the same rows may rightly be written again tomorrow.
        write_id = f"marketing_{place.tenant_id}_{place.layer}_{place.table}_{secrets.token_hex(8)}"
        yield Write(client, settings, place, stands, file, counts, write_id)
