"""How calls to Shopee's Open Platform are signed and how its errors are read.

Source: Open Platform v2. Every call carries partner_id, timestamp (Unix seconds, at most 5 minutes off) and a
sign over partner, full path, timestamp and, for a shop's calls, access token and shop. Errors stand in the
body's `error`, whatever the HTTP status.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Call, Complaint, Failure
from marketing_assets.platforms.renewing import RenewedTokens

CLASSES: Mapping[str, Failure] = {
    "error_sign": Failure.CONFIG,
    "error_auth": Failure.AUTH_REFRESH,
    "invalid_acceess_token": Failure.AUTH_REFRESH,
    "invalid_access_token": Failure.AUTH_REFRESH,
    "error_param": Failure.CONFIG,
    "error_permission": Failure.CONFIG,
    "error_api_permission": Failure.CONFIG,
    "shop_no_linked": Failure.AUTH_DEAD,
    "partner_shop_no_link": Failure.AUTH_DEAD,
    "shop_banned": Failure.AUTH_DEAD,
    "error_rate_limit": Failure.THROTTLE_SHORT,
    "error_limit": Failure.QUOTA_DAY,
    "error_server": Failure.TRANSIENT,
    "error_inner": Failure.TRANSIENT,
    "error_network": Failure.TRANSIENT,
    "error_busy": Failure.TRANSIENT,
    "source_ip_undeclared": Failure.CONFIG,
    "error_partner_key_expired": Failure.CONFIG,
    "invalid_code": Failure.AUTH_DEAD,
    "error_shop_refresh_token": Failure.AUTH_DEAD,
    "error_merchant_refresh_token": Failure.AUTH_DEAD,
    "refresh_token_expired": Failure.AUTH_DEAD,
}
"""Every error not listed is a mistake in the call: it is not repeated."""

_REMEDIES = {
    "error_sign": "check the connection's secret partner_key and setting partner_id: they must be one app's.",
    "error_partner_key_expired": "make a new key in Shopee's console and put it in the secret partner_key.",
    "source_ip_undeclared": "add this machine's address to the app's IP whitelist in Shopee's console.",
    "error_permission": "give the app the permission for this API in Shopee's console.",
    "error_api_permission": "give the app the permission for this API in Shopee's console.",
}
_CLOCK_REMEDY = "set this machine's clock (NTP): Shopee refuses calls signed more than 5 minutes off."

_RESET_ZONE_SECONDS = 8 * 3600
"""Daily quotas begin anew at 00:00 UTC+8."""
_DAY_SECONDS = 86_400


def signature(
    partner_key: str, partner_id: int, path: str, timestamp: int, token: str = "", owner: str = ""
) -> str:
    """The `sign` of a call: lower-case hex HMAC-SHA256.

    `owner` is the shop or merchant that `token` belongs to; public calls have neither.
    """
    base = f"{partner_id}{path}{timestamp}{token}{owner}"
    return hmac.new(partner_key.encode(), base.encode(), hashlib.sha256).hexdigest()


class _Envelope(msgspec.Struct):
    error: str | None = None
    message: str | None = None


def read_complaint(status: int, body: bytes, now: float) -> Complaint | None:
    """The failure in an answer; a missing or empty `error` is a success. `now` is Unix seconds."""
    try:
        envelope = from_json(body, _Envelope)
    except msgspec.DecodeError:
        if status == 200:
            raise
        return None  # an error page; its status decides
    code, message = envelope.error, envelope.message or ""
    if not code:
        return None
    name = code if code in CLASSES else code.rpartition(".")[2]  # "module.error_name" in some modules
    failure = CLASSES.get(name, Failure.CONFIG)
    wait = _seconds_to_reset(now) if failure is Failure.QUOTA_DAY else None
    late = name == "error_param" and "timestamp" in message.lower()
    return Complaint(failure, code, message, wait, _CLOCK_REMEDY if late else _REMEDIES.get(name))


def _seconds_to_reset(now: float) -> float:
    return _DAY_SECONDS - (now + _RESET_ZONE_SECONDS) % _DAY_SECONDS


class _Signing:
    """What shop calls and public calls have in common."""

    def __init__(self, *, partner_id: int, partner_key: str, now: Callable[[], float] = time.time):
        self._partner_id, self._partner_key, self._now = partner_id, partner_key, now

    def __repr__(self) -> str:
        return f"{type(self).__name__}(partner {self._partner_id})"

    def _signed(self, call: Call, token: str = "", owner: str = "") -> dict[str, str]:
        timestamp = int(self._now())
        sign = signature(self._partner_key, self._partner_id, call.path, timestamp, token, owner)
        return {"partner_id": str(self._partner_id), "timestamp": str(timestamp), "sign": sign}

    def pause(self, headers: Mapping[str, str]) -> float:
        """Shopee tells no usage."""
        return 0


class PublicDialect(_Signing):
    """Calls without a shop: exchanging codes and refresh tokens. Their refusal means that consent is gone."""

    def sign(self, call: Call) -> Mapping[str, Any]:
        return {"params": self._signed(call)}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        complaint = read_complaint(status, body, self._now())
        if complaint and complaint.failure is Failure.AUTH_REFRESH:
            return replace(complaint, failure=Failure.AUTH_DEAD)
        return complaint

    def refresh(self) -> None:
        """There is no token."""


class ShopDialect(_Signing):
    """Calls on behalf of a shop, with an access token that is renewed before it expires."""

    def __init__(
        self,
        *,
        partner_id: int,
        partner_key: str,
        shop_id: str,
        tokens: RenewedTokens,
        now: Callable[[], float] = time.time,
    ):
        super().__init__(partner_id=partner_id, partner_key=partner_key, now=now)
        self._shop_id, self._tokens = shop_id, tokens

    def sign(self, call: Call) -> Mapping[str, Any]:
        token = self._tokens.access_token()
        signed = self._signed(call, token, self._shop_id)
        return {"params": {**signed, "access_token": token, "shop_id": self._shop_id}}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        return read_complaint(status, body, self._now())

    def refresh(self) -> None:
        self._tokens.renew()
