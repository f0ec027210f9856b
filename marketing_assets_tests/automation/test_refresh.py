"""What a refresh fetches again, planned from today, the windows and the changed days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.automation.refresh import PlannedRun, plan_refresh
from marketing_assets.partitions import DayRange

START = date(2025, 10, 1)
TODAY = date(2026, 11, 21)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_a_quiet_refresh_covers_the_restatement_window_and_todays_orders() -> None:
    assert plan_refresh(START, TODAY, 28, []) == [PlannedRun(DayRange(ago(28), TODAY), (TODAY,), True)]


def test_changed_days_in_the_window_are_named_and_older_ones_run_by_themselves() -> None:
    planned = plan_refresh(START, TODAY, 28, [ago(3), ago(1), ago(90), ago(89), ago(200)])
    assert planned == [
        PlannedRun(DayRange(ago(28), TODAY), (ago(3), ago(1), TODAY), True),
        PlannedRun(DayRange(ago(200), ago(200)), None, False),
        PlannedRun(DayRange(ago(90), ago(89)), None, False),
    ]


def test_without_a_listing_the_whole_window_is_fetched() -> None:
    assert plan_refresh(START, TODAY, 28, None) == [PlannedRun(DayRange(ago(28), TODAY), None, True)]


def test_days_before_the_tenants_start_and_after_today_are_no_partitions() -> None:
    planned = plan_refresh(ago(5), TODAY, 28, [ago(6), TODAY + timedelta(days=1)])
    assert planned == [PlannedRun(DayRange(ago(5), TODAY), (TODAY,), True)]


@pytest.mark.parametrize(
    ("changed", "never", "first"),
    [
        ([], [], 2),
        ([1], [0, 1], 2),
        ([9], [], 9),
        ([], [5], 5),
        ([40], [41], 2),
        ([28, 40], [3], 28),
    ],
    ids=["quiet", "young", "changed", "missed", "older than the window", "all"],
)
def test_a_refresh_of_young_days_reaches_back_as_far_as_it_has_to(
    changed: list[int], never: list[int], first: int
) -> None:
    recent, *older = plan_refresh(START, TODAY, 28, map(ago, changed), set(map(ago, never)))
    assert recent.days == DayRange(ago(first), TODAY)
    assert recent.everything
    assert [day for run in older for day in run.days] == [ago(a) for a in changed if a > 28]


@given(st.sets(st.integers(0, 400)), st.integers(0, 90))
def test_every_changed_day_is_fetched_by_exactly_one_run(ages: set[int], window: int) -> None:
    changed = {ago(a) for a in ages}
    fetched: list[date] = []
    for run in plan_refresh(START, TODAY, window, changed):
        fetched += list(run.days) if run.changed is None else run.changed
    assert len(fetched) == len(set(fetched))
    assert set(fetched) == {d for d in changed if d >= START} | {TODAY}
