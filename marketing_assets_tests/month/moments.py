"""What is due when: a tenant's schedules by their own cron lines, and looks of sensors at stated hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby, takewhile
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._utils.schedules import schedule_execution_time_iterator

from marketing_assets.partitions import DayRange


@dataclass(frozen=True, order=True)
class Moment:
    """An instant at which something happens; of one instant the lower `rank` first."""

    at: datetime
    rank: int
    kind: str
    name: str


ACT, TICK, LOOK = range(3)


def ticks(schedules: Sequence[dg.ScheduleDefinition], start: datetime, end: datetime) -> Iterator[Moment]:
    """The ticks of schedules in [start, end)."""
    for schedule in schedules:
        found = schedule_execution_time_iterator(
            start.timestamp(), str(schedule.cron_schedule), schedule.execution_timezone, ascending=True
        )
        for at in takewhile(lambda one: one.timestamp() < end.timestamp(), found):
            yield Moment(datetime.fromtimestamp(at.timestamp(), start.tzinfo), TICK, "tick", schedule.name)


def looks(hours: Mapping[str, Sequence[str]], days: DayRange, zone: ZoneInfo) -> Iterator[Moment]:
    """The looks of sensors at local times such as `10:20` of every day."""
    for day in days:
        for name, times in hours.items():
            for text in times:
                yield Moment(local(day, text, zone), LOOK, "look", name)


def local(day: date, text: str, zone: ZoneInfo) -> datetime:
    """A time of day such as `10:20` in a zone, as an instant in UTC."""
    return datetime.combine(day, time.fromisoformat(text), zone).astimezone(ZoneInfo("UTC"))


def together(moments: Iterable[Moment]) -> Iterator[list[Moment]]:
    """Moments in their order; ticks of one instant together, because the daemon starts them together."""
    for _, same in groupby(sorted(moments), key=lambda one: (one.at, one.kind == "tick")):
        found = list(same)
        yield from [found] if found[0].kind == "tick" else ([one] for one in found)


def span(days: DayRange, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of the days and the first after them."""
    return local(days.first, "00:00", zone), local(days.last + timedelta(days=1), "00:00", zone)
