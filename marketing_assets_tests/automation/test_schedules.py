"""What the refresh schedule asks for, and that no changed day is lost on the way.

The tests of this file follow one another in one house, as the ticks of a schedule do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.ingest.assets import CHANGED_DAYS_TAG
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets_tests.e2e.house import House, open_house
from marketing_assets_tests.installation import SEED

pytestmark = pytest.mark.xdist_group("installation")

FILLED_AT = datetime(2026, 11, 12, 4, 30, tzinfo=UTC)
TODAY = date(2026, 11, 12)
OLD = date(2026, 10, 3)
WINDOW = DayRange(TODAY - 30 * ONE_DAY, TODAY)
SHOP = 'key:"siam/raw/shopee_orders" or key:"siam/raw/shopee_escrow"'


@dataclass
class Tick:
    """The runs that one evaluation asked for, and what it warned of."""

    requests: list[dg.RunRequest]
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> set[date]:
        """Every day whose orders are fetched."""
        days: set[date] = set()
        for request in self.requests:
            asked = set(days_of(request))
            tag = request.tags.get(CHANGED_DAYS_TAG)
            days |= asked if tag is None else {date.fromisoformat(d) for d in tag.split(",")}
        return days


def days_of(request: dg.RunRequest) -> DayRange:
    return DayRange(*(date.fromisoformat(request.tags[name]) for name in (RANGE_START, RANGE_END)))


@pytest.fixture(scope="module")
def house(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The old day and the newest three are fetched; time goes on by what the tests do."""
    made = open_house(tmp_path_factory.mktemp("schedule"), parsed, FILLED_AT, SEED, start_date="2026-09-28")
    with made.sandbox:
        yield made


def tick(house: House, name: str = "refresh_every_6_hours") -> Tick:
    schedule = house.definitions.resolve_schedule_def(f"siam_{name}")
    warnings: list[str] = []
    with (
        house.entered(),
        dg.build_schedule_context(
            house.instance, house.now(), repository_def=house.definitions.get_repository_def()
        ) as context,
    ):
        context.log.warning = warnings.append  # type: ignore[method-assign]
        asked = schedule.evaluate_tick(context).run_requests or []
    return Tick(list(asked), warnings)


def six_hours_pass(house: House) -> None:
    house.move_to(house.now() + timedelta(hours=6))


def an_order_of(house: House, day: date) -> str:
    frame = house.frame("siam", "raw.shopee_orders", DayRange(day, day))
    return str(frame.sort("order_sn")["order_sn"][0])


def fetch_asked(house: House, asked: Tick) -> None:
    """Run what was asked, over the shop's tables alone where it is a whole refresh: ads are not at stake."""
    for request in asked.requests:
        chosen = [key.to_user_string() for key in request.asset_selection or []]
        select = (
            SHOP if any("/raw/meta_ads" in k for k in chosen) else " or ".join(f'key:"{k}"' for k in chosen)
        )
        changed = request.tags.get(CHANGED_DAYS_TAG)
        days = None if changed is None else [date.fromisoformat(d) for d in changed.split(",")]
        run = house.run("siam", days_of(request), select, days)
        assert run.success, run.complaint


def raw_of(request: dg.RunRequest) -> set[str]:
    return {key.path[-1] for key in request.asset_selection or [] if key.path[1] == "raw"}


def test_the_schedules_are_the_tenants_own(house: House) -> None:
    crons = {
        "refresh_every_6_hours": "0 */6 * * *",
        "products_daily": "0 6 * * *",
        "restatement_nightly": "30 3 * * *",
    }
    for tenant, zone in {"siam": "Asia/Bangkok", "northwind": "America/New_York"}.items():
        for name, cron in crons.items():
            schedule = house.definitions.resolve_schedule_def(f"{tenant}_{name}")
            assert (schedule.cron_schedule, schedule.execution_timezone) == (cron, zone)
            assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
            assert schedule.job_name == f"{tenant}_refresh"


def test_the_first_tick_asks_for_the_window_and_todays_orders(house: House) -> None:
    first = tick(house)
    [request] = first.requests
    assert days_of(request) == WINDOW, "no day of it was ever filled"
    assert {"shopee_orders", "meta_ads_insights", "ecb_fx_rates", "costs"} <= raw_of(request)
    assert not raw_of(request) & {"shopee_products", "meta_ads_campaigns"}, (
        "these have a schedule of their own"
    )
    assert request.tags[CHANGED_DAYS_TAG] == str(TODAY)
    assert request.tags["dagster/priority"] == "10"
    assert first.warnings == []


def test_snapshots_are_taken_alone_and_before_the_refresh_of_that_hour(house: House) -> None:
    [request] = tick(house, "products_daily").requests
    assert days_of(request) == DayRange(TODAY, TODAY)
    assert raw_of(request) == {key.path[-1] for key in request.asset_selection or []}
    assert {"shopee_products", "meta_ads_campaigns", "google_ads_accounts"} <= raw_of(request)
    assert int(request.tags["dagster/priority"]) > 10


def test_what_waits_to_start_is_not_asked_for_again(house: House) -> None:
    name = "siam_refresh_every_6_hours"
    [request] = tick(house).requests
    run = dg.DagsterRun(
        "siam_refresh",
        tags={**request.tags, "dagster/schedule_name": name},
        status=dg.DagsterRunStatus.NOT_STARTED,
        asset_selection=frozenset(request.asset_selection or []),
    )
    house.instance.add_run(run)
    assert tick(house).requests == []
    # What the waiting run does not fetch is asked for all the same.
    assert len(tick(house, "products_daily").requests) == 1
    house.instance.delete_run(run.run_id)
    assert len(tick(house).requests) == 1


def test_changed_days_are_named_and_an_old_one_has_a_run_of_its_own(house: House) -> None:
    assert house.run("siam", DayRange(OLD, OLD)).success
    assert house.run("siam", DayRange(TODAY - 2 * ONE_DAY, TODAY), SHOP).success
    fetch_asked(house, tick(house))
    six_hours_pass(house)
    house.place("siam", order_sn=an_order_of(house, OLD), amend=True, status="CANCELLED")
    house.place("siam", order_sn=an_order_of(house, TODAY - ONE_DAY), amend=True, status="CANCELLED")
    six_hours_pass(house)

    asked = tick(house)
    newest, *older = asked.requests
    assert days_of(newest) == WINDOW
    assert {TODAY, TODAY - ONE_DAY} <= {
        date.fromisoformat(d) for d in newest.tags[CHANGED_DAYS_TAG].split(",")
    }
    [of_old] = [r for r in older if OLD in days_of(r)]
    assert days_of(of_old) == DayRange(OLD, OLD)
    assert CHANGED_DAYS_TAG not in of_old.tags
    chosen = {key.to_user_string() for key in of_old.asset_selection or []}
    assert {k for k in chosen if "/raw/" in k} == {
        f"siam/raw/{t}" for t in ("shopee_orders", "shopee_escrow", "ecb_fx_rates")
    }
    assert {"siam/staging/orders", "siam/mart/daily_performance", "siam/mart/shop_performance"} <= chosen
    assert len({r.run_key for r in asked.requests}) == len(asked.requests)


def test_what_was_asked_is_asked_again_until_a_run_has_succeeded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    six_hours_pass(house)
    waiting = tick(house)
    assert OLD in waiting.changed, "nobody has run what the tick before asked for"
    [of_old] = [r for r in waiting.requests if OLD in days_of(r)]
    select = " or ".join(f'key:"{key.to_user_string()}"' for key in of_old.asset_selection or [])

    key_file = house.home / "secrets" / "siam" / "shopee_partner_key"
    key = key_file.read_text()
    key_file.write_text("wrong")
    assert not house.run("siam", DayRange(OLD, OLD), select).success
    key_file.write_text(key)
    assert OLD in tick(house).changed, "its fetch failed"

    def dies(*_: object) -> None:
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as patch:
        patch.setattr("marketing_assets.transform.assets.run_models", dies)
        assert not house.run("siam", DayRange(OLD, OLD), select).success
    assert OLD in tick(house).changed, "it landed, and the marts did not follow"

    def dies_before_it_writes(*_: object, **__: object) -> None:
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as patch:
        patch.setattr("marketing_assets.ingest.raw_table.load_and_compare", dies_before_it_writes)
        assert not house.run("siam", DayRange(OLD, OLD), select).success
    assert OLD in tick(house).changed, "it landed, and the raw table did not follow"


def test_when_all_has_run_nothing_waits(house: House) -> None:
    fetch_asked(house, tick(house))
    status = house.frame("siam", "staging.orders", DayRange(OLD, OLD)).filter(
        order_id=an_order_of(house, OLD)
    )
    assert status["order_status_normalized"].to_list() == ["cancelled"]
    six_hours_pass(house)
    fetch_asked(house, tick(house))
    assert OLD not in tick(house).changed
    assert all(days_of(r).last >= WINDOW.first for r in tick(house).requests)


def test_a_platform_that_cannot_be_asked_costs_calls_and_no_change(house: House) -> None:
    key_file = house.home / "secrets" / "siam" / "shopee_partner_key"
    key = key_file.read_text()
    key_file.unlink()
    asked = tick(house)
    key_file.write_text(key)
    [request] = asked.requests
    assert days_of(request).last == house.now().date()
    assert len(days_of(request)) == 31
    assert CHANGED_DAYS_TAG not in request.tags, "every day of the window is fetched"
    [warning] = asked.warnings
    assert "changed orders could not be listed, so the whole window is fetched: " in warning
    assert "partner_key" in warning and "emedy" in warning
