"""BigQuery: credentials and project; what follows from them is asked only where these hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery as google
from google.cloud.bigquery import DEFAULT_RETRY
from requests.exceptions import RequestException

from marketing_assets.commands.doctor.bigquery_datasets import datasets, left_to_set_up, permissions
from marketing_assets.commands.doctor.bigquery_quota import quota
from marketing_assets.commands.doctor.finding import Finding, Patient, Verdict, broken, ok
from marketing_assets.settings import Settings
from marketing_assets.warehouse.bigquery_client import client
from marketing_assets.warehouse.errors import WarehouseError

TIMEOUT_SECONDS = 10
_SIGN_IN = (
    "set MARKETING_BIGQUERY_PROJECT, and run with a service account or GOOGLE_APPLICATION_CREDENTIALS "
    "(a person: gcloud auth application-default login)"
)


def bigquery(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    try:
        at = client(settings)
    except (WarehouseError, GoogleAuthError) as error:
        yield broken("BigQuery credentials", str(error), _SIGN_IN)
        return
    with closing(at):
        reached = _project(at, settings)
        yield reached
        if reached.verdict is Verdict.BROKEN:
            return
        for tenant in patient.tenants:
            standing = list(datasets(at, settings, tenant.id))
            yield from standing
            yield from permissions(at, settings, tenant.id)
            if not any(f.verdict is Verdict.BROKEN for f in standing):
                yield left_to_set_up(at, settings, tenant)
        yield quota(at, settings)


def _project(at: google.Client, settings: Settings) -> Finding:
    """Whether the project answers these credentials and lets them run queries; nothing is run or billed."""
    name = f"BigQuery project {settings.bigquery_project}"
    config = google.QueryJobConfig(dry_run=True, use_query_cache=False)
    try:
        retry = DEFAULT_RETRY.with_timeout(TIMEOUT_SECONDS)
        at.query("select 1", config, timeout=TIMEOUT_SECONDS, retry=retry, job_retry=None)
    except GoogleAuthError as error:
        return broken("BigQuery credentials", f"were refused: {error}", _SIGN_IN)
    except GoogleAPICallError as error:
        remedy = "mend MARKETING_BIGQUERY_PROJECT, or grant the account roles/bigquery.jobUser on the project"
        return broken(name, error.message or str(error), remedy)
    except (RequestException, RetryError) as error:
        where = settings.bigquery_endpoint or "bigquery.googleapis.com"
        return broken(name, f"{where} does not answer ({type(error).__name__})", "check the network")
    return ok(name, f"answers, and takes queries in {settings.bigquery_location}")
