"""Resumable uploads that are sent again.

The stock server forgets an upload when its last byte has come, and answers 404 to the client that repeats it
because the answer was lost. BigQuery answers with the job that the upload made; and takes the bytes again
where it could not start that job.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local_bigquery.api import uploads
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import runner
from local_bigquery.models import Job
from starlette.requests import Request
from starlette.responses import JSONResponse

_stock_start = uploads._start
_finished: dict[str, tuple[str, str]] = {}


def apply() -> None:
    uploads._start = _start


def finished(request: Request) -> dict[str, Any] | None:
    """The job of an upload that had come in before; None for any other request."""
    upload = request.query_params.get("upload_id")
    if request.method != "PUT" or upload not in _finished:
        return None
    job: dict[str, Any] = runner.get(*_finished[upload]).dump()
    return job


def _start(project_id: str, body: Job, upload: str) -> JSONResponse:
    file = Path(upload)
    if body.jobReference and body.jobReference.jobId:
        _finished[file.name] = (project_id, body.jobReference.jobId)
    try:
        return _stock_start(project_id, body, upload)
    except BigQueryError as error:
        _finished.pop(file.name, None)
        if error.code >= 500:
            file.write_bytes(b"")
            uploads._resumable[file.name] = (project_id, body)
        else:
            file.unlink()
        raise
