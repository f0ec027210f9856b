"""Log records of calls: one DEBUG record a request, one WARNING a retry; never a query string or a body."""

from __future__ import annotations

import logging
from typing import Any

import httpx

from marketing_assets.platforms.failures import PlatformError
from marketing_assets.redaction import redact

_LOG = logging.getLogger("marketing_assets.http")


class _WithoutQuery(logging.Filter):
    """httpx logs whole addresses at INFO; several platforms want tokens and signatures in the query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_bare(part) for part in record.args)
        return True


def _bare(part: object) -> object:
    return part.copy_with(query=None) if isinstance(part, httpx.URL) else part


logging.getLogger("httpx").addFilter(_WithoutQuery())


def log_call(**facts: Any) -> None:
    """A request and how it ended."""
    _write(logging.DEBUG, "%(connection)s %(method)s %(path)s: %(status)s", facts)


def log_retry(error: PlatformError, status: int, attempt: int, wait_seconds: float) -> None:
    """A request that is tried again after `wait_seconds`."""
    facts = {
        "connection": error.connection,
        "method": error.method,
        "path": error.path,
        "status": status,
        "attempt": attempt,
        "wait_seconds": round(wait_seconds, 3),
        "failure": error.failure.value,
        "code": error.code,
        "reason": error.message,
    }
    text = (
        "%(connection)s %(method)s %(path)s: %(failure)s (%(code)s: %(reason)s), again in %(wait_seconds)s s"
    )
    _write(logging.WARNING, text, facts)


def _write(level: int, text: str, facts: dict[str, Any]) -> None:
    if _LOG.isEnabledFor(level):
        safe = {key: redact(value) if isinstance(value, str) else value for key, value in facts.items()}
        _LOG.log(level, text, safe, extra=safe)
