"""Meta's error envelope and the errors this API answers with, worded as the real one words them."""

import secrets
from dataclasses import dataclass
from typing import Any

REFERENCE = "https://developers.facebook.com/docs"


@dataclass(frozen=True)
class GraphError(Exception):
    """One refusal. `status` is HTTP's; `code` and `subcode` are what clients must decide by."""

    message: str
    code: int
    subcode: int | None = None
    status: int = 400
    type: str = "OAuthException"
    transient: bool | None = None
    title: str | None = None
    user_message: str | None = None
    wait_minutes: int = 0

    def body(self) -> dict[str, Any]:
        """The envelope; optional members are absent where Meta leaves them out."""
        optional = {
            "error_subcode": self.subcode,
            "is_transient": self.transient,
            "error_user_title": self.title,
            "error_user_msg": self.user_message,
        }
        error = {"message": self.message, "type": self.type, "code": self.code}
        error.update({key: value for key, value in optional.items() if value is not None})
        return {"error": {**error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}}


def parameter(message: str, subcode: int | None = None) -> GraphError:
    """Code 100: something in the request is wrong and will stay wrong."""
    return GraphError(f"(#100) {message}", 100, subcode)


def no_such_object(node_id: str) -> GraphError:
    """The id is unknown, or this token may not see it."""
    return GraphError(
        f"Unsupported get request. Object with ID '{node_id}' does not exist, cannot be loaded due to "
        f"missing permissions, or does not support this operation. Please read the Graph API documentation "
        f"at {REFERENCE}/graph-api",
        100,
        33,
        type="GraphMethodException",
    )


def old_version(version: str, newest: str) -> GraphError:
    """The path names a version that was switched off."""
    return GraphError(
        f"(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: "
        f"{newest}.",
        2635,
        user_message=f"{version} is no longer served.",
    )


def unknown_path(path: str) -> GraphError:
    """Nothing is served there."""
    return GraphError(f"Unknown path components: {path}", 2500)


def throttled(account_wide: bool, wait_minutes: int) -> GraphError:
    """Too many insights calls for the ad account, or too many calls of any kind by one user on it."""
    if account_wide:
        return GraphError(
            "(#80000) There have been too many calls from this ad-account. Wait a bit and try again. For "
            f"more info, please refer to {REFERENCE}/graph-api/overview/rate-limiting.",
            80000,
            2446079,
            wait_minutes=wait_minutes,
        )
    return GraphError(
        "User request limit reached",
        17,
        2446079,
        transient=True,
        title="Ad Account Has Too Many API Calls",
        user_message="There have been too many calls from this ad account. Wait a bit and try again.",
        wait_minutes=wait_minutes,
    )


def unavailable(status: int) -> GraphError:
    """Something broke on Meta's side; the same call may work a moment later."""
    return GraphError(
        "An unexpected error has occurred. Please retry your request later.", 2, status=status, transient=True
    )


TOO_MUCH_DATA = GraphError(
    "Please reduce the amount of data you're asking for, then retry your request",
    100,
    1487534,
    title="Please reduce the amount of data",
    user_message="Please reduce the amount of data you're asking for, then retry your request",
)

TOO_LONG_AGO = GraphError(
    "(#3018) The start date of the time range cannot be beyond 37 months from the current date", 3018
)

RUN_NOT_READY = GraphError(
    "Error accessing adreport job.",
    2601,
    1815107,
    transient=True,
    title="Loading Async Ads Report Failed",
    user_message="Sorry, the report cannot be loaded successfully. Please check if your job status is "
    "completed instead of failed or running before fetching the data.",
)

TOKEN_MISSING = GraphError("An access token is required to request this resource.", 104)
TOKEN_MISSING_ME = GraphError(
    "An active access token must be used to query information about the current user.", 2500
)
TOKEN_INVALID = GraphError("Invalid OAuth access token - Cannot parse access token", 190, 467)
TOKEN_EXPIRED = GraphError("Error validating access token: Session has expired.", 190, 463)
PROOF_WRONG = GraphError(
    "Invalid appsecret_proof provided in the API argument", 100, type="GraphMethodException"
)
PROOF_MISSING = GraphError(
    "API calls from the server require an appsecret_proof argument", 100, type="GraphMethodException"
)
NOT_GRANTED = GraphError(
    "(#200) Ad account owner has NOT grant ads_management or ads_read permission", 200, status=403
)
CODE_INVALID = GraphError("Invalid verification code format.", 100)
CODE_EXPIRED = GraphError("This authorization code has expired.", 100, 36007)
REDIRECT_DIFFERS = GraphError(
    "Error validating verification code. Please make sure your redirect_uri is identical to the one you used "
    "in the OAuth dialog request",
    100,
    36008,
)
SECRET_WRONG = GraphError("Error validating client secret.", 1)
APP_UNKNOWN = GraphError(
    "Error validating application. Cannot get application info due to a system error.", 101
)
