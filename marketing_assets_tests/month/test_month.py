"""The pure parts of the month: its plan, what is due when, and the judging of what was told and of marts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from marketing_assets_tests.month.acts import ACTS
from marketing_assets_tests.month.comparing import compare
from marketing_assets_tests.month.moments import ACT, LOOK, TICK, Moment, looks, span, ticks, together
from marketing_assets_tests.month.plan import (
    MONTH_DAYS,
    PLAN,
    SCHEDULES,
    Alert,
    Standing,
    day_of,
    is_evaluated,
    month,
    native,
    planted,
)
from marketing_assets_tests.month.told import Due, Seen, judge

BEGUN = datetime(2026, 10, 17, 1, 15, tzinfo=UTC)
DUE = Due("an outage", Alert("siam/raw/shopee", "connection"), BEGUN, BEGUN + timedelta(hours=9))
TOLD = Seen(
    id="a1",
    asset="siam/raw/shopee",
    check="connection",
    entity="220011881",
    severity="ERROR",
    opened=BEGUN + timedelta(hours=4),
    recovered=BEGUN + timedelta(hours=10),
    alerts={"mail": 1, "hook": 1},
    recoveries={"mail": 1, "hook": 1},
)
STANDS = Standing("siam", "siam/staging/order_items", "skus_are_mapped", "a product without a cost")
STANDING = Seen("b2", STANDS.asset, STANDS.check, "", "WARN", BEGUN, None, TOLD.alerts, {}, "1 product")
CHANNELS = ("mail", "hook")


def test_the_plan_names_acts_and_fits_the_month() -> None:
    days = month(MONTH_DAYS)
    for one in PLAN:
        begin, end = ACTS[one.act]
        assert callable(begin) and (end is not None) == (one.ends is not None), one.what
        assert day_of(one.begins[0]) in days and day_of((one.ends or one.begins)[0]) in days
    assert [len(planted(tenant, days)) for tenant in SCHEDULES] == [
        sum(one.tenant == tenant for one in PLAN) for tenant in SCHEDULES
    ]
    assert {one.what for one in planted("siam", month(1, first=5))} == {"Shopee is down for nine hours"}


def test_what_the_world_does_is_expected_where_rules_know_enough_of_it() -> None:
    days = month(MONTH_DAYS)
    assert len(native("siam", days)) == 9 and len(native("northwind", days)) == 2
    assert native("siam", days, history=3) == []
    assert {one.last for one in native("siam", month(2))} == {date(2026, 10, 13)}


def test_what_was_told_as_planned_is_no_deviation() -> None:
    found = judge([DUE], [STANDS], [TOLD, STANDING], CHANNELS)
    assert found.deviations == () and [s.id for _, s in found.matched] == ["a1", "b2"]


def test_what_the_world_does_anyway_may_end_before_its_last_day_and_is_told_when_it_begins() -> None:
    due = replace(DUE, ends_by=True)
    early = replace(TOLD, recovered=BEGUN + timedelta(hours=5))
    assert judge([due], [], [early], CHANNELS).deviations == ()
    before = replace(early, recovered=BEGUN - timedelta(hours=1))
    assert "its end was told" in judge([due], [], [before], CHANNELS).deviations[0]
    # The next of its kind is another incident, though it opens soon after the last day.
    again = replace(TOLD, id="a2", opened=BEGUN + timedelta(hours=10), recovered=BEGUN + timedelta(hours=30))
    [left] = judge([due], [], [early, again], CHANNELS).deviations
    assert left.startswith("not planted")


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        ([STANDING], "an outage: 0 incidents of siam/raw/shopee · connection, not one"),
        ([TOLD, replace(TOLD, id="a2"), STANDING], "an outage: 2 incidents"),
        ([replace(TOLD, alerts={"mail": 2, "hook": 1}), STANDING], "told 2 times on mail, not once"),
        ([replace(TOLD, alerts={"mail": 1}), STANDING], "told 0 times on hook, not once"),
        ([replace(TOLD, recovered=None, recoveries={}), STANDING], "its end was told 0 times on hook, not 1"),
        ([replace(TOLD, opened=BEGUN + timedelta(hours=8)), STANDING], "told 8.0 h after it began"),
        ([replace(TOLD, recovered=BEGUN + timedelta(hours=1)), STANDING], "its end was told -8.0 h after it"),
        ([TOLD], "skus_are_mapped stands: 0 incidents, not one"),
        ([TOLD, STANDING, replace(TOLD, check="fresh")], "not planted: ERROR siam/raw/shopee · fresh"),
    ],
)
def test_what_was_not_told_as_planned_is_a_deviation(seen: list[Seen], complaint: str) -> None:
    assert any(complaint in text for text in judge([DUE], [STANDS], seen, CHANNELS).deviations)


def test_rows_that_differ_are_named() -> None:
    expected = {1: {"a": Decimal("1.00"), "b": 2}, 2: {"a": Decimal(5), "b": None}}
    assert compare("m", expected, expected).differences == ()
    near = {1: {"a": Decimal("1.004"), "b": 2}, 2: {"a": Decimal(5), "b": None}}
    assert compare("m", near, expected, within=Decimal("0.01")).differences == ()
    assert compare("m", near, expected).differences == ("1: a is 1.004, should be 1.00",)
    found = compare("m", {1: {"a": None, "b": 3}, 3: {}}, expected, within=Decimal("0.01"))
    assert found.differences == (
        "1: a is None, should be 1.00",
        "1: b is 3, should be 2",
        "2: is missing",
        "3: should not be there",
    )


def test_ticks_are_those_of_the_cron_line_also_where_clocks_change() -> None:
    zone = ZoneInfo("America/New_York")
    schedule = dg.ScheduleDefinition(
        name="northwind_refresh",
        job_name="northwind_refresh",
        cron_schedule="0 6,14,22 * * *",
        execution_timezone=zone.key,
    )
    start, end = span(month(2, first=20), zone)
    found = [m.at for m in ticks([schedule], start, end)]
    assert [f"{at.astimezone(zone):%d %H}" for at in found] == [
        "01 06",
        "01 14",
        "01 22",
        "02 06",
        "02 14",
        "02 22",
    ]
    assert end - start == timedelta(hours=49)
    [look] = looks({"northwind_freshness": ["05:50"]}, month(1, first=20), zone)
    assert look.at == datetime(2026, 11, 1, 10, 50, tzinfo=UTC)


def test_ticks_of_one_instant_are_evaluated_together_after_what_happens_and_before_looks() -> None:
    later = BEGUN + timedelta(hours=1)
    moments = [
        Moment(later, TICK, "tick", "refresh"),
        Moment(BEGUN, LOOK, "look", "freshness"),
        Moment(BEGUN, TICK, "tick", "refresh"),
        Moment(BEGUN, TICK, "tick", "products"),
        Moment(BEGUN, LOOK, "look", "alerts"),
        Moment(BEGUN, ACT, "act", "outage"),
    ]
    assert [[m.name for m in same] for same in together(moments)] == [
        ["outage"],
        ["products", "refresh"],
        ["alerts"],
        ["freshness"],
        ["refresh"],
    ]


@pytest.mark.parametrize(
    ("at", "is_due"),
    [
        ("2026-10-16T06:00", True),
        ("2026-10-16T12:00", False),
        ("2026-10-17T01:50", False),
        ("2026-10-17T12:00", True),
        ("2026-10-18T01:50", True),
        ("2026-10-18T12:00", False),
    ],
)
def test_on_the_day_of_the_outage_all_is_evaluated_until_the_next_morning(at: str, is_due: bool) -> None:
    assert is_evaluated("siam", datetime.fromisoformat(at)) is is_due
