"""What a query costs.

The stock server says nothing was read and nothing is billed. BigQuery bills at least 10 MiB for each query
of a table, and refuses a query that would be billed for more than it allows. Here every query costs so much.
"""

from __future__ import annotations

from typing import Any

from local_bigquery.errors import STATUSES, BigQueryError
from local_bigquery.jobs import runner
from local_bigquery.models import Job

BYTES = 10 * 1024**2
SLOT_MILLISECONDS = 250
STATUSES["bytesBilledLimitExceeded"] = (400, "INVALID_ARGUMENT")


def apply() -> None:
    runner.QUERY_STATISTICS = {
        "totalBytesProcessed": str(BYTES),
        "totalBytesBilled": str(BYTES),
        "totalSlotMs": str(SLOT_MILLISECONDS),
        "cacheHit": False,
    }
    stock = runner._query

    def query(job: Job, *rest: Any) -> Any:
        _check_limit(job)
        return stock(job, *rest)

    runner._query = query


def _check_limit(job: Job) -> None:
    limit = job.configuration.query.maximumBytesBilled
    if limit is not None and int(limit) < BYTES:
        raise BigQueryError(
            "bytesBilledLimitExceeded",
            f"Query exceeded limit for bytes billed: {limit}. {BYTES} or higher required.",
        )
