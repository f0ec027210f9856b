"""Rows on their way into BigQuery by landing's bucket.

A load job of Google Cloud Storage costs what an upload with the job costs: nothing. What is cheaper is the
second try: rows that lie in the bucket are not sent again with it. So big files go that way, small ones with
their job, which is one call less.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import fsspec

from marketing_assets.settings import Settings
from marketing_assets.warehouse.bigquery_names import Place
from marketing_assets.warehouse.errors import WarehouseError

_GCS = ("gs://", "gcs://")


@contextmanager
def staged(settings: Settings, place: Place, file: Path, name: str) -> Iterator[str | None]:
    """Address of the file in landing's bucket as long as this lasts; None where it goes with its job.

    What a killed run leaves there is below `{tenant}/incoming/`.
    """
    enough = file.stat().st_size >= settings.bigquery_stage_from_mb * 1_000_000
    if not (enough and settings.landing.startswith(_GCS)):
        yield None
        return
    bucket, root = fsspec.core.url_to_fs(settings.landing, use_listings_cache=False)
    path = f"{root.rstrip('/')}/{place.tenant_id}/incoming/{name}.parquet"
    try:
        bucket.put_file(str(file), path)
    except Exception as error:  # the driver's errors have no common kind
        raise WarehouseError(
            f"{place}: its rows cannot be put to gs://{path}: {error}. Let the writer create and delete "
            "objects there, or set MARKETING_BIGQUERY_STAGE_FROM_MB so high that rows go with their job"
        ) from error
    try:
        yield f"gs://{path}"
    finally:
        # What became of the load counts, not whether the bucket could be tidied; its lifecycle does that too.
        with suppress(Exception):
            bucket.rm_file(path)
