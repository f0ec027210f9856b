"""Shopee's signature: lower-case hex HMAC-SHA256 under the partner key as text.

Only these parts are signed; other query parameters and the body are not.
"""

import hashlib
import hmac


def sign(
    partner_key: str, partner_id: int, path: str, timestamp: int, token: str = "", owner_id: str = ""
) -> str:
    """``path`` with ``/api/v2``; ``token`` and ``owner_id`` (shop or merchant) where the call has them."""
    base = f"{partner_id}{path}{timestamp}{token}{owner_id}"
    return hmac.new(partner_key.encode(), base.encode(), hashlib.sha256).hexdigest()


def sign_push(partner_key: str, callback_url: str, raw_body: bytes) -> str:
    """The Authorization header of a push message."""
    return hmac.new(partner_key.encode(), callback_url.encode() + b"|" + raw_body, hashlib.sha256).hexdigest()
