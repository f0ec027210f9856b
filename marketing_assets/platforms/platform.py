"""What a platform declares: its tables, how each is fetched, and what a connection to it needs.

A platform knows nothing of Dagster assets or of the warehouse. Fetching yields `Page`s (records as the
platform sent them) and `Control`s (what the platform says the records should add up to).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ConfigDict

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.http import Counters
from marketing_assets.platforms.webhooks import Scheme
from marketing_assets.schema import Table
from marketing_assets.tenants import Connection, Tenant


@dataclass(frozen=True)
class Window:
    """What is asked of a platform: local days of a zone, as seen at `now` (an aware UTC instant).

    `zone` is the tenant's time zone. Ad platforms answer in the ad account's own days and ignore it.
    """

    days: DayRange
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True)
class Page:
    """Records of one answer.

    `records` holds each record's JSON text as sent. `request` names method, path and parameters without
    secrets. `envelope` is what stood around the records and is worth keeping (request ids, cursors).
    """

    request: Mapping[str, Any]
    records: Sequence[bytes]
    envelope: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Control:
    """What the platform itself says of one day, counted in a second way.

    `figures` maps a name in the table contract's `control` (`rows` counts records) to its total.
    """

    day: date
    figures: Mapping[str, Decimal]


class Source(Protocol):
    """What a client reads from, an HTTP transport or a folder: it counts what it does."""

    counters: Counters


class Client(Protocol):
    """One connection's API, or what stands for it. `transport` carries the call counters."""

    transport: Source

    def close(self) -> None: ...


class Refresh(StrEnum):
    """What a scheduled refresh of a table fetches again."""

    CHANGED = "days whose records changed since the last refresh"
    RESTATED = "the days whose numbers may still change"
    SNAPSHOT = "today, as of now; past days are never filled with today's state"


@dataclass(frozen=True)
class RawTable:
    """A table of a platform: its contract, how often it changes and how it is fetched.

    `fetch` yields the pages of a window, then its controls. For `SNAPSHOT` tables the window is one day.
    `restatement_days` is how many days back numbers may still change. `history_days` is how many days back
    the platform tells anything (0 = without limit): older days are never fetched, so that what was kept of
    them stays.
    """

    contract: Table
    refresh: Refresh
    fetch: Callable[[Any, Window], Iterator[Page | Control]]
    restatement_days: int = 0
    history_days: int = 0

    @property
    def name(self) -> str:
        return self.contract.name


class NoSettings(BaseModel):
    """A connection without settings of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Secrets(Protocol):
    """Reads the secrets of one connection by name."""

    def __call__(self, name: str) -> str: ...


@dataclass(frozen=True)
class Platform:
    """A platform: everything the rest of the house needs to know of it.

    `changed_days` gives the local days (of the given zone) whose records changed between two instants, each
    with the instant of its newest change. `order_times` gives the instants at which orders were created, by
    id, of those that the shop knows. `webhooks` is how messages that it pushes are signed. `authorize` walks
    a person through the platform's consent. `prove` makes the cheapest call that shows a connection works
    and returns one line for a person. `secrets` and `optional_secrets` say of each secret, by name, what it
    is. `base_url` is empty where nothing is asked over HTTP; such a platform is implicit and takes no
    connection.
    """

    name: str
    title: str
    kind: Literal["commerce", "ads", "reference", "costs"]
    base_url: str
    tables: tuple[RawTable, ...]
    connect: Callable[[Tenant, Connection], Any]
    prove: Callable[[Any], str]
    settings: type[BaseModel] = NoSettings
    secrets: Mapping[str, str] = field(default_factory=dict)
    optional_secrets: Mapping[str, str] = field(default_factory=dict)
    changed_days: Callable[[Any, datetime, datetime, ZoneInfo], Mapping[date, datetime]] | None = None
    order_times: Callable[[Any, Sequence[str]], Mapping[str, datetime]] | None = None
    authorize: Callable[..., str] | None = None
    webhooks: Scheme | None = None
    backfill_days: int = 30
    """How many days of history are fetched at once: about what one call tells."""
    implicit: bool = False
    """Every tenant has it without a connection in its YAML (public reference data, files)."""


def with_context(record: bytes, context: Mapping[str, Any]) -> bytes:
    """A record's JSON text with facts that only the request knew, under `_context`."""
    body = bytes(record).rstrip()
    separator = b"" if body[:-1].rstrip().endswith(b"{") else b","
    return body[:-1] + separator + b'"_context":' + orjson.dumps(context) + b"}"
