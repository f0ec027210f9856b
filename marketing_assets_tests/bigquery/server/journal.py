"""Every job that a client sends: written down, and made to fail where a test has ordered it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import runner
from local_bigquery.models import Job, JobConfiguration
from local_bigquery.settings import settings

from marketing_assets_tests.bigquery.server import faults
from marketing_assets_tests.bigquery.server.control import answer

LOST_SECONDS = 60
"""How long a job may run whose answer gets lost once it is done."""
_stock_submit, _stock_query, _stock_handle = runner.submit, runner._query, runner._handle
_failing: dict[tuple[str, str], str] = {}
_lock = threading.Lock()


def apply() -> None:
    runner.submit = _submit
    runner._query = _query
    runner._handle = _handle


def _submit(project_id: str, job_id: str, configuration: JobConfiguration, upload: str | None = None) -> Job:
    kind = next((k for k in runner.JOB_TYPES if k in configuration.dump()), "none")
    said = "accepted"
    try:
        if refused := faults.take("refuse"):
            raise faults.error(refused.reason)
        if failed := faults.take("fail"):
            _failing[(project_id, job_id)] = failed.reason
        job = _stock_submit(project_id, job_id, configuration, upload)
    except BigQueryError as error:
        said = error.reason
        raise
    finally:
        _write(project_id, job_id, kind, configuration, said)
    if faults.take("lose", kind=kind):
        runner.wait(project_id, job_id, LOST_SECONDS * 1000)
        answer.get().lost = True
    return job


def _write(project_id: str, job_id: str, kind: str, configuration: JobConfiguration, said: str) -> None:
    given = configuration.dump()
    config = given.get(kind) or {}
    line = {
        "id": job_id,
        "project": project_id,
        "kind": kind,
        "statement": config.get("query") or "",
        "config": config | ({"dryRun": True} if given.get("dryRun") else {}),
        "labels": given.get("labels") or {},
        "answer": said,
    }
    with _lock, Path(settings.data_dir, "journal.jsonl").open("a") as journal:
        journal.write(json.dumps(line) + "\n")


def _query(job: Job, *rest: Any) -> Any:
    _fail(job)
    return _stock_query(job, *rest)


def _handle(job: Job, *rest: Any) -> Any:
    _fail(job)
    return _stock_handle(job, *rest)


def _fail(job: Job) -> None:
    reason = _failing.pop((job.jobReference.projectId, job.jobReference.jobId), None)
    if reason:
        raise faults.error(reason)
