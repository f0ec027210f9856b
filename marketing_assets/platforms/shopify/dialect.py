"""How calls to a Shopify shop carry their token and how its errors are read.

Source: GraphQL Admin 2026-10. Errors inside GraphQL come with HTTP 200 and a code; a refused token, a locked
or unknown shop with a status of their own. A throttled answer tells the points the query wants, those left,
and how many come back a second, so the wait is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Call, Complaint, Failure, PlatformError

CODES: Mapping[str, Failure] = {
    "THROTTLED": Failure.THROTTLE_SHORT,
    "MAX_COST_EXCEEDED": Failure.REDUCE,
    "ACCESS_DENIED": Failure.CONFIG,
    "SHOP_INACTIVE": Failure.CONFIG,
    "INTERNAL_SERVER_ERROR": Failure.TRANSIENT,
}
"""Every code not listed is a mistake in the query: it is not repeated."""

STATUSES: Mapping[int, Failure] = {
    401: Failure.AUTH_DEAD,
    402: Failure.CONFIG,
    403: Failure.CONFIG,
    404: Failure.CONFIG,
    423: Failure.CONFIG,
    430: Failure.THROTTLE_LONG,
}
"""Statuses that mean something else than they do elsewhere, or need a remedy of their own."""

_REMEDIES: Mapping[str | int, str] = {
    "ACCESS_DENIED": "give the app the access scope that the message names, and authorise it anew.",
    "SHOP_INACTIVE": "the shop is closed; reopen it in Shopify, or remove the connection.",
    402: "the shop's plan is unpaid or frozen: settle it in Shopify.",
    404: "there is no such shop: check account_id, the part before .myshopify.com.",
    423: "Shopify has locked the shop: its owner must ask Shopify's support.",
}


class Throttle(msgspec.Struct, rename="camel"):
    """Points of the bucket: at most, now, and how many come back a second."""

    maximum_available: float = 0
    currently_available: float = 0
    restore_rate: float = 0


class Cost(msgspec.Struct, rename="camel"):
    requested_query_cost: float = 0
    throttle_status: Throttle | None = None

    def missing_seconds(self) -> float:
        """How long until the bucket holds what the query asks for."""
        told = self.throttle_status
        if told is None or told.restore_rate <= 0:
            return 0.0
        return max(0.0, self.requested_query_cost - told.currently_available) / told.restore_rate


class Extensions(msgspec.Struct):
    cost: Cost | None = None


class _ErrorExtensions(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    extensions: _ErrorExtensions | None = None


class _Envelope(msgspec.Struct):
    errors: list[_Error] | str | dict[str, Any] | None = None
    extensions: Extensions | None = None


class ShopifyDialect:
    """The token goes in a header of its own. `token` gives the access token of now.

    `own_token` tells that it comes from the tenant's secrets, which authorising anew would not change.
    """

    def __init__(self, *, connection: str, token: Callable[[], str], own_token: bool = False):
        self._connection, self._token = connection, token
        self._dead_remedy = (
            "put a new Admin API access token where the connection's secret access_token points."
            if own_token
            else None
        )

    def __repr__(self) -> str:
        return f"ShopifyDialect({self._connection})"

    def sign(self, call: Call) -> Mapping[str, Any]:
        return {"headers": {"X-Shopify-Access-Token": self._token()}}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        if status != 200:
            return self._of_status(status, body)
        envelope = from_json(body, _Envelope)
        if not envelope.errors:
            return None
        if not isinstance(envelope.errors, list):
            return Complaint(Failure.CONFIG, "refused", _text(envelope.errors))
        error = envelope.errors[0]
        code = error.extensions.code if error.extensions else ""
        failure = CODES.get(code, Failure.CONFIG)
        cost = envelope.extensions.cost if envelope.extensions else None
        wait = cost.missing_seconds() if cost and failure is Failure.THROTTLE_SHORT else None
        return Complaint(failure, code or "graphql", error.message, wait, _REMEDIES.get(code))

    def _of_status(self, status: int, body: bytes) -> Complaint | None:
        failure = STATUSES.get(status)
        if failure is None:
            return None
        try:
            told = from_json(body, _Envelope).errors
        except msgspec.DecodeError:
            told = None
        remedy = self._dead_remedy if failure is Failure.AUTH_DEAD else _REMEDIES.get(status)
        return Complaint(failure, f"http_{status}", _text(told), None, remedy)

    def pause(self, headers: Mapping[str, str]) -> float:
        """Points are told in the body: the client minds them, since it knows what it asks for next."""
        return 0

    def refresh(self) -> None:
        """A shop's token does not expire; a refused one needs a person."""
        message = "the access token is refused"
        raise PlatformError(
            Failure.AUTH_DEAD, connection=self._connection, message=message, remedy=self._dead_remedy
        )


class FileDialect:
    """Results of bulk operations: their address is the key to them, so no token leaves the shop's host."""

    def sign(self, call: Call) -> Mapping[str, Any]:
        return {}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        if status in {401, 403, 404, 410}:
            return Complaint(Failure.CONFIG, f"http_{status}", "the result of the bulk operation is gone")
        return None

    def pause(self, headers: Mapping[str, str]) -> float:
        return 0

    def refresh(self) -> None:
        """There is no token."""


def _text(errors: Any) -> str:
    if errors is None:
        return ""
    return errors if isinstance(errors, str) else msgspec.json.encode(errors).decode()
