"""Jobs that ended with the process that ran them.

The stock server leaves them running for ever, and clients wait. BigQuery gives up such a job with an error of
its own.
"""

from __future__ import annotations

from local_bigquery.engine import database
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import runner, store
from local_bigquery.models import Job


def end() -> None:
    """Let every job fail that a former process has left; called once, before the first request."""
    rows = database.fetch("SELECT resource FROM emulator.jobs WHERE state <> 'DONE'")
    for (resource,) in rows:
        job = Job.model_validate_json(resource)
        error = BigQueryError("backendError", "The job ended with the server that ran it")
        store.save(runner._done(job, job.statistics, error))
