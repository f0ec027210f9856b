"""How calls to Google Ads are signed and how its errors, and those of Google's token endpoint, are read.

Source: Google Ads API v26, REST. Errors have an HTTP status and a body; a stream's stand in a list of one.
The error's own code decides, then the status by name, then by number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Call, Complaint, Failure
from marketing_assets.platforms.judging import failure_of_status

LONGEST_PAUSE_SECONDS = 900.0
"""A quota that renews itself within this time is waited for; a longer one ends the fetch."""

_QUOTA = frozenset({"RESOURCE_EXHAUSTED", "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION"})
_BUSY = frozenset({"RESOURCE_TEMPORARILY_EXHAUSTED", "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION"})
_AGAIN = frozenset({"EXPIRED_PAGE_TOKEN", "DEADLINE_EXCEEDED"})
"""Streams have no page token: sending the query again begins it anew."""
_STATUSES: Mapping[str, Failure] = {
    "UNAUTHENTICATED": Failure.AUTH_REFRESH,
    "RESOURCE_EXHAUSTED": Failure.QUOTA_DAY,
    "INTERNAL": Failure.TRANSIENT,
    "UNAVAILABLE": Failure.TRANSIENT,
    "DEADLINE_EXCEEDED": Failure.TRANSIENT,
}
_REMEDIES = {
    "USER_PERMISSION_DENIED": (
        "authorise a Google user who may read this account; where access goes through a manager account, put "
        "its id into the connection's setting login_customer_id."
    ),
    "CUSTOMER_NOT_ENABLED": (
        "the account is not active: have it activated in Google Ads, or remove the connection."
    ),
    "CUSTOMER_NOT_FOUND": "check account_id: it is the ten digits of the customer id.",
    "NOT_ADS_USER": "authorise a Google user who has access to Google Ads.",
    "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION": (
        "apply for access of the Google Cloud project of client_id to the Google Ads API: so far it may read "
        "test accounts only."
    ),
    "UNSUPPORTED_VERSION": (
        "this version of the API is gone; set the connection's setting api_version to a newer one."
    ),
}


class _QuotaDetails(msgspec.Struct, rename="camel"):
    retry_delay: str = ""


class _Details(msgspec.Struct, rename="camel"):
    quota_error_details: _QuotaDetails | None = None


class _Cause(msgspec.Struct, rename="camel"):
    error_code: dict[str, str] = {}
    message: str = ""
    details: _Details | None = None


class _Failed(msgspec.Struct, rename="camel"):
    errors: list[_Cause] = []


class _Error(msgspec.Struct):
    status: str = ""
    message: str = ""
    details: list[_Failed] = []

    @property
    def cause(self) -> _Cause:
        """The first error that Google Ads itself names; an empty one where only Google's front spoke."""
        return next((cause for part in self.details for cause in part.errors), _Cause())


class _Element(msgspec.Struct):
    error: _Error | None = None


class AccessTokens(Protocol):
    """Where the access token comes from."""

    def access_token(self) -> str: ...

    def renew(self) -> None: ...


class GoogleAdsDialect:
    """`login_customer_id` names the manager account through which access goes, or is empty."""

    def __init__(self, *, tokens: AccessTokens, login_customer_id: str = ""):
        self._tokens, self._login = tokens, login_customer_id

    def __repr__(self) -> str:
        return f"GoogleAdsDialect(login_customer_id={self._login!r})"

    def sign(self, call: Call) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self._tokens.access_token()}"}
        if self._login:
            headers["login-customer-id"] = self._login
        return {"headers": headers}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        try:
            answer = from_json(body, _Element | list[_Element])
        except msgspec.DecodeError:
            if status == 200:
                raise
            return None  # an error page; its status decides
        elements = answer if isinstance(answer, list) else [answer]
        error = next((element.error for element in elements if element.error is not None), None)
        return None if error is None else _complaint(error, status)

    def pause(self, headers: Mapping[str, str]) -> float:
        """Google tells of its limits only in refusals."""
        return 0.0

    def refresh(self) -> None:
        self._tokens.renew()


def _complaint(error: _Error, status: int) -> Complaint:
    family, name = next(iter(error.cause.error_code.items()), ("", ""))
    wait = _retry_delay(error.cause)
    failure = failure_of(family, name, error.status, status)
    if failure is Failure.QUOTA_DAY and wait is not None and wait <= LONGEST_PAUSE_SECONDS:
        failure = Failure.THROTTLE_LONG
    code = f"{family}.{name}" if family else error.status
    return Complaint(failure, code, error.cause.message or error.message, wait, _REMEDIES.get(name))


def failure_of(family: str, name: str, named_status: str, status: int) -> Failure:
    """The retry class of an error: `family.name` is its code, empty where only the status tells."""
    if family == "quotaError":
        return Failure.THROTTLE_SHORT if name in _BUSY or name not in _QUOTA else Failure.QUOTA_DAY
    if family == "internalError" or name in _AGAIN:
        return Failure.TRANSIENT
    if name in _REMEDIES:
        return Failure.CONFIG
    found = _STATUSES.get(named_status)
    return found or failure_of_status(status) or Failure.CONFIG


def _retry_delay(cause: _Cause) -> float | None:
    """Seconds of a duration such as `30s` or `1.5s`."""
    told = cause.details and cause.details.quota_error_details
    text = told.retry_delay.removesuffix("s") if told else ""
    return float(text) if text.replace(".", "", 1).isdigit() else None


class _Refused(msgspec.Struct):
    error: str = ""
    error_description: str = ""


_TOKEN_CLASSES = {
    "invalid_grant": Failure.AUTH_DEAD,
    "temporarily_unavailable": Failure.TRANSIENT,
    "internal_failure": Failure.TRANSIENT,
    "rate_limit_exceeded": Failure.THROTTLE_SHORT,
}


class TokenDialect:
    """Google's token endpoint: calls carry the app's credentials in their own form.

    `dead_remedy` says what mends a dead refresh token that the tenant brings along.
    """

    def __init__(self, dead_remedy: str | None = None):
        self._dead_remedy = dead_remedy

    def sign(self, call: Call) -> Mapping[str, Any]:
        return {}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        try:
            refused = from_json(body, _Refused)
        except msgspec.DecodeError:
            if status == 200:
                raise
            return None  # an error page; its status decides
        if not refused.error:
            return None
        failure = _TOKEN_CLASSES.get(refused.error)
        if failure is None:
            failure = Failure.TRANSIENT if status >= 500 else Failure.CONFIG
        remedy = self._dead_remedy if failure is Failure.AUTH_DEAD else None
        if "client" in refused.error:
            remedy = (
                "check the setting client_id and the secret client_secret: they must be one OAuth client's."
            )
        return Complaint(failure, refused.error, refused.error_description, remedy=remedy)

    def pause(self, headers: Mapping[str, str]) -> float:
        return 0.0

    def refresh(self) -> None:
        """Nothing to renew: these calls are how tokens are renewed."""
