"""The European Central Bank's euro reference rates over HTTP.

Source: https://www.ecb.europa.eu/stats/eurofxref. Rates appear on working days at about 16:00 Frankfurt time;
dates are calendar days without a zone. No credentials, no paging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import orjson

from marketing_assets.platforms.ecb.rates import Publications, UnreadableRates, in_force, publications
from marketing_assets.platforms.http import Answer, Call, Complaint, Failure, Limits, Transport
from marketing_assets.platforms.platform import Control, Page, Window
from marketing_assets.tenants import Connection, Tenant

BASE_URL = "https://www.ecb.europa.eu"
LIMITS = Limits(calls_per_second=2, burst=3, concurrency=1)

DAILY = "/stats/eurofxref/eurofxref-daily.xml"
NINETY_DAYS = "/stats/eurofxref/eurofxref-hist-90d.xml"
HISTORY = "/stats/eurofxref/eurofxref-hist.zip"

_SAFE_IN_90_DAYS = 80
"""Windows that begin at most so many days ago are looked for in the 90-day file first."""


class EcbDialect:
    """No credentials; an answer that holds no rates is a passing failure."""

    def sign(self, call: Call) -> Mapping[str, Any]:
        return {}

    def complaint(self, status: int, headers: Mapping[str, str], body: bytes) -> Complaint | None:
        if status == 404:
            remedy = "check the connection's base_url."
            return Complaint(Failure.CONFIG, "404", "there is no such file", remedy=remedy)
        if status != 200:
            return None  # the status says it all
        try:
            publications(body)
        except UnreadableRates as error:
            return Complaint(Failure.TRANSIENT, "unreadable", f"no reference rates in the answer: {error}")
        return None

    def pause(self, headers: Mapping[str, str]) -> float:
        return 0

    def refresh(self) -> None:
        """There is no token."""


@dataclass(frozen=True)
class EcbClient:
    """The rates as one tenant reads them."""

    transport: Transport

    def close(self) -> None:
        self.transport.close()


def connect(
    tenant: Tenant, connection: Connection, sleep: Callable[[float], None] | None = None
) -> EcbClient:
    """A client; `sleep` waits between tries."""
    base_url = str(connection.base_url or BASE_URL)
    label = f"{tenant.id}/ecb/{connection.account_id or 'eurofxref'}"
    return EcbClient(
        Transport(connection=label, base_url=base_url, dialect=EcbDialect(), limits=LIMITS, sleep=sleep)
    )


def prove(client: EcbClient) -> str:
    found = publications(client.transport.send(Call("GET", DAILY)).body)
    day = max(found)
    return f"{len(found[day])} reference rates of {day}"


def files_for(first: date, today: date) -> tuple[str, ...]:
    """The files that may hold a window which begins on `first`, smallest first."""
    age = (today - first).days
    if age <= 0:
        return DAILY, NINETY_DAYS, HISTORY
    return (NINETY_DAYS, HISTORY) if age <= _SAFE_IN_90_DAYS else (HISTORY,)


def fetch_rates(client: EcbClient, window: Window) -> Iterator[Page | Control]:
    """One record per currency and day of the window: `{date, currency, rate, rate_date}`.

    A day without a publication in the 7 days before it has no record; the page's envelope lists such days.
    """
    path, answer, found = _smallest_file(client, window)
    in_force_on = {day: in_force(found, day) for day in window.days}
    yield Page(
        request={"method": "GET", "path": path, "params": {}},
        records=[r for day, published in in_force_on.items() for r in _records(found, day, published)],
        envelope={
            "last_modified": answer.headers.get("last-modified", ""),
            "first_publication": min(found).isoformat(),
            "last_publication": max(found).isoformat(),
            "days_without_rates": [str(day) for day, published in in_force_on.items() if published is None],
        },
    )
    for day, published in in_force_on.items():
        yield Control(day, {"rows": Decimal(len(found[published]) if published else 0)})


def _smallest_file(client: EcbClient, window: Window) -> tuple[str, Answer, Publications]:
    """The smallest file that reaches back to the publication in force on the window's first day.

    A file holds every publication from its first to its last, so one that begins on or before the window's
    first day holds the latest publication before each of the window's days.
    """
    files = files_for(window.days.first, window.now.astimezone(UTC).date())
    for path in files:
        answer = client.transport.send(Call("GET", path))
        found = publications(answer.body)
        if path == HISTORY or min(found) <= window.days.first:
            break
    return path, answer, found


def _records(found: Publications, day: date, published: date | None) -> Iterator[bytes]:
    if published is None:
        return
    for currency, rate in found[published].items():
        yield orjson.dumps(
            {"date": day.isoformat(), "currency": currency, "rate": rate, "rate_date": published.isoformat()}
        )
