"""How a call can fail: the retry classes, what a dialect reads from an answer, and the error for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from marketing_assets.redaction import redact


class Failure(StrEnum):
    """The retry classes."""

    THROTTLE_SHORT = "throttle-short"
    THROTTLE_LONG = "throttle-long"
    QUOTA_DAY = "quota-day"
    TRANSIENT = "transient"
    REDUCE = "reduce"
    AUTH_REFRESH = "auth-refresh"
    AUTH_DEAD = "auth-dead"
    CONFIG = "config"


THROTTLES = frozenset({Failure.THROTTLE_SHORT, Failure.THROTTLE_LONG})


@dataclass(frozen=True)
class Complaint:
    """A failure as a dialect reads it from an answer.

    `wait_seconds` is how long the platform asks to wait. `remedy` is a sentence on what mends it, where the
    dialect knows better than the class.
    """

    failure: Failure
    code: str
    message: str
    wait_seconds: float | None = None
    remedy: str | None = None


class PlatformError(Exception):
    """A call that failed for good. Names connection, path, class, code and remedy; never holds a secret.

    `connection` is `tenant/platform/account`. `wait_seconds` is how long the platform wants to be left alone,
    counted from `now` (Unix seconds), where it said so. `secrets` are values to mask besides the registered.
    """

    def __init__(
        self,
        failure: Failure,
        *,
        connection: str,
        method: str = "GET",
        path: str = "",
        code: str = "",
        message: str = "",
        remedy: str | None = None,
        tries: int = 1,
        wait_seconds: float | None = None,
        now: float | None = None,
        secrets: Iterable[str] = (),
    ):
        hidden = tuple(secrets)
        self.failure = failure
        self.connection = connection
        self.method = method
        self.path = redact(path.partition("?")[0], hidden)
        self.code = redact(code, hidden)
        self.message = " ".join(redact(message, hidden).split())[:500]
        advice = redact(remedy or default_remedy(failure, connection), hidden)
        self.remedy = advice + _when(failure, wait_seconds, now)
        self.tries = tries
        self.wait_seconds = wait_seconds
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        what = f"{self.method} {self.path}" if self.path else "the call"
        reason = ": ".join(part for part in (self.code, self.message) if part)
        cause = f"{self.failure.value}, {reason}" if reason else self.failure.value
        tries = "1 try" if self.tries == 1 else f"{self.tries} tries"
        return f"{self.connection}: {what} failed ({cause}) after {tries}. Remedy: {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.__dict__.copy(), str(self))


def _rebuild(state: dict[str, object], sentence: str) -> PlatformError:
    error = PlatformError.__new__(PlatformError, sentence)
    error.__dict__.update(state)
    return error


def _when(failure: Failure, wait: float | None, now: float | None) -> str:
    if wait is None or now is None or failure not in THROTTLES | {Failure.QUOTA_DAY}:
        return ""
    again = datetime.fromtimestamp(now + wait, UTC)
    return f" The platform lets calls through again at {again:%Y-%m-%d %H:%M:%S} UTC."


def default_remedy(failure: Failure, connection: str) -> str:
    """What a person does about a failure class."""
    tenant, _, rest = connection.partition("/")
    authorize = f"marketing connections authorize {tenant} {rest.partition('/')[0]}".rstrip()
    return {
        Failure.THROTTLE_SHORT: "run it again later; if it comes back, lower the calls per second.",
        Failure.THROTTLE_LONG: "run it again when the platform's rate limit has recovered.",
        Failure.QUOTA_DAY: "wait until the platform's daily quota starts anew, then run it again.",
        Failure.TRANSIENT: "run it again later; if it comes back, look at the platform's status page.",
        Failure.REDUCE: "ask for fewer days or records at once.",
        Failure.AUTH_REFRESH: f"run `{authorize}`.",
        Failure.AUTH_DEAD: f"the credentials of {connection} no longer work; run `{authorize}`.",
        Failure.CONFIG: f"check the settings and secrets of {connection} and the app's permissions.",
    }[failure]
