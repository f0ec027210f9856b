"""Google's error envelope, and the errors this API answers with."""

import secrets
from dataclasses import dataclass
from typing import Any

VERSION = "v26"
TYPE = f"type.googleapis.com/google.ads.googleads.{VERSION}.errors.GoogleAdsFailure"


@dataclass(frozen=True)
class GoogleError(Exception):
    """One refusal. `family` and `name` make the error code; `status` is Google's name of the HTTP status."""

    family: str
    name: str
    message: str
    status: str = "INVALID_ARGUMENT"
    http: int = 400
    retry_delay: int | None = None

    def body(self) -> dict[str, Any]:
        cause: dict[str, Any] = {"errorCode": {self.family: self.name}, "message": self.message}
        if self.retry_delay is not None:
            cause["details"] = {
                "quotaErrorDetails": {
                    "rateScope": "DEVELOPER",
                    "rateName": "Number of operations",
                    "retryDelay": f"{self.retry_delay}s",
                }
            }
        details = [{"@type": TYPE, "errors": [cause], "requestId": secrets.token_urlsafe(16)}]
        told = _SENTENCES.get(self.status, self.message)
        return {"error": {"code": self.http, "message": told, "status": self.status, "details": details}}


_SENTENCES = {
    "INVALID_ARGUMENT": "Request contains an invalid argument.",
    "PERMISSION_DENIED": "The caller does not have permission",
    "RESOURCE_EXHAUSTED": "Resource has been exhausted (e.g. check quota).",
    "UNAUTHENTICATED": (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential."
    ),
    "INTERNAL": "Internal error encountered.",
    "UNAVAILABLE": "The service is currently unavailable.",
}


def query(name: str, message: str) -> GoogleError:
    """Something in the query is wrong and will stay wrong."""
    return GoogleError("queryError", name, message)


def change_event(name: str, message: str) -> GoogleError:
    return GoogleError("changeEventError", name, message)


def request(name: str, message: str) -> GoogleError:
    return GoogleError("requestError", name, message)


def busy(retry_delay: int) -> GoogleError:
    """Too many queries at once."""
    told = f"Too many requests. Retry in {retry_delay} seconds."
    return GoogleError(
        "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", told, "RESOURCE_EXHAUSTED", 429, retry_delay
    )


def exhausted() -> GoogleError:
    """The day's operations are used up."""
    return GoogleError("quotaError", "RESOURCE_EXHAUSTED", "Too many requests.", "RESOURCE_EXHAUSTED", 429)


def broken(http: int) -> GoogleError:
    """Something broke on Google's side; the same query may work a moment later."""
    status = {500: "INTERNAL", 504: "DEADLINE_EXCEEDED"}.get(http, "UNAVAILABLE")
    name = {500: "INTERNAL_ERROR", 504: "DEADLINE_EXCEEDED"}.get(http, "TRANSIENT_ERROR")
    return GoogleError("internalError", name, "An internal error has occurred.", status, http)


def _unauthenticated(name: str, message: str) -> GoogleError:
    return GoogleError("authenticationError", name, message, "UNAUTHENTICATED", 401)


TOKEN_MISSING = _unauthenticated("AUTHENTICATION_ERROR", "Authentication of the request failed.")
TOKEN_INVALID = _unauthenticated("OAUTH_TOKEN_INVALID", "Oauth token in the header is not valid.")
TOKEN_EXPIRED = _unauthenticated("OAUTH_TOKEN_EXPIRED", "Oauth token in the header has expired.")

NO_ACCESS = GoogleError(
    "authorizationError",
    "USER_PERMISSION_DENIED",
    "User doesn't have permission to access customer. Note: If you're accessing a client customer, the "
    "manager's customer id must be set in the 'login-customer-id' header.",
    "PERMISSION_DENIED",
    403,
)
NO_SUCH_CUSTOMER = GoogleError(
    "authorizationError",
    "CUSTOMER_NOT_ENABLED",
    "The customer account can't be accessed because it is not yet enabled or has been deactivated.",
    "PERMISSION_DENIED",
    403,
)
OLD_VERSION = request(
    "UNSUPPORTED_VERSION", "Version is deprecated. Requests to this version will be blocked."
)
PAGE_SIZE = request("PAGE_SIZE_NOT_SUPPORTED", "Setting the page size is not supported.")
PAGE_TOKEN = request("INVALID_PAGE_TOKEN", "Page token is invalid.")
