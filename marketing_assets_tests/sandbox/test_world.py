"""The generated world: repeatable, for any date, moving only forward."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from statistics import mean

import pytest

from marketing_assets.sandbox import anomalies, demand
from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.lifecycles import LONGEST_DAYS
from marketing_assets.sandbox.orders import Order, refund, settled, status, updated
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.world import World
from marketing_assets_tests.sandbox.conftest import AS_OF, SEED, Sellers

TENANTS = ("siam", "northwind")


def days_to(last: date, count: int) -> list[date]:
    return [last - timedelta(days=number) for number in range(count)][::-1]


def local_days(world: World, tenant: str, days: list[date]) -> dict[date, list[Order]]:
    return {day: list(world.on_local_day(tenant, day)) for day in days}


@pytest.fixture(scope="module")
def world() -> World:
    return World(SEED, Clock(AS_OF))


def test_the_same_seed_and_date_answer_alike(sandbox: Sandbox, seller_of: Sellers, now: int) -> None:
    with Sandbox(seed=SEED, as_of=AS_OF, port=0) as twin:
        sellers = [seller_of(running, "northwind") for running in (sandbox, twin)]
        lists = [seller.listed("update_time", now - 5 * 86_400, now) for seller in sellers]
        assert lists[0] == lists[1]
        numbers = [row["order_sn"] for row in lists[0]]
        assert sellers[0].details(numbers) == sellers[1].details(numbers)
        assert sellers[0].incomes(numbers) == sellers[1].incomes(numbers)


def test_another_seed_is_another_world(world: World) -> None:
    day = AS_OF - timedelta(days=3)
    other = World(SEED + 1, Clock(AS_OF))
    assert list(world.on_local_day("siam", day)) != list(other.on_local_day("siam", day))


@pytest.mark.parametrize("tenant", TENANTS)
def test_a_later_date_adds_and_matures_but_rewrites_nothing(tenant: str) -> None:
    today, tomorrow = World(SEED, Clock(AS_OF)), World(SEED, Clock(AS_OF + timedelta(days=1)))
    days = days_to(AS_OF - timedelta(days=1), 90)
    before, after = (local_days(world, tenant, days) for world in (today, tomorrow))
    assert before == after
    then, later = today.clock.as_of_seconds, tomorrow.clock.as_of_seconds
    moved = [
        order
        for orders in before.values()
        for order in orders
        if updated(order, then) != updated(order, later)
    ]
    assert moved
    assert all(then < updated(order, later) <= later for order in moved)
    old = [order for day in days[: 90 - LONGEST_DAYS] for order in before[day]]
    assert not {order.sn for order in old} & {order.sn for order in moved}


@pytest.mark.parametrize("tenant", TENANTS)
def test_four_hundred_days_hold_trade_and_days_without_any(world: World, tenant: str) -> None:
    counts = [len(orders) for orders in local_days(world, tenant, days_to(AS_OF, 400)).values()]
    assert 0 in counts
    assert 40 <= mean(counts) <= 80
    assert max(counts) > 3 * mean(counts)


def test_saturdays_trade_although_the_source_never_does(world: World) -> None:
    weekdays: Counter[int] = Counter()
    for day in days_to(AS_OF, 182):
        weekdays[day.weekday()] += len(list(world.on_local_day("siam", day)))
    assert weekdays[5] > 0.5 * mean(weekdays.values())


@pytest.mark.parametrize("day", [date(1999, 2, 28), date(2024, 2, 29), date(2040, 6, 6)])
def test_any_date_has_a_source(day: date) -> None:
    world = World(SEED, Clock(day))
    source = demand.source_date(day)
    assert source.weekday() == day.weekday()
    assert demand.SOURCE_START <= source < demand.SOURCE_START + timedelta(days=demand.SOURCE_DAYS)
    assert list(world.on_local_day("siam", day))


def test_orders_live_real_lives(world: World) -> None:
    orders = [
        order for day in days_to(AS_OF - timedelta(days=80), 60) for order in world.on_local_day("siam", day)
    ]
    now = world.clock.as_of_seconds
    final = Counter(status(order, now) for order in orders)
    assert set(final) == {"COMPLETED", "CANCELLED"}
    assert 0.03 < final["CANCELLED"] / len(orders) < 0.12
    assert 0.01 < mean(bool(refund(order, now)) for order in orders) < 0.12
    after = [o for o in orders if o.completed_at and o.returned_at and o.completed_at < o.returned_at]
    assert any(refund(order, now) for order in after)
    assert all(order.steps[-1].at - order.created < LONGEST_DAYS * 86_400 for order in orders)
    assert all(
        len(order.lines) <= 6 and settled(order, now) != (status(order, now) == "CANCELLED")
        for order in orders
    )
    late = [o for o in orders if status(o, now) == "CANCELLED" and o.steps[-1].at - o.created > 7 * 86_400]
    assert late


def test_daily_orders_are_independent_of_the_date_and_cover_all_created(world: World) -> None:
    day = AS_OF - timedelta(days=30)
    count, revenue = world.daily_orders("northwind", day)
    orders = list(world.on_local_day("northwind", day))
    assert count == len(orders)
    assert revenue * 100 == sum(order.net for order in orders)
    assert World(SEED, Clock(date(2020, 1, 1))).daily_orders("northwind", day) == (count, revenue)


def test_planted_days_stand_out(world: World) -> None:
    last = AS_OF - timedelta(days=1)
    found = {item.kind.name: item.day for item in anomalies.between("siam", last - timedelta(days=55), last)}
    assert set(found) == {kind.name for kind in anomalies.KINDS}

    def usual(day: date) -> float:
        around = [day + timedelta(days=7 * weeks) for weeks in (-3, -2, -1)]
        return mean(world.daily_orders("siam", other)[0] for other in around)

    outage, spike = found["order_outage"], found["revenue_spike"]
    assert world.daily_orders("siam", outage)[0] < 0.2 * usual(outage)
    assert world.daily_orders("siam", spike)[0] > 1.8 * usual(spike)


def test_as_of_may_be_an_instant_within_a_day() -> None:
    noon = datetime(2026, 11, 20, 5, tzinfo=UTC)
    world = World(SEED, Clock(noon))
    seen = [order.created for order in world.on_local_day("siam", AS_OF)]
    assert seen and max(seen) <= noon.timestamp()
    assert len(seen) < world.daily_orders("siam", AS_OF)[0]
