"""One ad account on Meta: its facts, and lists page by page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from marketing_assets.platforms.http import Call, Failure, PlatformError, Transport
from marketing_assets.platforms.reading import read

ACCOUNT_FIELDS = "account_id,name,currency,timezone_name,account_status"


class Account(msgspec.Struct):
    """What the client needs to know of the ad account; `timezone_name` is the zone of its days."""

    name: str
    currency: str
    timezone_name: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone_name)


class _Cursors(msgspec.Struct):
    after: str = ""


class _Paging(msgspec.Struct):
    cursors: _Cursors | None = None
    next: str = ""

    def after(self) -> str | None:
        """The next page's cursor; None on the last page, which may well have a cursor but no `next`."""
        if not self.next:
            return None
        named = self.cursors.after if self.cursors else ""
        return named or "".join(parse_qs(urlsplit(self.next).query).get("after", []))


class Summary(msgspec.Struct):
    total_count: int


class Listing(msgspec.Struct):
    """One page of an edge; records stay as they came."""

    data: list[msgspec.Raw]
    paging: _Paging | None = None
    summary: Summary | None = None


@dataclass
class MetaClient:
    """`account_id` without `act_`. `rest` sleeps between polls, in seconds."""

    transport: Transport
    account_id: str
    api_version: str
    rest: Callable[[float], None] = field(default=time.sleep, repr=False)

    def close(self) -> None:
        self.transport.close()

    def path(self, node: str, edge: str = "") -> str:
        return f"/{self.api_version}/{node}" + (f"/{edge}" if edge else "")

    @property
    def node(self) -> str:
        return f"act_{self.account_id}"

    @cached_property
    def account(self) -> Account:
        """The account's facts, asked for once."""
        return read(self.transport, self.account_call, Account)

    @property
    def account_call(self) -> Call:
        return Call("GET", self.path(self.node), {"fields": ACCOUNT_FIELDS})

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[tuple[Call, Listing]]:
        """Every page of an edge, with the call that asked for it."""
        call = Call("GET", path, params)
        used = set()
        while True:
            listing = read(self.transport, call, Listing)
            yield call, listing
            after = listing.paging.after() if listing.paging else None
            if after is None:
                return
            if not after or after in used:
                raise self._circle(call)
            used.add(after)
            call = Call("GET", path, {**params, "after": after})

    def _circle(self, call: Call) -> PlatformError:
        return PlatformError(
            Failure.TRANSIENT,
            connection=self.transport.connection,
            method=call.method,
            path=call.path,
            code="cursor-repeats",
            message="the next page's cursor is missing or came before",
        )
