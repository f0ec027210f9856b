"""The history of a tenant in pieces: which comes next, and what becomes of one that fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.automation.history import (
    HISTORY_TAG,
    history_sensor,
    newest_piece,
    pause_after,
    piece,
    piece_days,
)
from marketing_assets.automation.schedules import refresh_job
from marketing_assets.automation.selections import Selections
from marketing_assets.automation.unfinished import days_of
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.tenants import Tenant, parse_tenant
from marketing_assets_tests.installation import QUIET, shipped, write_tenant

START, TODAY = date(2026, 9, 1), date(2026, 11, 12)
ORDERS, MART = (dg.AssetKey(["siam", *p.split("/")]) for p in ("raw/shopee_orders", "mart/daily_performance"))
CHOSEN = Selections((MART, ORDERS), (), (), ())
DAYS = dg.DailyPartitionsDefinition(start_date="2026-09-01")


@given(st.sets(st.integers(0, 70)), st.integers(1, 20), st.integers(0, 70))
def test_pieces_cover_every_missing_day_once_the_newest_first(
    filled: set[int], days: int, length: int
) -> None:
    first, last = START, START + length * ONE_DAY
    known = {START + n * ONE_DAY for n in filled}
    done: list[str] = []
    while (wanted := newest_piece(first, last, known, done, days)) is not None:
        assert len(wanted) <= days
        assert not done or wanted.last < piece(done[-1]).first
        done.append(str(wanted))
    fetched = [day for text in done for day in piece(text)]
    assert sorted(fetched) == sorted(set(DayRange(first, last)) - known)


def test_a_piece_is_what_the_narrowest_platform_tells_at_once() -> None:
    assert piece_days([PLATFORMS["shopee"], PLATFORMS["meta_ads"]]) == 15
    assert piece_days([PLATFORMS["meta_ads"]]) == 30


def test_pauses_grow_up_to_a_day() -> None:
    assert [pause_after(n) // timedelta(hours=1) for n in (1, 2, 3, 9, 10_000)] == [1, 2, 4, 24, 24]


@dataclass
class Watched:
    """The sensor of a tenant, its clock, and what it kept between evaluations."""

    tenant: Tenant
    patch: pytest.MonkeyPatch
    now: datetime = datetime(2026, 11, 12, 4, 30, tzinfo=UTC)
    cursor: str | None = None
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)
    fails: bool = False

    def look(self) -> dg.RunRequest | str:
        """The one run asked for, or why there is none. The sensor is made anew, as after a restart."""
        platforms = [PLATFORMS["shopee"], PLATFORMS["meta_ads"]]
        job = refresh_job(self.tenant)
        [sensor] = history_sensor(self.tenant, platforms, job, CHOSEN)
        self.patch.setattr("marketing_assets.automation.history.now_utc", lambda: self.now)
        house = self

        @dg.asset(key=ORDERS, partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
        def orders() -> None:
            if house.fails:
                raise dg.Failure("siam/shopee/shopee_orders: the login is dead")

        @dg.asset(
            key=MART, partitions_def=DAYS, deps=[orders], backfill_policy=dg.BackfillPolicy.single_run()
        )
        def mart() -> None: ...

        self.definitions = dg.Definitions(
            [orders, mart], jobs=[job], sensors=[sensor], executor=dg.in_process_executor
        )
        repository = self.definitions.get_repository_def()
        context = dg.build_sensor_context(self.instance, self.cursor, repository_def=repository)
        tick = repository.get_sensor_def("siam_history").evaluate_tick(context)
        self.cursor = tick.cursor
        [*requests] = tick.run_requests or []
        return requests[0] if requests else str(tick.skip_message)

    def carry_out(self, request: dg.RunRequest) -> None:
        self.definitions.resolve_job_def("siam_refresh").execute_in_process(
            instance=self.instance, tags=dict(request.tags), run_config=QUIET, raise_on_error=False
        )


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    write_tenant(tmp_path, "siam", shipped("siam", start_date="2026-09-01", backfill={"from": "2026-09-20"}))
    tenant, problems = parse_tenant(tmp_path / "siam.yaml")
    assert tenant is not None, problems
    return Watched(tenant, monkeypatch)


def request_of(found: dg.RunRequest | str) -> dg.RunRequest:
    assert isinstance(found, dg.RunRequest), found
    return found


def days(request: dg.RunRequest) -> DayRange:
    asked = days_of(dg.DagsterRun("siam_refresh", tags=dict(request.tags)))
    return DayRange(min(asked), max(asked))


def test_the_history_comes_piece_by_piece_and_ends(watched: Watched) -> None:
    found = []
    while isinstance(asked := watched.look(), dg.RunRequest):
        assert int(asked.tags["dagster/priority"]) < 0
        found.append(days(asked))
        watched.carry_out(asked)
    assert [d.first for d in found] == [
        date(2026, 10, 28),
        date(2026, 10, 13),
        date(2026, 9, 28),
        date(2026, 9, 20),
    ]
    assert found[0].last == TODAY - ONE_DAY
    assert asked == "every day from 2026-09-20 to 2026-11-11 is filled"


def test_one_piece_at_a_time(watched: Watched) -> None:
    asked = request_of(watched.look())
    run = dg.DagsterRun(
        "siam_refresh", tags={**asked.tags, "tenant": "siam"}, status=dg.DagsterRunStatus.STARTED
    )
    watched.instance.add_run(run)
    waits = watched.look()
    assert waits == f"2026-10-28..2026-11-11 is at work (run {run.run_id}, STARTED)"


def test_a_piece_that_failed_says_why_waits_and_is_tried_again(watched: Watched) -> None:
    watched.fails = True
    watched.now = datetime.now(UTC)
    watched.patch.setattr(type(watched.tenant), "backfill_from", property(lambda _: date(2026, 9, 20)))
    first = request_of(watched.look())
    watched.carry_out(first)
    waits = watched.look()
    assert isinstance(waits, str)
    assert f"{days(first)} failed and is tried again at " in waits
    assert waits.endswith("siam/shopee/shopee_orders: the login is dead")

    watched.fails = False
    watched.now += timedelta(hours=2)
    again = request_of(watched.look())
    assert days(again).first <= days(first).first or days(again).last >= days(first).last
    assert again.run_key != first.run_key
    watched.carry_out(again)
    assert days(request_of(watched.look())).last < days(again).first


def test_a_run_that_is_gone_from_the_records_is_asked_for_again(watched: Watched) -> None:
    first = request_of(watched.look())
    again = request_of(watched.look())
    assert again.tags[HISTORY_TAG] == first.tags[HISTORY_TAG]


def test_without_the_flag_there_is_no_sensor(tmp_path: Path) -> None:
    write_tenant(tmp_path, "siam", shipped("siam"))
    tenant, _ = parse_tenant(tmp_path / "siam.yaml")
    assert tenant is not None
    assert history_sensor(tenant, [PLATFORMS["shopee"]], refresh_job(tenant), CHOSEN) == []


@pytest.mark.parametrize(
    ("backfill", "said"),
    [
        ({"from": "2026-08-01"}, "lies before the tenant's start_date; write a day from 2026-09-01 on"),
        ({"since": "2026-10-01"}, "siam.yaml: backfill.since: is no known field"),
    ],
)
def test_a_mistaken_flag_names_the_remedy(tmp_path: Path, backfill: object, said: str) -> None:
    write_tenant(tmp_path, "siam", shipped("siam", start_date="2026-09-01", backfill=backfill))
    _, problems = parse_tenant(tmp_path / "siam.yaml")
    assert said in "\n".join(map(str, problems))
