"""The real daemon, code server and receiver, killed at random points while signed webhooks come in."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg
import httpx
import pytest
import sqlalchemy as sa

from marketing_assets.automation.unfinished import fetched_days
from marketing_assets.warehouse.errors import WarehouseError
from marketing_assets.webhooks.inbox import INBOX, Inbox
from marketing_assets.webhooks.sensor import read_cursor
from marketing_assets_tests.commands.ports import consecutive_ports
from marketing_assets_tests.daemon.pushing import TENANT, PushingShop
from marketing_assets_tests.daemon.services import Dagster, Service
from marketing_assets_tests.installation import FILLED, Installation, program

pytestmark = pytest.mark.timeout(900)

KILLS = ("receiver", "all", "daemon", "receiver", "all")
PATIENCE_SECONDS = 600
"""Four minutes suffice on a machine of its own; a crowded one is slower."""


class House:
    """All processes of an installation, and what Dagster and the inbox say."""

    def __init__(self, installation: Installation):
        self.installation = installation
        self.dagster = Dagster(installation, TENANT)
        port = consecutive_ports(1)
        base = f"http://127.0.0.1:{port}"
        self.url = f"{base}/webhooks/{TENANT}/shopee"
        self.receiver = Service(
            [program("marketing"), "webhooks", "serve", "--port", str(port)],
            installation.env,
            installation.home / "logs" / "receiver.log",
            lambda: _is_there(base),
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        with self.dagster:
            try:
                self.dagster.daemon.start()
                self.receiver.start()
                yield
            finally:
                self.receiver.kill()

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", self.dagster.env["DAGSTER_HOME"])
            with dg.DagsterInstance.get() as found:
                yield found

    def runs(self) -> list[dg.DagsterRun]:
        with self.instance() as instance:
            return list(instance.get_runs())

    def kill(self, what: str) -> None:
        """Kill and start again, as a supervisor does; `all` takes the code server and its runs along."""
        if what in ("receiver", "all"):
            self.receiver.kill()
        if what in ("daemon", "all"):
            self.dagster.daemon.kill()
        if what == "all":
            self.dagster.code.kill()
            self.dagster.code.start()
        if what in ("daemon", "all"):
            self.dagster.daemon.start()
        if what in ("receiver", "all"):
            self.receiver.start()

    def waiting(self) -> int:
        """Messages in the inbox."""
        inbox = Inbox(self.installation.settings)
        with inbox.engine.connect() as connection:
            count = connection.scalar(sa.select(sa.func.count()).select_from(INBOX))
        inbox.close()
        return int(count or 0)

    def is_at_work(self, sensor: str = f"{TENANT}_webhooks") -> bool:
        """Whether a run that the sensor asked for waits or works."""
        return any(
            not run.is_finished and run.tags.get("dagster/sensor_name") == sensor for run in self.runs()
        )


def _is_there(base: str) -> bool:
    try:
        return httpx.get(f"{base}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


def until(so: Callable[[], Any], what: str, end: float) -> None:
    while not so():
        assert time.monotonic() < end, f"{what}: not in time"
        time.sleep(1)


def revenues(installation: Installation, days: list[date]) -> dict[date, tuple[str, str]]:
    """Of the shop: as the mart says, and as the world says; empty while a run has the warehouse."""
    query = {"tenant": TENANT, "platform": "shopee", "from": f"{min(days)}", "to": f"{max(days)}"}
    control = installation.sandbox.control_url
    truth = {row["date"]: row for row in httpx.get(f"{control}/_world/truth", params=query).json()}
    try:
        mart = {
            row["day"]: row for row in installation.warehouse().read("mart", "shop_performance").to_dicts()
        }
    except WarehouseError:
        return {}
    return {day: (f"{mart[day]['revenue']:.2f}", f"{float(truth[f'{day}']['revenue']):.2f}") for day in days}


def test_what_was_acknowledged_reaches_the_marts_whatever_is_killed(installation: Installation) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    begun, end = time.monotonic(), time.monotonic() + PATIENCE_SECONDS
    house, days = House(installation), list(FILLED)
    kills = chance.sample(KILLS, len(KILLS))
    with house.running():
        with PushingShop(installation, house.url, days, random.Random(seed)) as shop:
            until(house.is_at_work, "the first run", end)
            for what in kills:
                if what == "all":
                    until(house.is_at_work, "a run", end)
                moment = chance.uniform(0, 12)
                time.sleep(moment)
                print(f"{time.monotonic() - begun:.0f} s: {what} is killed, {house.waiting()} messages wait")
                house.kill(what)
        acknowledged = list(shop.acknowledged)
        until(lambda: house.waiting() == 0 and not house.is_at_work(), "every message's run", end)
        print(f"{time.monotonic() - begun:.0f} s: all of {len(acknowledged)} messages are settled")
        # Once more, as whoever repeats a message: what was taken in is known, so nothing comes in again.
        assert {shop.push(message) for message in acknowledged} == {200}
        assert house.waiting() == 0
    told = house.dagster.daemon.log.read_text()
    assert "SensorExecutionError" not in told, told
    runs = house.runs()
    done = [run for run in runs if run.status is dg.DagsterRunStatus.SUCCESS]
    assert {m.day for m in acknowledged} <= {day for run in done for day in fetched_days(run)}
    of_days = revenues(installation, days)
    assert of_days and all(mart == truth for mart, truth in of_days.values()), of_days
    keys = [run.tags.get("dagster/run_key") for run in runs if run.parent_run_id is None]
    asked = Counter(key for key in keys if key)
    assert set(asked.values()) == {1}, "the sensors asked for nothing twice"
    stored = installation.warehouse().read("raw", "shopee_orders")["order_sn"].to_list()
    assert len(stored) == len(set(stored))
    assert {message.order for message in acknowledged} <= set(stored)
    assert_cursor_is_whole(house)


def assert_cursor_is_whole(house: House) -> None:
    """It names the inbox and a place among its messages, and none is left behind as late.

    The newest may lie behind its place: a run that waited already covered its day.
    """
    inbox = Inbox(house.installation.settings)
    with house.instance() as instance:
        [state] = [s for s in instance.all_instigator_state() if s.name == f"{TENANT}_webhooks"]
    cursor = read_cursor(getattr(state.instigator_data, "cursor", None), inbox.name)
    with inbox.engine.connect() as connection:
        newest = connection.scalar(sa.text("select seq from sqlite_sequence where name = 'webhook_inbox'"))
    inbox.close()
    [place] = cursor.places.values()
    assert 0 < place.upto <= newest
    assert place.late == []
