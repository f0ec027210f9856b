"""Answers a query: checks it, finds the rows, filters, sorts, and writes them as Google's JSON."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from marketing_assets.sandbox.apis.google_ads import errors, fields
from marketing_assets.sandbox.apis.google_ads.attributes import Attributes, Fields
from marketing_assets.sandbox.apis.google_ads.gaql import Condition, Query, parse
from marketing_assets.sandbox.apis.google_ads.rows import Rows
from marketing_assets.sandbox.search_advertising import SearchAdvertising
from marketing_assets.sandbox.search_advertising.changes import changes
from marketing_assets.sandbox.search_advertising.maturing import days_between
from marketing_assets.sandbox.search_advertising.portfolio import PORTFOLIOS

CHANGE_DAYS = 30
MOST_CHANGES = 10_000
_CHANGED_AT = "change_event.change_date_time"
_DATE = "segments.date"


class Service:
    def __init__(self, ads: SearchAdvertising) -> None:
        self.ads = ads

    def answer(self, tenant: str, text: str) -> tuple[Query, list[dict[str, Any]]]:
        """The query and its rows without its limit; GoogleError where Google would refuse."""
        query = parse(text)
        fields.check(query)
        found = [row for row in self._rows(tenant, query) if _fits(row, query.where)]
        for name, falls in reversed(query.order):
            found.sort(key=lambda row: _sortable(row.get(name)), reverse=falls)
        return query, [_written(row, query) for row in found]

    def _rows(self, tenant: str, query: Query) -> Iterable[Fields]:
        today = self.ads.today(tenant)
        attributes = Attributes(self.ads.world.seed, tenant, self.ads.account(tenant), today)
        if query.resource == "change_event":
            return self._changes(tenant, query, attributes)
        rows = Rows(self.ads, tenant, attributes)
        measured = [name for name in query.select if name.startswith(("metrics.", "segments."))]
        if not measured:
            return rows.objects(query.resource)
        asked = {name.partition(".")[2] for name in query.select if name.startswith("segments.")}
        span = days_between(PORTFOLIOS[tenant].opened, today)
        days = [day for day in span if _fits({_DATE: f"{day}"}, _about(query.where, _DATE))]
        # The condition on days is met by then; without the segment no row could tell its day.
        found = rows.delivered(query.resource, days, frozenset(asked))
        counted = [name for name in query.select if name.startswith("metrics.")]
        told = ({_DATE: None, **row} for row in found)
        return (row for row in told if not counted or any(float(row[name]) for name in counted))

    def _changes(self, tenant: str, query: Query, attributes: Attributes) -> Iterable[Fields]:
        first, last = _bounds(query.where)
        now = self.ads.world.clock.as_of.astimezone(attributes.account.zone).replace(tzinfo=None)
        if first.date() < now.date() - timedelta(days=CHANGE_DAYS):
            raise errors.change_event(
                "START_DATE_TOO_OLD", "The requested start date is too old. It cannot be older than 30 days."
            )
        if query.limit is None:
            raise errors.change_event("LIMIT_NOT_SPECIFIED", "The LIMIT clause is required.")
        if query.limit > MOST_CHANGES:
            raise errors.change_event("INVALID_LIMIT_CLAUSE", "The LIMIT should be at most 10000.")
        for day in days_between(first.date(), min(last, now).date()):
            for change in changes(attributes.seed, tenant, day):
                if change.at <= now:
                    yield attributes.change(change)


def _about(conditions: Iterable[Condition], name: str) -> list[Condition]:
    return [condition for condition in conditions if condition.field == name]


def _bounds(conditions: Iterable[Condition]) -> tuple[datetime, datetime]:
    """The finite stretch of time that change events are asked for."""
    low = high = None
    for condition in _about(conditions, _CHANGED_AT):
        try:
            moments = [datetime.fromisoformat(value) for value in condition.values]
        except ValueError:
            raise errors.query("INVALID_DATE_FORMAT", "Date or date-time is malformed.") from None
        if condition.operator in (">", ">=", "=", "BETWEEN"):
            low = moments[0]
        if condition.operator in ("<", "<=", "=", "BETWEEN"):
            high = moments[-1]
    if low is None or high is None:
        told = "The change event search request must specify a finite range filter on change_date_time."
        raise errors.change_event("CHANGE_DATE_RANGE_INFINITE", told)
    if low > high:
        raise errors.change_event("CHANGE_DATE_RANGE_NEGATIVE", "The start is after the end.")
    return low, high


def _fits(row: Fields, conditions: Iterable[Condition]) -> bool:
    return all(_holds(row.get(condition.field), condition) for condition in conditions)


def _holds(value: Any, condition: Condition) -> bool:
    if value is None:
        # The day of a row that is summed over days: its days were chosen before.
        return condition.field == _DATE
    have = _sortable(value)
    wanted = [_sortable(text) for text in condition.values]
    if condition.operator in ("IN", "NOT IN"):
        return (have in wanted) is (condition.operator == "IN")
    if condition.operator == "BETWEEN":
        return wanted[0] <= have <= wanted[1]
    return {
        "=": have == wanted[0],
        "!=": have != wanted[0],
        ">": have > wanted[0],
        ">=": have >= wanted[0],
        "<": have < wanted[0],
        "<=": have <= wanted[0],
    }[condition.operator]


def _sortable(value: Any) -> tuple[int, float, str]:
    """Numbers by size, texts and times by their letters, what is missing first."""
    if value is None:
        return (0, 0.0, "")
    text = str(value).upper() if isinstance(value, bool) else str(value)
    number = text.replace(".", "", 1)
    return (1, float(text), "") if number.isdigit() else (2, 0.0, text)


def _written(row: Fields, query: Query) -> dict[str, Any]:
    """The selected fields as nested JSON, each object with its resource name."""
    names = {name for name in query.select if row.get(name) is not None}
    objects = {query.resource} if f"{query.resource}.resource_name" in row else set()
    objects |= {name.rpartition(".")[0] for name in names}
    names |= {f"{one}.resource_name" for one in objects if f"{one}.resource_name" in row}
    names |= {f"{one.partition('.')[0]}.resource_name" for one in objects} & row.keys()
    written: dict[str, Any] = {}
    for name in sorted(names):
        *parents, leaf = (_camel(part) for part in name.split("."))
        level = written
        for parent in parents:
            level = level.setdefault(parent, {})
        level[leaf] = row[name]
    return written


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def field_mask(query: Query) -> str:
    return ",".join(".".join(_camel(part) for part in name.split(".")) for name in query.select)
