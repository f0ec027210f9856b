"""Meta insights by ad and day, with the account's totals as control.

Days are the ad account's days and money is in its currency, major units, as decimal strings. Short windows
are asked for directly, longer ones as asynchronous runs. Where Meta says "reduce the amount of data" the same
question is asked in smaller parts: fewer days, then single campaigns, ad sets and ads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import orjson

from marketing_assets.decoding import from_json
from marketing_assets.partitions import DayRange, local_day
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.meta_ads.client import MetaClient
from marketing_assets.platforms.meta_ads.runs import completed_run
from marketing_assets.platforms.meta_ads.statuses import STATUSES
from marketing_assets.platforms.platform import Control, Page, Window, with_context
from marketing_assets.platforms.reading import request_of
from marketing_assets.schema import Table

LONGEST_ASK = 30
LONGEST_DIRECT = 7
"""Days of one report, and of one that is not asynchronous."""
PAGE = 500
MOST_IDS = 100
"""Object ids in one filter, so that addresses stay short."""
REACH_HISTORY = timedelta(days=390)
"""With breakdowns, `reach` goes back 13 months only."""

LEVELS = ("campaign", "adset", "ad")
FIGURES = ("impressions", "clicks", "inline_link_clicks", "spend")


@dataclass(frozen=True)
class Ask:
    """One report. `within` names the level and ids it is restricted to; `run` makes it asynchronous."""

    days: DayRange
    level: str
    fields: tuple[str, ...]
    breakdowns: tuple[str, ...] = ()
    within: tuple[str, tuple[str, ...]] | None = None
    run: bool = False

    def params(self) -> dict[str, str]:
        params = {
            "level": self.level,
            "time_range": _json({"since": str(self.days.first), "until": str(self.days.last)}),
            "time_increment": "1",
            "fields": ",".join(self.fields),
        }
        conditions = self._conditions()
        if conditions:
            params["filtering"] = _json(conditions)
        if self.breakdowns:
            params["breakdowns"] = ",".join(self.breakdowns)
        return params

    def _conditions(self) -> list[dict[str, Any]]:
        """The account's own totals count every ad; a filter could only lose some."""
        found = []
        if self.level in STATUSES:
            found.append(_condition(f"{self.level}.effective_status", STATUSES[self.level]))
        if self.within:
            level, ids = self.within
            found.append(_condition(f"{level}.id", ids))
        return found


def _condition(field: str, values: Sequence[str]) -> dict[str, Any]:
    return {"field": field, "operator": "IN", "value": list(values)}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def fetch_insights(
    contract: Table, breakdowns: tuple[str, ...] = ()
) -> Callable[[MetaClient, Window], Iterator[Page | Control]]:
    """The fetch of one insights table: its fields are the contract's columns.

    Records carry `_context.timezone_name`; the controls are the account's totals, zero on days without any.
    Numbers of recent days move while they are read, so the totals are asked for before and after the rows.
    """
    fields = tuple(c.name for c in contract.columns if c.path[0] != "_context" and c.name not in breakdowns)

    def fetch(client: MetaClient, window: Window) -> Iterator[Page | Control]:
        # Further east it may be tomorrow already; the account's tomorrow cannot be asked for.
        days = _until(window.days, local_day(window.now, client.account.zone))
        before = _totals(client, days) if days else {}
        asks = _asks(days, fields, breakdowns, window)
        for pages in client.transport.map(lambda ask: report(client, ask), asks):
            yield from pages
        after = _totals(client, days) if days else {}
        for day in window.days:
            for totals in (before, after):
                yield Control(day, totals.get(day, dict.fromkeys(FIGURES, Decimal(0))))

    return fetch


def _until(days: DayRange, today: date) -> DayRange | None:
    return DayRange(days.first, min(days.last, today)) if days.first <= today else None


def _asks(
    days: DayRange | None, fields: tuple[str, ...], breakdowns: tuple[str, ...], window: Window
) -> Iterator[Ask]:
    for chunk in days.chunks(LONGEST_ASK) if days else []:
        too_old = bool(breakdowns) and chunk.first < (window.now - REACH_HISTORY).date()
        asked = tuple(name for name in fields if not (too_old and name == "reach"))
        yield Ask(chunk, "ad", asked, breakdowns, run=len(chunk) > LONGEST_DIRECT)


class _Total(msgspec.Struct):
    date_start: date
    impressions: Decimal = Decimal(0)
    clicks: Decimal = Decimal(0)
    inline_link_clicks: Decimal = Decimal(0)
    spend: Decimal = Decimal(0)


def _totals(client: MetaClient, days: DayRange) -> dict[date, dict[str, Decimal]]:
    """The account's own totals by day; days without delivery have none."""
    totals: dict[date, dict[str, Decimal]] = {}
    asks = (Ask(chunk, "account", FIGURES) for chunk in days.chunks(LONGEST_ASK))
    for pages in client.transport.map(lambda ask: report(client, ask), asks):
        for record in (record for page in pages for record in page.records):
            row = from_json(record, _Total)
            day = totals.setdefault(row.date_start, dict.fromkeys(FIGURES, Decimal(0)))
            for name in FIGURES:
                day[name] += getattr(row, name)
    return totals


def report(client: MetaClient, ask: Ask) -> list[Page]:
    """The pages of a report, asked for in as many parts as Meta needs."""
    try:
        return _pages(client, ask)
    except PlatformError as error:
        if error.failure is not Failure.REDUCE:
            raise
        parts = smaller(client, ask, error)
    return [page for part in parts for page in report(client, part)]


def _pages(client: MetaClient, ask: Ask) -> list[Page]:
    """One report in whole: a refusal half-way leaves no page of it behind."""
    params = ask.params()
    node = completed_run(client, params) if ask.run else client.node
    run = {"report_run_id": node, "report": params} if ask.run else {}
    context = {"timezone_name": client.account.timezone_name}
    listings = client.pages(client.path(node, "insights"), {"limit": str(PAGE)} | ({} if ask.run else params))
    return [
        Page(request_of(call), [with_context(bytes(raw), context) for raw in listing.data], run)
        for call, listing in listings
    ]


def smaller(client: MetaClient, ask: Ask, error: PlatformError) -> list[Ask]:
    """The same question in smaller parts; raises where one ad's day is still too much."""
    if not ask.run:
        return [replace(ask, run=True)]
    if len(ask.days) > 1:
        return [replace(ask, days=half) for half in ask.days.chunks((len(ask.days) + 1) // 2)]
    level, ids = ask.within or ("", ())
    if len(ids) < 2:
        level, ids = _below(client, ask, level, error)
    size = min(MOST_IDS, max(1, (len(ids) + 1) // 2))
    return [replace(ask, within=(level, ids[i : i + size])) for i in range(0, len(ids), size)]


def _below(client: MetaClient, ask: Ask, level: str, error: PlatformError) -> tuple[str, tuple[str, ...]]:
    """The next lower level and the ids on it that have rows on the day, deleted objects included."""
    place = LEVELS.index(level) + 1 if level else 0
    ids = _ids(client, ask, LEVELS[place]) if place < len(LEVELS) else ()
    if not ids:
        what = f"{level} {ask.within[1][0]}" if ask.within else "the account"
        raise PlatformError(
            Failure.REDUCE,
            connection=error.connection,
            method=error.method,
            path=error.path,
            code=error.code,
            message=f"{what} on {ask.days}: {error.message}",
            remedy=f"{what} is too much for Meta even alone; run it again later, and report it to Meta.",
            tries=error.tries,
        ) from None
    return LEVELS[place], ids


def _ids(client: MetaClient, ask: Ask, level: str) -> tuple[str, ...]:
    """The ids of a level that have rows on the ask's day."""
    name = f"{level}_id"
    listing = replace(ask, level=level, fields=(name,), breakdowns=(), run=False)
    try:
        pages = _pages(client, listing)
    except PlatformError as error:
        if error.failure is not Failure.REDUCE:
            raise
        pages = _pages(client, replace(listing, run=True))
    rows = (from_json(record, dict[str, Any]) for page in pages for record in page.records)
    return tuple(sorted({row[name] for row in rows}))
