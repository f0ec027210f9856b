"""Keeps secret values out of logs and errors.

Every secret and token this process reads is registered here; whatever is written for people passes through
`redact` first. The register is one per process because a secret must not show up in another tenant's log
either.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"

_known: set[str] = set()
_lock = threading.Lock()


def register_secret(value: str) -> str:
    """Remember a value that must never be written; returns it unchanged."""
    if value:
        with _lock:
            _known.add(value)
    return value


def redact(text: str, also: Iterable[str] = ()) -> str:
    """`text` with every registered secret, and every value of `also`, replaced by `***`.

    A secret is found as it is, percent-encoded and JSON-escaped. Overlapping finds become one mask, so no
    piece of either stays behind.
    """
    with _lock:
        secrets = _known.union(also)
    spans = sorted(
        span for secret in secrets if secret for form in _forms(secret) for span in _finds(text, form)
    )
    written, end = [], 0
    for start, stop in spans:
        if start >= end:
            written += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*written, text[end:]])


def _forms(secret: str) -> set[str]:
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)} | escaped


def _finds(text: str, part: str) -> Iterable[tuple[int, int]]:
    start = text.find(part)
    while start >= 0:
        yield start, start + len(part)
        start = text.find(part, start + 1)
