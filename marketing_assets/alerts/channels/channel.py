"""What every channel does: deliver one message, once for each idempotency key as far as the service can."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx

from marketing_assets.alerts.finding import clean
from marketing_assets.alerts.message import Chart, Message
from marketing_assets.redaction import redact

Deliver = Callable[[Message, Chart | None, str], None]
"""Message, its chart, idempotency key. Raises `DeliveryError`."""

TIMEOUT_SECONDS = 15
_OK, _TOO_MANY, _TIMED_OUT, _CLIENT, _SERVER = 300, 429, 408, 400, 500


class _WithoutSecrets(logging.Filter):
    """Libraries log the addresses they call, and the address of a webhook is its secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


for _name in ("httpx", "httpcore.connection", "httpcore.http11", "apprise", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_WithoutSecrets())


class DeliveryError(Exception):
    """A message that was not delivered. `permanent`: trying again cannot help. Holds no secret."""

    def __init__(self, message: str, *, permanent: bool = False):
        self.permanent = permanent
        super().__init__(clean(message))


def call(what: str, method: str, url: str, **more: Any) -> httpx.Response:
    """One HTTP call; any answer but a success is a `DeliveryError` that names `what`, never the URL."""
    try:
        answer = httpx.request(method, url, timeout=TIMEOUT_SECONDS, **more)
    except httpx.HTTPError as error:
        raise DeliveryError(f"{what} cannot be reached ({type(error).__name__})") from None
    except httpx.InvalidURL:
        raise DeliveryError(f"{what}: its address is no URL; mend the secret", permanent=True) from None
    if answer.status_code >= _OK:
        permanent = _CLIENT <= answer.status_code < _SERVER and answer.status_code not in {
            _TOO_MANY,
            _TIMED_OUT,
        }
        raise DeliveryError(
            f"{what} answered HTTP {answer.status_code}: {answer.text[:200]}", permanent=permanent
        )
    return answer


def cut(text: str, longest: int) -> str:
    """At most that many characters; what is cut off ends with an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
