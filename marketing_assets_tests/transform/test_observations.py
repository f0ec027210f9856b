"""What each look at a day said is kept: added to, never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.raw import insight, item, order

DAY = date(2025, 3, 10)
ONLY = DayRange(DAY, DAY)


def looked(days_after: int, hour: int = 9) -> datetime:
    """An instant so many days after, at an hour of Bangkok's."""
    return datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(days=days_after, hours=hour - 7)


def told(h: Any, table: str = "ads_observations") -> list[tuple[Any, ...]]:
    """Campaign, days and hours after, spend; in the order in which it was said."""
    rows = sorted(h.rows(f"ops.{table}"), key=lambda r: (r["observed_at"], r["campaign_id"]))
    return [(r["campaign_id"], r["days_after"], r["hours_after"], r["spend"]) for r in rows]


def run(h: Any, *tables: str) -> None:
    """What was observed, and all that it is made of."""
    names = tables or ("ops/ads_expected_finals",)
    keys = [dg.AssetKey(["siam", *name.split("/")]) for name in names]
    h.run(ONLY, dg.AssetSelection.keys(*keys).upstream())


def look(h: Any, at: datetime, *spends: tuple[str, str]) -> None:
    rows = [insight(DAY, f"ad {c}", spend, campaign_id=c, _ingested_at=at) for c, spend in spends]
    h.raw.insights(ONLY, *rows)
    run(h)


def begin(house: Callable[..., Any]) -> Any:
    h = house()
    h.raw.nothing(ONLY)
    return h


def test_a_look_is_added_and_one_seen_twice_is_one(house: Any) -> None:
    h = begin(house)
    look(h, looked(0, 18), ("10", "5"))
    look(h, looked(1), ("10", "8"))
    run(h)
    assert told(h) == [("10", 0, -6, 5), ("10", 1, 9, 8)]


def test_an_older_payload_replayed_takes_nothing_back(house: Any) -> None:
    h = begin(house)
    look(h, looked(1), ("10", "8"))
    look(h, looked(3), ("10", "9"), ("11", "1"))
    look(h, looked(1), ("10", "8"))
    assert told(h) == [("10", 1, 9, 8), ("10", 3, 57, 9), ("11", 3, 57, 1)]


def test_a_campaign_that_vanished_is_zero_from_then_on(house: Any) -> None:
    h = begin(house)
    look(h, looked(1), ("10", "8"), ("11", "1"))
    look(h, looked(4), ("10", "8"))
    look(h, looked(5), ("10", "8"))
    assert told(h) == [
        ("10", 1, 9, 8),
        ("11", 1, 9, 1),
        ("10", 4, 81, 8),
        ("11", 4, 81, 0),
        ("10", 5, 105, 8),
    ]


def test_a_day_of_which_nothing_is_left_is_zero_once(house: Any) -> None:
    h = begin(house)
    look(h, looked(1), ("10", "8"))
    look(h, looked(2))
    run(h)
    [first, gone] = told(h)
    assert (first[3], gone[3]) == (8, 0)


def test_orders_are_observed_by_shop_and_what_does_not_count_is_left_out(house: Any) -> None:
    h = begin(house)
    for days_after, status in ((1, "COMPLETED"), (4, "CANCELLED")):
        at = looked(days_after)
        h.raw.orders(
            ONLY,
            order(DAY, "A", item(2, "50"), _ingested_at=at),
            order(DAY, "B", item(1, "30"), status=status, _ingested_at=at),
        )
        run(h, "ops/observations", "ops/ads_expected_finals")
    rows = sorted(h.rows("ops.order_observations"), key=lambda r: r["observed_at"])
    assert [(r["days_after"], r["orders"], r["units"], r["revenue"]) for r in rows] == [
        (1, 2, 3, 130),
        (4, 1, 2, 100),
    ]
    told = sorted(h.rows("ops.observations"), key=lambda r: r["observed_at"])
    assert [(r["table_name"], r["campaign_id"], r["spend"], r["revenue"]) for r in told] == [
        ("orders", None, None, 130),
        ("orders", None, None, 100),
    ]


def test_with_too_short_a_history_nothing_is_expected(house: Any) -> None:
    h = begin(house)
    look(h, looked(3), ("10", "8"))
    rows = h.rows("ops.ads_expected_finals")
    assert {(r["is_final"], r["expected_value"], r["days_compared"]) for r in rows} == {(False, None, None)}
    look(h, looked(28), ("10", "8"))
    final = [r for r in h.rows("ops.ads_expected_finals") if r["days_after"] == 28]
    assert all(r["is_final"] and r["expected_value"] == r["value"] == r["expected_low"] for r in final)
    run(h, "mart/campaign_performance")
    [campaign] = h.rows("mart.campaign_performance")
    assert campaign["is_final"] and campaign["expected_conversions"] == campaign["conversions"]
