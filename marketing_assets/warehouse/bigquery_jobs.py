"""Running one job of BigQuery so that it happens once, whatever becomes of its answer.

A job's id is chosen before it is sent. When the answer is lost the same id is sent again: BigQuery then says
that it has it, and the first job is waited for. A job that failed is tried again under another id where that
can help: once after a failure of BigQuery's own, several times after a conflict of transactions.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from google.api_core.exceptions import Conflict, GoogleAPIError
from google.api_core.retry import Retry
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY
from requests.exceptions import RequestException

from marketing_assets.settings import Settings
from marketing_assets.warehouse.bigquery_errors import Cause, cause_of, explained
from marketing_assets.warehouse.bigquery_names import Place, labels

Job = TypeVar("Job", bigquery.LoadJob, bigquery.QueryJob)

TRIES = {Cause.BACKEND: 2, Cause.RATE: 2, Cause.LOST: 3, Cause.ABORTED: 8}
"""How often a job is sent in all; other causes are not tried again."""
_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE = 20.0


def run(
    client: bigquery.Client,
    settings: Settings,
    place: Place,
    name: str,
    send: Callable[[str], Job],
    sleep: Callable[[float], None] = time.sleep,
) -> Job:
    """Send a job and wait until it is done; `send` is given its id.

    `name` is the id of this step of this write. Raises `WarehouseError` and its kinds.
    """
    counts: dict[Cause, int] = {}
    job_id = name
    reached = patience(settings)
    while True:
        try:
            job = _sent(client, job_id, send, reached)
            job.result(retry=reached)
        # A job that cannot be asked for any more ends the waiting with a TimeoutError of Google's client.
        except (GoogleAPIError, RequestException, ConnectionError, TimeoutError) as error:
            cause = cause_of(error)
            counts[cause] = counts.get(cause, 0) + 1
            if counts[cause] >= TRIES.get(cause, 1):
                raise explained(error, place, job_id) from error
            if cause is not Cause.LOST:
                job_id = f"{name}_{sum(counts.values())}"  # that job has ended; its id stays taken
            longest = min(_LONGEST_PAUSE, _PAUSE_SECONDS * 2 ** sum(counts.values()))
            sleep(random.uniform(0.1, 1) * longest)  # noqa: S311  (no secret, a pause)
        else:
            return job


def patience(settings: Settings) -> Retry:
    """How Google's client tries again to reach BigQuery."""
    found: Retry = DEFAULT_RETRY.with_timeout(settings.bigquery_retry_seconds)
    return found


def _sent(client: bigquery.Client, job_id: str, send: Callable[[str], Job], reached: Retry) -> Job:
    try:
        return send(job_id)
    except Conflict:
        found: Any = client.get_job(job_id, retry=reached)
        return found  # type: ignore[no-any-return]


def query(
    client: bigquery.Client,
    settings: Settings,
    place: Place,
    text: str,
    name: str,
    given: Sequence[bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter] = (),
) -> bigquery.QueryJob:
    """Run a statement or script to its end, labelled and within the bytes that the settings allow."""
    config = bigquery.QueryJobConfig(
        query_parameters=list(given),
        labels=labels(settings, place.tenant_id, place.layer, place.table),
        use_query_cache=False,
    )
    if settings.bigquery_maximum_bytes_billed:
        config.maximum_bytes_billed = settings.bigquery_maximum_bytes_billed
    reached = patience(settings)

    def send(job_id: str) -> bigquery.QueryJob:
        return client.query(text, config, job_id, retry=reached, job_retry=None)

    return run(client, settings, place, name, send)
