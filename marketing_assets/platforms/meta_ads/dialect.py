"""How calls to Meta's Graph API are signed and how its errors are read.

Source: Marketing API v26.0. Errors come as `{"error": {code, error_subcode, is_transient, message, …}}`,
mostly with HTTP 400; the code decides, the status only where there is no code.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Call, Complaint, Failure, PlatformError
from marketing_assets.platforms.meta_ads.usage import pause_seconds, usage

TRANSIENT = frozenset({1, 2, 99, 104, 960})
THROTTLED = frozenset({4, 17, 32, 341, 613, *range(80000, 80009)})
REDUCE = (100, 1487534)
REDUCE_WORDS = "reduce the amount of data"
"""Meta words the same refusal with code 1 at times, where repeating it would never help."""
DEAD = frozenset({190})

_REMEDIES = {
    3018: "Meta keeps 37 months; set the tenant's start_date to a later day.",
    2635: "this version of the API is gone; set the connection's setting api_version to a newer one.",
}
_PROOF = "appsecret_proof"


def appsecret_proof(app_secret: str, access_token: str) -> str:
    """Lower-case hex HMAC-SHA256 of the token under the app's secret."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


class _Error(msgspec.Struct):
    code: int = 0
    error_subcode: int | None = None
    message: str = ""
    error_user_msg: str | None = None
    is_transient: bool = False


class _Envelope(msgspec.Struct):
    error: _Error | None = None


class MetaDialect:
    """The token goes in a header, so that no address carries it. `token` gives the access token of now.

    `own_token` tells that it comes from the tenant's secrets, which authorising anew would not change.
    """

    def __init__(
        self, *, connection: str, token: Callable[[], str], app_secret: str = "", own_token: bool = False
    ):
        self._connection, self._token, self._app_secret = connection, token, app_secret
        self._dead_remedy = _new_secret(connection) if own_token else None

    def __repr__(self) -> str:
        return f"MetaDialect({self._connection})"

    def sign(self, call: Call) -> Mapping[str, Any]:
        token = self._token()
        proof = {_PROOF: appsecret_proof(self._app_secret, token)} if self._app_secret else {}
        return {"headers": {"Authorization": f"Bearer {token}"}, "params": proof}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        try:
            error = from_json(body, _Envelope).error
        except msgspec.DecodeError:
            if status == 200:
                raise
            return None  # an error page; its status decides
        if error is None:
            return None
        failure = failure_of(error.code, error.error_subcode, error.is_transient, error.message, status)
        wait = usage(headers).regain_seconds or None if failure is Failure.THROTTLE_LONG else None
        code = f"{error.code}/{error.error_subcode}" if error.error_subcode else str(error.code)
        remedy = self._dead_remedy if failure is Failure.AUTH_DEAD else _remedy(error)
        return Complaint(failure, code, _message(error), wait, remedy)

    def pause(self, headers: Mapping[str, str]) -> float:
        return pause_seconds(usage(headers))

    def refresh(self) -> None:
        """Meta's tokens are not refreshed; a dead one needs a person."""
        message = "the access token is refused"
        raise PlatformError(
            Failure.AUTH_DEAD, connection=self._connection, message=message, remedy=self._dead_remedy
        )


def _new_secret(connection: str) -> str:
    """What mends a dead token that the tenant brings along; `connection` is `tenant/platform/account`."""
    tenant, platform, _ = connection.split("/", 2)
    return (
        "put a new token where the connection's secret access_token points, or remove that secret from the "
        f"tenant file and run `marketing connections authorize {tenant} {platform}`."
    )


def failure_of(code: int, subcode: int | None, is_transient: bool, message: str, status: int) -> Failure:
    """The retry class of an error. Throttles come first, for they call themselves transient."""
    if code in THROTTLED:
        return Failure.THROTTLE_LONG
    if (code, subcode) == REDUCE or REDUCE_WORDS in message.lower():
        return Failure.REDUCE
    if code in DEAD:
        return Failure.AUTH_DEAD
    if code in TRANSIENT or is_transient or status in {500, 503}:
        return Failure.TRANSIENT
    return Failure.CONFIG


def _message(error: _Error) -> str:
    said = error.error_user_msg
    return f"{error.message} {said}" if said and said != error.message else error.message


def _remedy(error: _Error) -> str | None:
    if _PROOF in error.message:
        return "check the secret app_secret: it must be that of the app the access token was made for."
    return _REMEDIES.get(error.code)
