"""One shop on Shopify: queries that mind their cost, and what the app may see."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from marketing_assets.platforms.http import Answer, Call, Failure, PlatformError, Transport
from marketing_assets.platforms.reading import decode
from marketing_assets.platforms.shopify.dialect import Extensions
from marketing_assets.platforms.shopify.queries import SCOPES, Query

T = TypeVar("T")

VERSION_HEADER = "x-shopify-api-version"
ALL_ORDERS = "read_all_orders"
_LOG = logging.getLogger(__name__)


class _Body(msgspec.Struct):
    data: msgspec.Raw
    extensions: Extensions | None = None


class _Scope(msgspec.Struct):
    handle: str


class _Installation(msgspec.Struct, rename="camel"):
    access_scopes: list[_Scope]


class _Scopes(msgspec.Struct, rename="camel"):
    current_app_installation: _Installation


class Pace:
    """How long to wait before a query, from the points that earlier answers told. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._costs: dict[str, float] = {}
        self._available = self._rate = 0.0
        self._at: float | None = None

    def learn(self, what: str, extensions: Extensions | None) -> None:
        cost = extensions.cost if extensions else None
        if cost is None or cost.throttle_status is None:
            return
        self._costs[what] = cost.requested_query_cost
        self._available, self._rate = (
            cost.throttle_status.currently_available,
            cost.throttle_status.restore_rate,
        )
        self._at = self._clock()

    def wait(self, what: str) -> float:
        """Seconds until the bucket holds the points of a query whose cost is known; else 0."""
        if self._at is None or what not in self._costs or self._rate <= 0:
            return 0.0
        available = self._available + (self._clock() - self._at) * self._rate
        return max(0.0, self._costs[what] - available) / self._rate


@dataclass
class ShopifyClient:
    """`shop_id` is the part before `.myshopify.com`. `files` fetches results of bulk operations.

    `rest` sleeps, in seconds. `served_version` is the API version that the last answer came from.
    """

    transport: Transport
    files: Transport
    shop_id: str
    api_version: str
    rest: Callable[[float], None] = field(default=time.sleep, repr=False)
    pace: Pace = field(default_factory=Pace, repr=False)
    served_version: str = ""
    _sizes: dict[str, int] = field(default_factory=dict, repr=False)

    def close(self) -> None:
        self.files.close()
        self.transport.close()

    def call(self, query: Query, variables: Mapping[str, Any]) -> Call:
        path = f"/admin/api/{self.api_version}/graphql.json"
        body = {"query": query.text, "operationName": query.name, "variables": dict(variables)}
        return Call("POST", path, json=body)

    def ask(self, query: Query, variables: Mapping[str, Any], shape: type[T]) -> T:
        """The data of an answer, decoded as far as `shape` asks; waits as long as its points are missing."""
        call = self.call(query, variables)
        what = f"{query.name}/{variables.get('first', '')}"
        if (wait := self.pace.wait(what)) > 0:
            self.transport.counters.throttled_seconds += wait
            self.rest(wait)
        answer = self.transport.send(call)
        self._note_version(answer.headers.get(VERSION_HEADER, ""))
        body = decode(self.transport, call, answer, _Body)
        self.pace.learn(what, body.extensions)
        return decode(self.transport, call, Answer(answer.status, answer.headers, bytes(body.data)), shape)

    def ask_page(self, query: Query, variables: Mapping[str, Any], shape: type[T]) -> tuple[Call, T]:
        """A page of a connection, with the call that got it. A page that is too dear is halved, for good."""
        while True:
            size = self._sizes.get(query.name, query.first)
            asked = {**variables, "first": size}
            try:
                return self.call(query, asked), self.ask(query, asked, shape)
            except PlatformError as error:
                if error.failure is not Failure.REDUCE or size == 1:
                    raise
                self._sizes[query.name] = size // 2

    @cached_property
    def scopes(self) -> frozenset[str]:
        """What the app may see and do in the shop."""
        told = self.ask(SCOPES, {}, _Scopes).current_app_installation
        return frozenset(scope.handle for scope in told.access_scopes)

    @property
    def other_version(self) -> str:
        """The API version that answers where it is not the one asked for, else empty."""
        return self.served_version if self.served_version not in {"", self.api_version} else ""

    def request_of(self, call: Call) -> Mapping[str, Any]:
        """A call as a page names it: operation and variables, without the text of the query."""
        told = {name: call.json[name] for name in ("operationName", "variables")}
        return {"method": call.method, "path": call.path, "params": {}, "json": told}

    def _note_version(self, served: str) -> None:
        news = served and served != self.served_version
        self.served_version = served or self.served_version
        if news and self.other_version:
            _LOG.warning(
                "%s: Shopify no longer serves API version %s and answers with %s; set api_version and check "
                "what changed",
                self.transport.connection,
                self.api_version,
                served,
            )
