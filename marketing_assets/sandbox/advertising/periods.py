"""When recurring campaigns and creatives run, by the calendar alone.

A campaign that recurs is a new object each time, as people make them: "Q3 push" is followed by "Q4 push".
The calendar decides, so that the plan never depends on when it is looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Every = Literal["always", "quarter", "half", "double_day"]

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """One running of something: days are the ad account's, `stop` is its last day (None: open end)."""

    ordinal: int
    label: str
    start: date
    stop: date | None

    def covers(self, day: date) -> bool:
        """Does it run on that day?"""
        return self.start <= day and (self.stop is None or day <= self.stop)


def _months(months: int, day: date, letter: str) -> Span:
    index = (day.month - 1) // months
    start = date(day.year, index * months + 1, 1)
    following = date(day.year + (start.month + months > 12), (start.month + months - 1) % 12 + 1, 1)
    ordinal = day.year * (12 // months) + index
    return Span(ordinal, f"{day.year}-{letter}{index + 1}", start, following - ONE_DAY)


def _double_day(day: date) -> Span:
    """The sale around 1.1, 2.2 … 12.12: from two days before to the day after, within the month."""
    start = date(day.year, day.month, max(1, day.month - 2))
    stop = date(day.year, day.month, day.month + 1)
    return Span(day.year * 12 + day.month - 1, f"{day.month}.{day.month} {day.year}", start, stop)


def span_about(every: Every, opened: date, day: date) -> Span:
    """The span whose calendar period holds the day; it need not run on that very day."""
    if every == "quarter":
        return _months(3, day, "Q")
    if every == "half":
        return _months(6, day, "H")
    if every == "double_day":
        return _double_day(day)
    return Span(0, "", opened, None)


def spans_until(every: Every, opened: date, last: date) -> Iterator[Span]:
    """All spans that start between the account's opening and `last`, oldest first."""
    day = opened
    while day <= last:
        span = span_about(every, opened, day)
        if opened <= span.start <= last:
            yield span
        if every == "always":
            return
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        if span.stop is not None and day <= span.stop:
            day = span.stop + ONE_DAY
