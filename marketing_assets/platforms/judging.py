"""What an answer means: the dialect's word first, the HTTP status where the dialect has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from marketing_assets.platforms.failures import Complaint, Failure
from marketing_assets.platforms.wire import Answer, Dialect

_SKEW_SECONDS = 60


def judge(dialect: Dialect, answer: Answer, now: float) -> Complaint | None:
    """The failure in an answer, with the time to wait and a wrong clock worked out; None for a success.

    `now` is Unix seconds of this machine.
    """
    complaint = _complaint(dialect, answer)
    if complaint is None:
        return None
    if complaint.wait_seconds is None:
        complaint = replace(complaint, wait_seconds=retry_after(answer.headers, now))
    if "timestamp" in f"{complaint.code} {complaint.message}".lower():
        skew = clock_skew(answer.headers, now)
        complaint = replace(complaint, remedy=f"{skew}; set it by NTP.") if skew else complaint
    return complaint


def _complaint(dialect: Dialect, answer: Answer) -> Complaint | None:
    try:
        complaint = dialect.complaint(answer.status, answer.headers, answer.body)
    except ValueError as error:
        # Cut JSON, an HTML page: the type is named, not the text, which may quote the body.
        complaint = Complaint(Failure.TRANSIENT, "unreadable", f"no readable answer ({type(error).__name__})")
    failure = failure_of_status(answer.status)
    if complaint is None and failure is not None:
        reason = httpx.codes.get_reason_phrase(answer.status)
        return Complaint(failure, f"http_{answer.status}", reason)
    return complaint


def failure_of_status(status: int) -> Failure | None:
    """The class of an answer that its dialect does not recognise; None for 2xx."""
    if 200 <= status < 300:
        return None
    if status == 429:
        return Failure.THROTTLE_SHORT
    if status >= 500 or status == 408:
        return Failure.TRANSIENT
    return Failure.AUTH_REFRESH if status == 401 else Failure.CONFIG


def http_date(text: str | None) -> float | None:
    """Unix seconds of an HTTP date, or None where it is none."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that `Retry-After` asks to wait (it holds seconds or an HTTP date), or None.

    A date is taken against the platform's own `Date` where given, so a wrong local clock does not matter.
    """
    text = headers.get("retry-after", "").strip()
    if text.replace(".", "", 1).isdigit():
        return float(text)
    moment = http_date(text)
    if moment is None:
        return None
    sent = http_date(headers.get("date"))
    return max(0.0, moment - (now if sent is None else sent))


def clock_skew(headers: Mapping[str, str], now: float) -> str | None:
    """A sentence on this machine's clock where it is more than 60 s from the platform's `Date`, else None."""
    theirs = http_date(headers.get("date"))
    if theirs is None or abs(now - theirs) <= _SKEW_SECONDS:
        return None
    side = "ahead of" if now > theirs else "behind"
    return f"this machine's clock is {abs(now - theirs):.0f} s {side} the platform's"
