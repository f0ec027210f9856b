"""Which days of a run are fetched, where a platform tells of the last days only."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from marketing_assets.ingest.raw_table import ranges_to_fetch
from marketing_assets.partitions import DayRange
from marketing_assets.platforms import google_ads

[CHANGES] = [table for table in google_ads.PLATFORM.tables if table.history_days]
TODAY = date(2026, 11, 20)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("first", "last", "fetched"),
    [
        (ago(10), TODAY, [DayRange(ago(10), TODAY)]),
        (ago(29), ago(29), [DayRange(ago(29), ago(29))]),
        (ago(90), ago(3), [DayRange(ago(29), ago(3))]),
        (ago(90), ago(30), []),
    ],
    ids=["young", "the oldest", "half too old", "too old"],
)
def test_days_that_are_no_longer_told_are_left_as_they_are(
    first: date, last: date, fetched: list[DayRange]
) -> None:
    assert ranges_to_fetch(CHANGES, DayRange(first, last), TODAY, None) == fetched


def test_other_tables_are_fetched_whole() -> None:
    [table] = [t for t in google_ads.PLATFORM.tables if t.name == "google_ads_ad_performance"]
    days = DayRange(ago(400), TODAY)
    assert ranges_to_fetch(table, days, TODAY, None) == [days]
