"""What outlived its time goes, and nothing that a day still needs."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg
import pytest
import yaml

from marketing_assets.partitions import DayRange
from marketing_assets.protection import acts
from marketing_assets.protection.retention import expire, plan
from marketing_assets.protection.schedule import retention_job, retention_schedule
from marketing_assets_tests.protection.people import DAYS, FIRST, Small

LATE = timedelta(days=500)


def keeping(house: Small, **retention: object) -> None:
    path = house.folder / "tenants" / "northwind.yaml"
    content = yaml.safe_load(path.read_text()) | {"retention": retention}
    path.write_text(yaml.safe_dump(content))


def fetches(house: Small, platform: str, table: str) -> list[DayRange]:
    return [window for _, window, _ in house.landing.fetches("northwind", platform, table)]


def test_the_newest_fetch_of_a_day_stays_as_long_as_its_rows(house: Small) -> None:
    assert not plan(house.settings, house.tenant, house.at)
    done = expire(house.settings, house.tenant, house.at + LATE, "x")
    assert {f.table: len(f.folders) for f in done.fetches} == {
        "shopify_orders": 1,
        "shopify_customers": 1,
        "shopee_orders": 1,
        "shopee_escrow": 1,
    }
    assert fetches(house, "shopify", "shopify_orders") == [DAYS]
    assert done.told()["no_longer_replayable"] == {} and done.rows == []
    newest = house.landing.newest("northwind", "shopify", "shopify_orders", "northwind-gifts", DAYS)
    assert set(newest) == set(DAYS)


def test_raw_days_go_with_their_dead_letters_and_then_their_fetches(house: Small) -> None:
    keeping(house, raw_days=300, platforms={"shopify": {"raw_days": None}})
    before = house.rows("staging.orders")
    found = plan(house.settings, house.tenant, house.at + LATE)
    assert house.rows("raw.shopee_orders"), "a plan changes nothing"
    done = expire(house.settings, house.tenant, house.at + LATE, "x")
    assert done.told() == found.told()
    assert house.rows("raw.shopee_orders") == house.rows("ops.dead_letters") == []
    assert len(house.rows("raw.shopify_orders")) == 9 and house.rows("staging.orders") == before
    assert fetches(house, "shopee", "shopee_orders") == []
    assert done.told()["no_longer_replayable"]["shopee_orders"] == str(DAYS)
    lines = [line for line in acts.read(house.settings) if line.kind == "retention"]
    assert [line.state for line in lines] == ["started", "finished"]
    assert lines[1].details["rows"]["raw.shopee_orders"].startswith("9 before ")
    assert not expire(house.settings, house.tenant, house.at + LATE, "x")


@pytest.mark.parametrize("after", [399, 401])
def test_a_fetch_is_old_by_when_it_was_made(house: Small, after: int) -> None:
    found = plan(house.settings, house.tenant, house.at + timedelta(days=after))
    assert bool(found.fetches) == (after > 400)


def test_a_partly_covered_fetch_stays(house: Small) -> None:
    house.fetch("shopee_orders", [], DayRange(FIRST, FIRST))
    house.fetch("shopee_orders", [], DayRange(FIRST, FIRST))
    expire(house.settings, house.tenant, house.at + LATE, "x")
    assert fetches(house, "shopee", "shopee_orders") == [DayRange(FIRST, FIRST), DAYS]


def test_the_nightly_job_does_it_and_shows_what_went(house: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in house.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("marketing_assets.protection.schedule.now_utc", lambda: house.at + LATE)
    keeping(house, raw_days=1)
    job = retention_job(house.tenant)
    schedule = retention_schedule(house.tenant, job)
    assert (schedule.name, schedule.execution_timezone) == ("northwind_retention", "America/New_York")
    result = job.execute_in_process(instance=dg.DagsterInstance.ephemeral())
    assert result.success
    [shown] = [e.step_output_data.metadata for e in result.all_events if e.is_successful_output]
    assert shown["removed"].value["rows"]["raw.shopee_orders"].startswith("9 before ")
    assert house.rows("raw.shopee_orders") == []
