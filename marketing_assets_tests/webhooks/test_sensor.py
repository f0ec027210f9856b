"""From messages in the inbox to runs of exactly their days, once, and out of the inbox after them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import httpx
import pytest

from marketing_assets.automation.planning import daily_mart
from marketing_assets.partitions import ONE_DAY, local_day
from marketing_assets.webhooks import sensor
from marketing_assets.webhooks.inbox import INBOX
from marketing_assets_tests.webhooks.shopkeeper import (
    FAILS,
    STARTS,
    SUCCEEDS,
    Shopkeeper,
    assets_of,
    days_of,
    span,
)

NOW = datetime.now(UTC).replace(microsecond=0)
RATES = {"raw/ecb_fx_rates"}
AFTER_SHOPIFY = {"raw/shopify_orders", "mart/daily_performance"}
AFTER_SHOPEE = {"raw/shopee_orders", "raw/shopee_escrow", "mart/daily_performance"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeeper]:
    made = Shopkeeper(tmp_path_factory.mktemp("shopkeeper"), NOW)
    with made.sandbox:
        yield made


@pytest.fixture
def keeper(opened: Shopkeeper) -> Iterator[Shopkeeper]:
    """The shopkeeper with an empty inbox, no runs and no hand-made orders."""
    opened.forget_runs()
    yield opened
    inbox = opened.inbox()
    with inbox.engine.begin() as connection:
        connection.execute(INBOX.delete())
    inbox.close()
    opened.sandbox.world.book.clear()
    opened.sandbox.world.faults.clear()


def ago(days: int) -> datetime:
    return NOW - days * ONE_DAY


def day(days: int) -> date:
    return local_day(ago(days), ZoneInfo("America/New_York"))


def place(keeper: Shopkeeper, created: datetime) -> str:
    url = f"{keeper.sandbox.control_url}/_world/orders/northwind"
    return str(httpx.post(url, json={"created": created.isoformat()}).json()["order_sn"])


def test_nothing_is_asked_without_messages_or_before_the_first_run(keeper: Shopkeeper) -> None:
    assert keeper.drain("kept").skip_reason.skip_message == "no message waits"  # type: ignore[union-attr]
    keeper.put("shopify", "1", created=ago(3))
    keeper.instance = dg.DagsterInstance.ephemeral()
    found = keeper.drain(None)
    assert found.skip_reason.skip_message == "northwind was never filled"  # type: ignore[union-attr]
    assert (found.cursor, keeper.waiting()) == (None, 1)


def test_messages_ask_for_exactly_their_days_and_what_follows(keeper: Shopkeeper) -> None:
    order = place(keeper, ago(9))
    keeper.put("shopify", "1", "2", created=ago(3))
    keeper.put("shopify", "3", created=ago(2))
    keeper.put("shopee", order)
    found = keeper.drain()
    assert days_of(found) == [(day(9),), (day(3), day(2))]
    assert [span(request.tags) for request in found.run_requests or []] == [
        (f"{day(9)}", f"{day(9)}"),
        (f"{day(3)}", f"{day(2)}"),
    ]
    assert [assets_of(r) for r in found.run_requests or []] == [AFTER_SHOPEE | RATES, AFTER_SHOPIFY | RATES]
    again = keeper.drain(found.cursor)
    assert (days_of(again), keeper.waiting()) == ([], 4)


def test_rates_are_fetched_for_days_that_were_never_computed_alone(keeper: Shopkeeper) -> None:
    """Else ads and all that is not of orders would follow the rates, and so each order."""
    mart = daily_mart(keeper.tenant)
    keeper.instance.report_runless_asset_event(dg.AssetMaterialization(mart, partition=f"{day(3)}"))
    keeper.put("shopify", "1", created=ago(3))
    keeper.put("shopify", "2", created=ago(6))
    found = keeper.drain()
    assert days_of(found) == [(day(6),), (day(3),)]
    assert [assets_of(r) for r in found.run_requests or []] == [AFTER_SHOPIFY | RATES, AFTER_SHOPIFY]


def test_a_day_is_the_tenants_not_the_shops(keeper: Shopkeeper) -> None:
    """The Shopee shop is in Singapore: its morning is the evening before in New York."""
    created = datetime.combine(day(6), datetime.min.time(), UTC) + timedelta(hours=2)
    order = place(keeper, created)
    assert order.startswith(f"{day(6):%y%m%d}")
    keeper.put("shopee", order)
    assert days_of(keeper.drain()) == [(day(6) - ONE_DAY,)]


def test_a_flood_is_a_few_runs(keeper: Shopkeeper) -> None:
    for age in range(2, 42, 4):
        keeper.put("shopify", *(f"{age}-{n}" for n in range(1_000)), created=ago(age))
    cursor, asked = None, 0
    for _ in range(4):
        found = keeper.drain(cursor)
        cursor = found.cursor
        for request in found.run_requests or []:
            asked += 1
            keeper.run(request)
    assert asked <= 8
    runs = keeper.instance.get_runs()
    fetched = {d for run in runs for d in run.tags["marketing/changed_days"].split(",")}
    assert fetched == {f"{day(age)}" for age in range(2, 42, 4)}
    for run in runs:
        keeper.happens(run.run_id, STARTS, SUCCEEDS)
    keeper.drain(cursor)
    assert keeper.waiting() == 0


def test_a_crash_between_request_and_cursor_asks_for_the_same_run(keeper: Shopkeeper) -> None:
    keeper.put("shopify", "1", created=ago(3))
    first, second = keeper.drain(None), keeper.drain(None)
    assert [r.run_key for r in first.run_requests or []] == [r.run_key for r in second.run_requests or []]
    [request] = first.run_requests or []
    keeper.run(request)
    keeper.put("shopify", "2", created=ago(3))
    assert days_of(keeper.drain(None)) == [], "the run that waits fetches both"


def test_a_message_leaves_after_a_success_only(keeper: Shopkeeper) -> None:
    keeper.put("shopify", "1", created=ago(3))
    found = keeper.drain()
    [request] = found.run_requests or []
    failed = keeper.run(request, STARTS)
    keeper.drain(found.cursor)
    assert keeper.waiting() == 1
    keeper.happens(failed, FAILS)
    assert days_of(keeper.drain(found.cursor)) == [], "the refresh tries again, not the sensor"
    assert keeper.waiting() == 1
    keeper.run(request, STARTS, SUCCEEDS)
    keeper.drain(found.cursor)
    assert keeper.waiting() == 0


def test_a_run_at_work_does_not_count_for_what_came_after_it_began(keeper: Shopkeeper) -> None:
    keeper.put("shopify", "1", created=ago(3))
    found = keeper.drain()
    [request] = found.run_requests or []
    run = keeper.run(request, STARTS)
    keeper.put("shopify", "2", created=ago(3))
    later = keeper.drain(found.cursor)
    assert days_of(later) == [(day(3),)]
    keeper.happens(run, SUCCEEDS)
    keeper.drain(later.cursor)
    assert keeper.waiting() == 1, "the first is done, the second waits for its run"


def test_messages_that_come_while_a_run_waits_leave_with_it(keeper: Shopkeeper) -> None:
    keeper.put("shopify", "1", created=ago(3))
    found = keeper.drain()
    [request] = found.run_requests or []
    run = keeper.run(request)
    keeper.put("shopify", "2", created=ago(3))
    later = keeper.drain(found.cursor)
    assert days_of(later) == []
    keeper.happens(run, STARTS, SUCCEEDS)
    keeper.drain(later.cursor)
    assert keeper.waiting() == 0


def test_a_retry_that_does_not_fetch_again_takes_in_nothing_new(keeper: Shopkeeper) -> None:
    """It carries on what the failed run fetched, which was before the second message came."""
    keeper.put("shopify", "1", created=ago(3))
    found = keeper.drain()
    [request] = found.run_requests or []
    keeper.run(request, STARTS, FAILS)
    keeper.put("shopify", "2", created=ago(3), age=-1)
    retry = keeper.retry(request, "mart")
    later = keeper.drain(found.cursor)
    assert days_of(later) == [(day(3),)]
    keeper.happens(retry, STARTS, SUCCEEDS)
    keeper.drain(later.cursor)
    assert keeper.waiting() == 1, "the first is done, the second waits for its run"


def test_a_run_of_another_cause_settles_old_messages_of_its_days(keeper: Shopkeeper) -> None:
    keeper.put("shopify", "1", created=ago(3), age=600)
    keeper.put("shopify", "2", created=ago(4), age=600)
    keeper.put("shopify", "3", created=ago(3))
    found = keeper.drain()
    request = keeper.followers.requests(keeper.instance, {day(3): ["shopify"]}, NOW, "schedule", {})[0]
    keeper.run(request, STARTS, SUCCEEDS)
    keeper.drain(found.cursor)
    assert keeper.waiting() == 2, "the clocks of receiver and Dagster may differ by minutes"


def test_a_shop_that_cannot_be_asked_keeps_its_place_and_holds_up_no_other(keeper: Shopkeeper) -> None:
    order = place(keeper, ago(9))
    keeper.put("shopee", order)
    keeper.put("shopify", "1", created=ago(3))
    keeper.sandbox.world.faults.add(kind="quota_day", platform="shopee", times=50)
    found = keeper.drain()
    assert days_of(found) == [(day(3),)]
    waits = keeper.drain(found.cursor)
    assert waits.skip_reason and "messages of shopee/330022771 wait" in (waits.skip_reason.skip_message or "")
    keeper.sandbox.world.faults.clear()
    assert days_of(keeper.drain(waits.cursor)) == [(day(9),)]


def test_an_order_that_the_shop_does_not_know_is_waited_for_and_then_named(
    keeper: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.put("shopee", "261101LATE001", "261101LOST001")
    found = keeper.drain()
    assert (days_of(found), keeper.waiting()) == ([], 2)
    url = f"{keeper.sandbox.control_url}/_world/orders/northwind"
    httpx.post(url, json={"order_sn": "261101LATE001", "created": ago(5).isoformat()})
    found = keeper.drain(found.cursor)
    assert days_of(found) == [(day(5),)]
    monkeypatch.setattr(sensor, "PATIENCE_SECONDS", 0)
    last = keeper.drain(found.cursor)
    said = last.skip_reason.skip_message if last.skip_reason else None
    assert said == "shopee/330022771 does not know orders that it pushed, such as 261101LOST001"
    assert keeper.waiting() == 1


def test_messages_that_need_no_run_leave_at_once(keeper: Shopkeeper) -> None:
    keeper.put("shopify", "")
    keeper.put("shopify", "1", created=datetime(2020, 1, 1, tzinfo=UTC))
    assert days_of(keeper.drain()) == []
    assert keeper.waiting() == 0


def test_a_new_inbox_is_read_from_its_beginning(keeper: Shopkeeper) -> None:
    keeper.put("shopify", *map(str, range(20)), created=ago(3))
    found = keeper.drain()
    state = keeper.installation.settings.home / "state"
    for path in state.glob("webhooks.sqlite*"):
        path.unlink()
    keeper.put("shopify", "1", created=ago(4))
    assert days_of(keeper.drain(found.cursor)) == [(day(4),)]
