"""What BigQuery answers when something goes wrong: told apart by what helps, and said with the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from google.api_core import exceptions
from requests.exceptions import ConnectionError as LostConnection
from requests.exceptions import RequestException, Timeout

from marketing_assets.warehouse.bigquery_names import Place
from marketing_assets.warehouse.errors import NoSuchTable, SchemaConflict, WarehouseBusy, WarehouseError


class WarehouseQuota(WarehouseError):
    """BigQuery's quota or rate limit is used up; nothing was changed."""


class Cause(StrEnum):
    """What stands behind an error, by what helps."""

    ABORTED = "another transaction changed the same table first"
    LOST = "the answer was lost"
    BACKEND = "BigQuery itself failed"
    RATE = "too many calls or jobs at once"
    QUOTA = "a quota is used up"
    PERMISSION = "the service account may not"
    MISTAKE = "the request is wrong"


_REASONS = {
    "backendError": Cause.BACKEND,
    "internalError": Cause.BACKEND,
    "jobBackendError": Cause.BACKEND,
    "jobInternalError": Cause.BACKEND,
    "tableUnavailable": Cause.BACKEND,
    "rateLimitExceeded": Cause.RATE,
    "jobRateLimitExceeded": Cause.RATE,
    "quotaExceeded": Cause.QUOTA,
    "accessDenied": Cause.PERMISSION,
}

_REMEDIES = {
    Cause.ABORTED: "run it again when the other run is done",
    Cause.LOST: "check the network, and run it again",
    Cause.BACKEND: "run it again later; status.cloud.google.com tells of outages",
    Cause.RATE: "run fewer things at once, or run it again later",
    Cause.QUOTA: "wait for the quota's next day, ask Google for more, or write longer ranges in fewer jobs",
    Cause.PERMISSION: "grant the service account what `marketing warehouse setup --dry-run` lists",
    Cause.MISTAKE: "the text above says what to mend",
}


def cause_of(error: BaseException) -> Cause:
    """Why a call or a job failed."""
    if isinstance(error, LostConnection | Timeout | ConnectionError | TimeoutError | exceptions.RetryError):
        return Cause.LOST
    text = str(error).lower()
    if "aborted" in text and "concurrent" in text:
        return Cause.ABORTED
    reasons = [found.get("reason") for found in getattr(error, "errors", None) or []]
    known = next((_REASONS[r] for r in reasons if r in _REASONS), None)
    return known or _cause_of_status(error, text)


def _cause_of_status(error: BaseException, text: str) -> Cause:
    if isinstance(error, exceptions.TooManyRequests):
        return Cause.RATE
    if isinstance(error, exceptions.ServerError):
        return Cause.BACKEND
    if isinstance(error, exceptions.Forbidden):
        return Cause.QUOTA if "quota" in text else Cause.PERMISSION
    return Cause.MISTAKE


@contextmanager
def asking(place: Place) -> Iterator[None]:
    """A question about a table or dataset, for which no job is run. Raises `WarehouseError`."""
    try:
        yield
    except (exceptions.GoogleAPIError, RequestException) as error:
        raise explained(error, place) from error


def explained(error: BaseException, place: Place, job_id: str | None = None) -> WarehouseError:
    """The error in the warehouse's words: project, dataset, table, job and remedy."""
    job = f", job {job_id}" if job_id else ""
    if isinstance(error, exceptions.NotFound):
        return NoSuchTable(f"{place} does not exist yet; materialise it first ({error.message}{job})")
    cause = cause_of(error)
    text = getattr(error, "message", None) or str(error)
    said = (
        f"tenant {place.tenant_id}, project {place.project}, dataset {place.dataset}, table {place.table}"
        f"{job}: {cause}: {text}. Nothing was changed; {_REMEDIES[cause]}"
    )
    if cause in {Cause.RATE, Cause.QUOTA}:
        return WarehouseQuota(said)
    if cause is Cause.ABORTED:
        return WarehouseBusy(said)
    if cause is Cause.MISTAKE and "schema" in text.lower():
        return SchemaConflict(said)
    return WarehouseError(said)
