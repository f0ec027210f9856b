"""Local days: partitions of a tenant, windows of days and their bounds as instants.

A day is a calendar day in a named time zone. It is 23, 24 or 25 hours long; its bounds are always
computed from the zone, never by adding 24 hours. All functions are pure.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class DayRange:
    """Consecutive local days, both ends included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a day range ends on {self.last}, before it starts on {self.first}")

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=i) for i in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"

    @property
    def words(self) -> str:
        """The range in a sentence for people."""
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"

    def chunks(self, days: int) -> list[DayRange]:
        """The range cut in consecutive pieces of at most `days` days."""
        starts = (self.first + timedelta(days=i) for i in range(0, len(self), days))
        return [DayRange(s, min(s + timedelta(days=days - 1), self.last)) for s in starts]

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """First instant of the first day and first instant after the last day, in UTC."""
        return start_of_day(self.first, zone), start_of_day(self.last + ONE_DAY, zone)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant a local day begins, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an instant in a zone."""
    return instant.astimezone(zone).date()


def group_consecutive(days: Iterable[date], merge_gap: int = 0) -> list[DayRange]:
    """Days gathered into ranges; gaps of up to `merge_gap` missing days are bridged."""
    groups: list[DayRange] = []
    for day in sorted(set(days)):
        if groups and (day - groups[-1].last).days <= merge_gap + 1:
            groups[-1] = DayRange(groups[-1].first, day)
        else:
            groups.append(DayRange(day, day))
    return groups


def month_before(day: date) -> date:
    """The same day of the month before, else that month's last day."""
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def year_before(day: date) -> date:
    """The same day of the year before; 28 February for 29 February."""
    return date(day.year - 1, day.month, min(day.day, calendar.monthrange(day.year - 1, day.month)[1]))


def comparing_days(days: Iterable[date], today: date) -> list[date]:
    """The days whose comparisons look at one of `days`, with the days themselves, up to today.

    A day is compared with the day before, the same weekday a week before, the same day of the month
    before and the same day of the year before, so several days can look at one (31 March and 28 February).
    """
    changed = set(days)
    result = set(changed)
    for day in changed:
        candidates = {day + ONE_DAY, day + 7 * ONE_DAY}
        candidates |= {c for c in DayRange(day + 28 * ONE_DAY, day + 34 * ONE_DAY) if month_before(c) == day}
        candidates |= {c for c in DayRange(day + 365 * ONE_DAY, day + 367 * ONE_DAY) if year_before(c) == day}
        result |= candidates
    return sorted(d for d in result if d <= today or d in changed)


def partitions_definition(start: date, time_zone: str) -> dg.DailyPartitionsDefinition:
    """Daily partitions of a tenant in its own time zone, today included."""
    return dg.DailyPartitionsDefinition(start_date=start.isoformat(), timezone=time_zone, end_offset=1)


def partition_words(time_zone: str) -> str:
    """What a partition of a tenant's assets is, in a sentence for people."""
    return f"One partition is one day in {time_zone}."


def range_of_keys(keys: Iterable[str]) -> DayRange:
    """The day range of partition keys."""
    days = sorted(date.fromisoformat(k) for k in keys)
    return DayRange(days[0], days[-1])
