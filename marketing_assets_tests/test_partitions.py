"""Local days, 23- and 25-hour days, comparing days."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.partitions import (
    DayRange,
    comparing_days,
    group_consecutive,
    local_day,
    month_before,
    partitions_definition,
    range_of_keys,
    start_of_day,
    year_before,
)

NEW_YORK = ZoneInfo("America/New_York")
DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 7, 1), 24)]
)
def test_a_day_is_as_long_as_its_zone_says(day: date, hours: int) -> None:
    first, after = DayRange(day, day).bounds(NEW_YORK)
    assert after - first == timedelta(hours=hours)


@given(DAYS, st.sampled_from(["America/New_York", "Asia/Bangkok", "Europe/Berlin", "Pacific/Apia"]))
def test_bounds_hold_exactly_the_instants_of_the_day(day: date, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    first, after = DayRange(day, day).bounds(zone)
    assert local_day(first, zone) == day
    assert local_day(after - timedelta(microseconds=1), zone) == day
    assert local_day(after, zone) != day
    assert local_day(first - timedelta(microseconds=1), zone) != day


def test_an_order_near_midnight_belongs_to_another_day_in_another_zone() -> None:
    instant = datetime(2026, 11, 5, 17, 30, tzinfo=UTC)
    assert local_day(instant, ZoneInfo("Asia/Bangkok")) == date(2026, 11, 6)
    assert local_day(instant, NEW_YORK) == date(2026, 11, 5)


@given(DAYS, st.integers(0, 400), st.integers(1, 40))
def test_chunks_cover_a_range_once_in_order(first: date, more: int, size: int) -> None:
    days = DayRange(first, first + timedelta(days=more))
    chunks = days.chunks(size)
    assert [d for chunk in chunks for d in chunk] == list(days)
    assert all(len(c) <= size for c in chunks)


@given(st.sets(DAYS, max_size=40), st.integers(0, 5))
def test_groups_hold_every_day_and_bridge_only_small_gaps(days: set[date], gap: int) -> None:
    groups = group_consecutive(days, merge_gap=gap)
    covered = {d for g in groups for d in g}
    assert days <= covered
    assert all((b.first - a.last).days > gap + 1 for a, b in itertools.pairwise(groups))


@given(DAYS)
def test_days_that_compare_are_exactly_those_that_look_at_the_day(day: date) -> None:
    far = day + timedelta(days=400)
    looking = {
        d
        for d in DayRange(day, far)
        if day in {d, d - timedelta(days=1), d - timedelta(days=7), month_before(d), year_before(d)}
    }
    assert set(comparing_days([day], far)) == looking


def test_comparing_days_end_today() -> None:
    today = date(2026, 11, 21)
    assert comparing_days([date(2026, 11, 20)], today) == [date(2026, 11, 20), today]


def test_month_and_year_before_fall_back_to_the_last_day() -> None:
    assert month_before(date(2026, 3, 31)) == date(2026, 2, 28)
    assert month_before(date(2026, 1, 15)) == date(2025, 12, 15)
    assert year_before(date(2028, 2, 29)) == date(2027, 2, 28)


def test_a_range_ends_after_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        DayRange(date(2026, 1, 2), date(2026, 1, 1))


def test_partitions_are_local_days_with_today() -> None:
    partitions = partitions_definition(date(2026, 11, 1), "Asia/Bangkok")
    # 18:00 UTC on the 5th is already the 6th in Bangkok.
    keys = partitions.get_partition_keys(current_time=datetime(2026, 11, 5, 18, 0, tzinfo=UTC))
    assert keys[0] == "2026-11-01"
    assert keys[-1] == "2026-11-06"
    assert range_of_keys(keys) == DayRange(date(2026, 11, 1), date(2026, 11, 6))


def test_the_day_of_a_missing_midnight_starts_late() -> None:
    # Samoa skipped 30 December 2011 altogether.
    apia = ZoneInfo("Pacific/Apia")
    assert start_of_day(date(2011, 12, 31), apia) - start_of_day(date(2011, 12, 29), apia) == timedelta(
        hours=24
    )
