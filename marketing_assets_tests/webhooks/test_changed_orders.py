"""The sensor of changed orders: exactly the days that changed, once, politely."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from marketing_assets.partitions import ONE_DAY, local_day
from marketing_assets.webhooks.changed_orders import OVERLAP, read_cursor
from marketing_assets_tests.webhooks.shopkeeper import FAILS, STARTS, SUCCEEDS, Shopkeeper, assets_of, days_of

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


class Hours:
    """The world's time, which a test moves on; the sensor is asked a while after each change."""

    def __init__(self, keeper: Shopkeeper):
        self.keeper, self.now = keeper, START
        self.cursor: str | None = None

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)
        self.keeper.sandbox.world.clock.set_as_of(self.now)

    def touch(self, days: int) -> date:
        """Place an order created some days ago, which changes now; its day."""
        created = self.now - days * ONE_DAY
        url = f"{self.keeper.sandbox.control_url}/_world/orders/northwind"
        httpx.post(url, json={"created": created.isoformat()}).raise_for_status()
        return local_day(created, ZoneInfo("America/New_York"))

    def look(self) -> list[tuple[date, ...]]:
        self.result = self.keeper.ask(self.now, self.cursor)
        self.cursor = self.result.cursor
        return days_of(self.result)

    @property
    def said(self) -> str:
        return (self.result.skip_reason and self.result.skip_reason.skip_message) or ""


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    made = Shopkeeper(tmp_path_factory.mktemp("changed"), START)
    with made.sandbox:
        yield made


@pytest.fixture
def hours(keeper: Shopkeeper, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hours]:
    """A quiet world: no orders but those that a test places."""
    keeper.forget_runs()
    world = keeper.sandbox.world
    monkeypatch.setattr(world, "_generated", lambda tenant, day: ((), {}))
    monkeypatch.setattr(type(world.storefronts["northwind"]), "touched", lambda *_: iter(()))
    made = Hours(keeper)
    made.wait(0)
    yield made
    world.book.clear()
    world.faults.clear()


def test_a_change_asks_for_its_day_once(hours: Hours) -> None:
    assert hours.look() == []
    hours.wait(2)
    changed = hours.touch(5)
    hours.wait(1)
    assert hours.look() == [(changed,)]
    [request] = hours.result.run_requests or []
    after = {"raw/shopee_orders", "raw/shopee_escrow", "mart/daily_performance"}
    assert assets_of(request) == {*after, "raw/ecb_fx_rates"}
    for _ in range(8):
        hours.wait(2)
        assert hours.look() == [], "listings overlap; the change is the same"
    assert "no order changed" in hours.said
    assert read_cursor(hours.cursor)["shopee/330022771"].known == {}, "old changes are forgotten"


def test_another_change_of_the_day_asks_again(hours: Hours) -> None:
    hours.look()
    changed = hours.touch(5)
    hours.wait(1)
    assert hours.look() == [(changed,)]
    hours.touch(5)
    hours.wait(1)
    assert hours.look() == [(changed,)]


def test_the_newest_seconds_are_left_to_the_next_look(hours: Hours) -> None:
    hours.look()
    hours.wait(1)
    changed = hours.touch(5)
    assert hours.look() == []
    hours.wait(1)
    assert hours.look() == [(changed,)]


@pytest.mark.parametrize("events", [(), (STARTS,), (STARTS, SUCCEEDS)])
def test_a_run_that_takes_the_change_in_is_enough(hours: Hours, events: tuple[object, ...]) -> None:
    hours.look()
    changed = hours.touch(5)
    hours.wait(1)
    [own] = hours.keeper.followers.requests(
        hours.keeper.instance, {changed: ["shopee"]}, hours.now, "other", {}
    )
    hours.keeper.run(own, *events)  # type: ignore[arg-type]
    assert hours.look() == []
    hours.touch(5)
    hours.wait(1)
    assert hours.look() == ([] if not events else [(changed,)]), "one that began before does not"


def test_a_failed_run_or_one_over_less_does_not_take_it_in(hours: Hours) -> None:
    hours.look()
    changed = hours.touch(5)
    hours.wait(1)
    [own] = hours.keeper.followers.requests(
        hours.keeper.instance, {changed: ["shopee"]}, hours.now, "other", {}
    )
    hours.keeper.run(own, STARTS, FAILS)
    hours.keeper.run(own._replace(asset_selection=list(own.asset_selection or [])[:1]))
    assert hours.look() == [(changed,)]


def test_a_shop_that_fails_says_why_and_keeps_its_place(hours: Hours) -> None:
    hours.look()
    before = read_cursor(hours.cursor)
    changed = hours.touch(5)
    hours.keeper.sandbox.world.faults.add(kind="quota_day", platform="shopee", times=100)
    for _ in range(3):
        hours.wait(20)
        assert hours.look() == []
        assert "changed orders of shopee/330022771 could not be listed" in hours.said
    now = read_cursor(hours.cursor)
    assert now["shopee/330022771"] == before["shopee/330022771"]
    assert now["shopify/northwind-gifts"].until > before["shopify/northwind-gifts"].until
    hours.keeper.sandbox.world.faults.clear()
    assert hours.look() == [(changed,)], "an hour later, far beyond the overlap"
    assert timedelta(hours=1) > OVERLAP


def test_it_asks_little(hours: Hours) -> None:
    hours.look()
    hours.wait(2)
    visits = hours.keeper.sandbox.world.visits
    visits.clear()
    hours.look()
    asked = {visit["path"] for visit in visits.report(50)["latest"]}
    assert visits.report(0)["total"] == 3, asked
