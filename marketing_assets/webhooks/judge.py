"""Whether a message is taken: its signature, its age, its words. Pure but for the clock it is given."""

from __future__ import annotations

import hmac
from hashlib import blake2b

import msgspec

from marketing_assets.platforms.webhooks import Incoming, Told
from marketing_assets.webhooks.endpoints import Endpoint, Shop, address
from marketing_assets.webhooks.inbox import Message

TOLERANCE_SECONDS = 86_400
"""How far the signed instant of sending may lie from now; platforms try again for hours."""

MEMORY_SECONDS = 30 * 86_400
"""How long a message that left the inbox is remembered; longer than any that is tried again."""


class Refused(Exception):
    """A message that is not taken: HTTP status and the reason in words that hold nothing of the message."""

    def __init__(self, status: int, reason: str):
        self.status, self.reason = status, reason
        super().__init__(status, reason)


def judge(endpoint: Endpoint, incoming: Incoming, now: float) -> Message:
    """What is kept of a message (`now` in Unix seconds); raises `Refused`."""
    shops, given = _signers(endpoint, incoming)
    try:
        told = endpoint.scheme.read(incoming)
    except (ValueError, msgspec.DecodeError, RecursionError):
        # Without its cause, which may quote the message.
        raise Refused(400, "malformed") from None
    if told.sent_at is not None and abs(told.sent_at.timestamp() - now) > TOLERANCE_SECONDS:
        raise Refused(401, "stale")
    account = _account(shops, told)
    return Message(
        _digest(endpoint, account, given),
        endpoint.tenant,
        endpoint.platform,
        account,
        told.topic,
        told.order_id,
        told.created_at.timestamp() if told.created_at else None,
        told.updated_at.timestamp() if told.updated_at else None,
        now,
        told.request,
    )


def _signers(endpoint: Endpoint, incoming: Incoming) -> tuple[list[Shop], bytes]:
    """The shops whose key signed the message, and the signature."""
    given = endpoint.scheme.signature(incoming.headers)
    if given is None:
        raise Refused(401, "unsigned")
    shops = [
        shop
        for shop in endpoint.shops
        if any(_is_signed(endpoint, shop, key, incoming, given) for key in shop.keys)
    ]
    if not shops:
        raise Refused(401, "wrong signature")
    return shops, given


def _is_signed(endpoint: Endpoint, shop: Shop, key: bytes, incoming: Incoming, given: bytes) -> bool:
    expected = hmac.digest(key, endpoint.scheme.signed(incoming, shop.connection), "sha256")
    return hmac.compare_digest(expected, given)


def _account(shops: list[Shop], told: Told) -> str:
    """The shop that the message is of, which must be one whose key signed it."""
    accounts = [shop.connection.account_id for shop in shops]
    if told.account in accounts:
        return told.account
    if told.account or len(accounts) > 1:
        raise Refused(404, "unknown account")
    return accounts[0]


def _digest(endpoint: Endpoint, account: str, signature: bytes) -> bytes:
    """Tells a message from any other. It is made of the signature: that is of the body under a key, so it
    neither gives the body away nor changes when somebody changes a header that is not signed."""
    place = address(endpoint.tenant, endpoint.platform, account).encode()
    return blake2b(signature, key=blake2b(place, digest_size=32).digest(), digest_size=16).digest()
