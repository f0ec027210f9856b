"""The ads world itself: the same at every look, ripening with age, and true to its declared curves."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from marketing_assets.sandbox.accounts import TENANTS
from marketing_assets.sandbox.advertising import Advertising, maturing, planted, uplift
from marketing_assets.sandbox.advertising.facts import COLUMN
from marketing_assets.sandbox.advertising.nodes import nodes
from marketing_assets.sandbox.advertising.periods import span_about, spans_until
from marketing_assets.sandbox.advertising.portfolio import PORTFOLIOS
from marketing_assets.sandbox.advertising.reported import split
from marketing_assets.sandbox.advertising.response import lift_of, spend, usual_lift

DAY = date(2026, 10, 20)
BOTH = pytest.mark.parametrize("tenant", ["siam", "northwind"])


def local_noon(tenant: str, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=TENANTS[tenant].meta.zone)


def ads_at(as_of: datetime, orders: int = 80, value: int = 400, seed: int = 7) -> Advertising:
    world: Any = SimpleNamespace(
        seed=seed,
        clock=SimpleNamespace(as_of=as_of.astimezone(UTC)),
        daily_orders=lambda tenant, day: (orders, Decimal(orders * value)),
    )
    return Advertising(world)


def at_age(tenant: str, day: date, age: int) -> Advertising:
    return ads_at(local_noon(tenant, day + timedelta(days=age)))


@BOTH
def test_uplift_is_near_one_and_repeatable(tenant: str) -> None:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(500)]
    found = [uplift(7, tenant, day) for day in days]
    assert found == [uplift(7, tenant, day) for day in days]
    assert 0.85 < min(found) < max(found) < 1.2
    assert abs(float(np.mean(found)) - 1) < 0.03
    assert uplift(8, tenant, days[0]) != found[0]


def test_overspending_lifts_orders_less_than_in_proportion() -> None:
    tenant = "siam"
    day = next(date.fromisoformat(p["date"]) for p in report(tenant) if p["kind"] == "overspend")
    before = day - timedelta(days=1)
    assert spend(7, tenant, 0, day) > 2 * spend(7, tenant, 0, before)
    gained = uplift(7, tenant, day) / uplift(7, tenant, before)
    assert 1.0 < gained < 1.25


def report(tenant: str) -> list[Any]:
    return planted(tenant, date(2026, 1, 1), date(2026, 12, 31))


@BOTH
def test_curves_saturate(tenant: str) -> None:
    for plan in PORTFOLIOS[tenant].campaigns:
        curve = plan.curve
        assert lift_of(curve, 0) == 0
        assert lift_of(curve, curve.half) == pytest.approx(curve.most / 2)
        assert lift_of(curve, 1e9) < curve.most
    assert 0.1 < usual_lift(tenant) < 0.5


@BOTH
def test_a_settled_day_never_changes(tenant: str) -> None:
    assert at_age(tenant, DAY, 28).truth(tenant, DAY, DAY) == at_age(tenant, DAY, 400).truth(tenant, DAY, DAY)


@BOTH
def test_conversions_grow_and_spend_shrinks_with_age(tenant: str) -> None:
    first, last = DAY - timedelta(days=6), DAY
    totals = []
    for age in (1, 3, 7, 14, 28):
        rows = at_age(tenant, last, age + 6).truth(tenant, first, last)
        young = at_age(tenant, DAY, age).truth(tenant, DAY, DAY)[0]
        totals.append((young["conversions"], young["conversion_value"], -young["spend"]))
        assert len(rows) == 7
    assert totals == sorted(totals)
    assert totals[0][0] < totals[-1][0]
    shrunk = 1 - totals[-1][2] / totals[0][2]
    assert Decimal(0) < shrunk <= Decimal("0.01")


@BOTH
def test_some_row_vanishes_after_some_days(tenant: str) -> None:
    gone = 0
    for back in range(30):
        day = DAY - timedelta(days=back)
        young = at_age(tenant, day, 1).seen(tenant, day)
        old = at_age(tenant, day, maturing.GONE_AT_DAYS).seen(tenant, day)
        assert young is not None and old is not None
        gone += int(((young.parts[:, 0] > 0) & (old.parts.sum(axis=1) == 0)).sum())
    assert gone > 0


@BOTH
def test_today_grows_with_the_hours_and_tomorrow_is_empty(tenant: str) -> None:
    midnight = maturing.local_midnight(DAY, TENANTS[tenant].meta.zone)
    spends = []
    for hours in (0, 6, 12, 23):
        rows = ads_at(midnight + timedelta(hours=hours)).truth(tenant, DAY, DAY + timedelta(days=1))
        assert len(rows) == (1 if hours else 0)
        spends.append(rows[0]["spend"] if rows else Decimal(0))
    assert spends == sorted(spends)
    assert spends[2] * Decimal("1.9") < spends[3] < spends[2] * Decimal("2.0")


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (DAY, 24)])
def test_days_of_23_and_25_hours_pass_evenly(day: date, hours: int) -> None:
    zone = ZoneInfo("America/New_York")
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    assert maturing.elapsed(day, zone, start) == 0
    assert maturing.elapsed(day, zone, start + timedelta(hours=hours) / 2) == pytest.approx(0.5)
    assert maturing.elapsed(day, zone, start + timedelta(hours=hours)) == 1
    assert maturing.elapsed(day, zone, start + timedelta(hours=hours, minutes=-1)) < 1
    ads = ads_at(start + timedelta(hours=hours, minutes=1))
    assert ads.today("northwind") == day + timedelta(days=1)


@BOTH
def test_cells_of_a_split_sum_exactly(tenant: str) -> None:
    seen = at_age(tenant, DAY, 28).seen(tenant, DAY)
    assert seen is not None
    shares = np.random.default_rng(1).dirichlet(np.ones(18), len(seen.ads))
    cells = split(seen, shares)
    assert (cells >= 0).all()
    assert (cells.sum(axis=1) == seen.parts).all()


def test_a_tracking_outage_claims_nothing_but_still_costs() -> None:
    for tenant in ("siam", "northwind"):
        day = next(date.fromisoformat(p["date"]) for p in report(tenant) if p["kind"] == "tracking_outage")
        row = at_age(tenant, day, 28).truth(tenant, day, day)[0]
        assert row["conversions"] == 0
        assert row["spend"] > 0


def test_every_kind_is_planted_for_every_tenant_within_a_hundred_days() -> None:
    for tenant in ("siam", "northwind"):
        found = planted(tenant, date(2026, 8, 14), date(2026, 11, 21))
        assert {row["kind"] for row in found} == {"tracking_outage", "cpm_spike", "overspend"}


@BOTH
def test_ids_are_unique_and_statuses_tell_the_past(tenant: str) -> None:
    today = date(2026, 11, 21)
    found = [node for node in nodes(tenant, today) if node.created <= today]
    assert len({node.node_id for node in found}) == len(found)
    for level in ("campaign", "adset", "ad"):
        statuses = {node.effective_status(today) for node in found if node.level == level}
        assert "ACTIVE" in statuses
    assert {"DELETED", "ARCHIVED", "PAUSED"} <= {
        node.effective_status(today) for node in found if node.level == "ad"
    }
    later = {node.node_id: node.name for node in nodes(tenant, today + timedelta(days=200))}
    assert {node.node_id: node.name for node in found}.items() <= later.items()


def test_calendar_of_recurring_campaigns() -> None:
    opened = date(2020, 1, 1)
    quarters = list(spans_until("quarter", opened, date(2021, 12, 31)))
    assert [span.label for span in quarters[:5]] == ["2020-Q1", "2020-Q2", "2020-Q3", "2020-Q4", "2021-Q1"]
    assert len(quarters) == 8
    assert all(b.start - (a.stop or opened) == timedelta(days=1) for a, b in pairwise(quarters))
    double = span_about("double_day", opened, date(2026, 11, 20))
    assert (double.label, double.start, double.stop) == ("11.11 2026", date(2026, 11, 9), date(2026, 11, 12))


def test_counts_nest_as_they_must() -> None:
    seen = at_age("siam", DAY, 28).seen("siam", DAY)
    assert seen is not None
    parts = seen.parts
    assert (parts[:, COLUMN["reach"]] <= parts[:, COLUMN["impressions"]]).all()
    clicks = parts[:, COLUMN["link_clicks"]] + parts[:, COLUMN["other_clicks"]]
    assert (clicks <= parts[:, COLUMN["impressions"]]).all()


def test_before_the_account_was_opened_there_is_nothing() -> None:
    assert at_age("siam", DAY, 1).truth("siam", date(2019, 12, 1), date(2019, 12, 31)) == []
