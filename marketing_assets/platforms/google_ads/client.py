"""One Google Ads account: queries as streams, counts, and the account's facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.platforms.google_ads.fields import selected
from marketing_assets.platforms.google_ads.tables import ACCOUNTS
from marketing_assets.platforms.http import Call, Failure, PlatformError, Transport
from marketing_assets.platforms.platform import Page
from marketing_assets.platforms.reading import read, request_of


@dataclass(frozen=True)
class Query:
    """A question in Google's query language, by its clauses."""

    fields: Sequence[str]
    resource: str
    where: str = ""
    limit: int | None = None

    def __str__(self) -> str:
        text = f"SELECT {', '.join(self.fields)} FROM {self.resource}"
        text += f" WHERE {self.where}" if self.where else ""
        return text + (f" LIMIT {self.limit}" if self.limit is not None else "")


class Customer(msgspec.Struct, rename="camel"):
    """What the client needs to know of the account; `time_zone` is the zone of its days."""

    currency_code: str
    time_zone: str
    descriptive_name: str = ""
    manager: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class _Account(msgspec.Struct):
    customer: Customer


class Batch(msgspec.Struct, rename="camel"):
    """One piece of a stream; records stay as they came."""

    results: list[msgspec.Raw] = []
    request_id: str = ""


class _Counted(msgspec.Struct, rename="camel"):
    total_results_count: str = ""


@dataclass
class GoogleAdsClient:
    """`customer_id` is digits only."""

    transport: Transport
    customer_id: str
    api_version: str

    def close(self) -> None:
        self.transport.close()

    def call(self, method: str, query: Query, **settings: Any) -> Call:
        path = f"/{self.api_version}/customers/{self.customer_id}/googleAds:{method}"
        return Call("POST", path, json={"query": str(query), **settings})

    def stream(self, query: Query) -> tuple[Call, list[Batch]]:
        """The whole answer to a query, in the pieces it came in; none where nothing was found."""
        call = self.call("searchStream", query)
        return call, read(self.transport, call, list[Batch])

    def pages(self, query: Query) -> Iterator[Page]:
        """The answer to a query as pages; one without records where nothing was found."""
        call, batches = self.stream(query)
        for batch in batches or [Batch()]:
            envelope = {"requestId": batch.request_id} if batch.request_id else {}
            yield Page(request_of(call), [bytes(record) for record in batch.results], envelope)

    def count(self, query: Query) -> int:
        """How many rows a query finds, by Google's own count and without the rows."""
        settings = {"returnTotalResultsCount": True, "omitResults": True}
        call = self.call("search", query, searchSettings=settings)
        told = read(self.transport, call, _Counted).total_results_count
        if not told.isdigit():
            raise self._unexpected(call, "the answer has no totalResultsCount")
        return int(told)

    @cached_property
    def account(self) -> Customer:
        """The account's facts, asked for once."""
        call, batches = self.stream(Query(selected(ACCOUNTS.columns), "customer"))
        found = [record for batch in batches for record in batch.results]
        if len(found) != 1:
            raise self._unexpected(call, f"{len(found)} accounts were found, where one was asked for")
        return from_json(found[0], _Account).customer

    def _unexpected(self, call: Call, message: str) -> PlatformError:
        return PlatformError(
            Failure.CONFIG,
            connection=self.transport.connection,
            method=call.method,
            path=call.path,
            code="unexpected-answer",
            message=message,
        )
