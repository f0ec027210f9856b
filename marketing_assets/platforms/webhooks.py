"""How a platform signs and words the messages that it pushes. Pure; the receiver calls it."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from marketing_assets.tenants import Connection

Headers = Mapping[bytes, bytes]
"""Header values by name in lower case."""

WEBHOOK_SECRETS = {
    "webhook_secret": "What signs pushed messages, where the console shows a key of their own for them.",
    "previous_webhook_secret": "What signed them before; accepted beside the new one during a rotation.",
}
"""Optional secrets of every platform that pushes."""

_SAFE = re.compile(r"[A-Za-z0-9._/-]{0,64}")
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Incoming:
    """A pushed message as it came; `url` is the address that the platform called."""

    url: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """What is asked in a person's name: `kind` is `erase`, `access` or `shop_left` (all of a shop's data).

    `subject` is whom it is about, (kind, value) as in `marketing privacy erase`, in clear: it is hashed
    before it is kept. `reference` is how the platform calls the request, without personal data.
    """

    kind: str
    subject: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What is kept of a message: no personal data. Instants are aware UTC; what is not told is empty.

    `account` is the shop that it speaks of, `sent_at` the instant of sending, where that is signed too.
    `request` is what it asks in a person's name, which is hashed and kept apart.
    """

    topic: str
    account: str = ""
    order_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    sent_at: datetime | None = None
    request: PrivacyRequest | None = None


@dataclass(frozen=True)
class Scheme:
    """A platform's pushes. All of them sign with HMAC-SHA256.

    `secret` names the connection's secret that signs, unless it has a `webhook_secret`. `signature` gives the
    digest that came with a message (None: unsigned or no digest), `signed` the text that it should be of.
    `read` raises `ValueError` where the body is not what the platform sends.
    """

    secret: str
    signature: Callable[[Headers], bytes | None]
    signed: Callable[[Incoming, Connection], bytes]
    read: Callable[[Incoming], Told]


def hex_digest(value: bytes | None) -> bytes | None:
    """The bytes of a digest in hexadecimal digits; None where it is none."""
    try:
        digest = binascii.unhexlify(value or b"")
    except binascii.Error:
        return None
    return digest if len(digest) == _DIGEST_BYTES else None


def base64_digest(value: bytes | None) -> bytes | None:
    """The bytes of a digest in base64; None where it is none."""
    try:
        digest = b64decode(value or b"", validate=True)
    except binascii.Error:
        return None
    return digest if len(digest) == _DIGEST_BYTES else None


def safe(text: str) -> str:
    """An id or topic of plain characters, as it is; raises `ValueError` where it is something else."""
    if not _SAFE.fullmatch(text):
        raise ValueError("an id or topic holds other characters than ids do")
    return text


def instant(seconds: int | None) -> datetime | None:
    """Unix seconds as an instant; raises `ValueError` where there is no such instant."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError):
        raise ValueError("a time lies outside the calendar") from None
