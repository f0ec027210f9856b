"""Opaque cursors: the place after which a listing goes on, sealed against guessing and other listings."""

import base64
import binascii
import hashlib

import orjson

from marketing_assets.sandbox.apis.shopee.envelope import bad_parameter

Place = tuple[int, str]
"""``(value of the sorted time field, order number)``."""


def _seal(listing: str, body: bytes) -> bytes:
    return hashlib.blake2b(body, key=b"cursor/" + listing.encode()[:50], digest_size=6).digest()


def write(listing: str, place: Place) -> str:
    body = orjson.dumps(place)
    return base64.urlsafe_b64encode(_seal(listing, body) + body).decode().rstrip("=")


def read(listing: str, cursor: str) -> Place:
    """Refuses what this listing never gave."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raise bad_parameter("the cursor is invalid") from None
    if _seal(listing, raw[6:]) != raw[:6]:
        raise bad_parameter("the cursor is invalid")
    at, sn = orjson.loads(raw[6:])
    return int(at), str(sn)
