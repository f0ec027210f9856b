"""The sensor of cost files, and the way of a cost from its file to staging.

The tests of this file follow one another in one house, as the days of a seller do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from marketing_assets.automation.cost_files import Seen, cursor_text, read_cursor
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.raw_table import replay_raw
from marketing_assets.partitions import DayRange
from marketing_assets.platforms import costs
from marketing_assets_tests.crash.states import state
from marketing_assets_tests.e2e.house import House, Run, Sensed, open_house
from marketing_assets_tests.installation import SEED
from marketing_assets_tests.platforms.cost_files import COGS, COSTS, write

pytestmark = pytest.mark.xdist_group("cost_files")

NOW = datetime(2026, 11, 12, 4, 30, tzinfo=UTC)
START, TODAY = date(2026, 9, 28), date(2026, 11, 12)
REFERENCE = {"siam/raw/ecb_fx_rates", "siam/staging/stg_ecb__fx_rates", "siam/staging/fx_rates"}
OF_COSTS = {"siam/raw/costs", "siam/staging/stg_costs__costs", "siam/staging/costs"}
OF_COGS = {"siam/raw/cogs", "siam/staging/stg_costs__cogs", "siam/staging/cogs"}
FROM_COSTS = OF_COSTS | REFERENCE | {"siam/mart/daily_profit", "siam/mart/customer_value"}
FROM_COGS = (
    FROM_COSTS - OF_COSTS
    | OF_COGS
    | {
        "siam/staging/int_order_lines",
        *(f"siam/mart/{mart}" for mart in ("order_profit", "product_performance", "campaign_profit")),
    }
)


def only(assets: set[str]) -> str:
    """The selection of these assets."""
    return " or ".join(f'key:"{name}"' for name in sorted(assets))


@dataclass
class Seller:
    """The house, and what the sensor kept between its evaluations."""

    house: House
    cursor: str | None = None
    seen: list[Sensed] = field(default_factory=list)

    def write(self, name: str, lines: str) -> None:
        head = COGS if name.startswith("cogs") else COSTS
        write(self.house.installation.tenants, name, head + lines)

    def remove(self, name: str) -> None:
        (self.house.installation.tenants / "siam" / "costs" / name).unlink()

    def look(self) -> Sensed:
        sensed = self.house.sense("siam", self.cursor)
        self.cursor = sensed.cursor
        return sensed

    def run(self, sensed: Sensed) -> list[Run]:
        runs = [self.house.carry_out("siam", request) for request in sensed.requests]
        assert [run.complaint for run in runs] == [""] * len(runs)
        assert [run.failed_checks() for run in runs] == [{}] * len(runs)
        return runs

    def amounts(self, table: str = "staging.costs") -> dict[date, Decimal]:
        frame = self.house.frame("siam", table)
        return dict(frame.group_by("day").agg(pl.col("amount").sum()).sort("day").iter_rows())


@pytest.fixture(scope="module")
def seller(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seller]:
    house = open_house(tmp_path_factory.mktemp("cost_files"), parsed, NOW, SEED, start_date=f"{START}")
    with house.sandbox:
        yield Seller(house)


def test_a_tenant_that_was_never_filled_waits_for_its_first_run(seller: Seller) -> None:
    seller.write("early.csv", "other,Fair,70,THB,2026-10-20,,\n")
    sensed = seller.look()
    assert (sensed.requests, sensed.skipped, seller.cursor) == ([], "siam was never filled", None)
    seller.remove("early.csv")
    run = seller.house.run("siam", DayRange(START, START))
    assert run.success, run.complaint


def test_without_files_nothing_is_asked(seller: Seller) -> None:
    sensed = seller.look()
    assert (sensed.requests, sensed.skipped) == ([], "no cost file changed on a day that the tenant has")
    assert read_cursor(seller.cursor) == {}


def test_a_new_file_asks_for_its_days_and_what_follows(seller: Seller) -> None:
    seller.write(
        "agency.csv",
        "agency,Fee,3000.01,THB,2026-10-01,2026-12-31,meta_ads\ntool,Old,99,THB,2025-01-01,2025-12-31,\n",
    )
    sensed = seller.look()
    assert sensed.days == [DayRange(START, TODAY)], "the span of its lines, within the tenant's days"
    assert sensed.assets == [FROM_COSTS]
    [run] = seller.run(sensed)
    assert run.written == FROM_COSTS
    found = seller.amounts()
    assert (min(found), max(found), len(found)) == (date(2026, 10, 1), TODAY, 43)
    assert set(found.values()) == {Decimal("32.60"), Decimal("32.61"), Decimal("32.62")} & set(found.values())
    [row] = seller.house.rows("siam", "raw.costs", DayRange(TODAY, TODAY))
    assert (row["cost_platform"], row["file_name"], row["file_line"]) == ("meta_ads", "agency.csv", 2)
    assert (row["from_date"], row["period_amount"]) == (date(2026, 10, 1), Decimal("3000.01"))


def test_it_asks_once_and_remembers_after_a_restart(seller: Seller) -> None:
    assert seller.look().requests == []
    seller.house.definitions = seller.house.installation.definitions()
    kept = cursor_text(read_cursor(seller.cursor))
    assert kept == seller.cursor
    assert seller.look().requests == []


def test_a_changed_file_asks_for_its_old_and_its_new_days(seller: Seller) -> None:
    seller.write("agency.csv", "agency,Fee,600,THB,2026-10-05,2026-10-10,meta_ads\n")
    sensed = seller.look()
    assert sensed.days == [DayRange(START, TODAY)]
    seller.run(sensed)
    assert seller.amounts() == {date(2026, 10, day): Decimal(100) for day in range(5, 11)}
    assert seller.amounts("raw.costs") == seller.amounts()


def test_days_apart_are_runs_apart_and_a_future_file_waits(seller: Seller) -> None:
    seller.write("fair.csv", "other,Fair,70,THB,2026-10-20,,\n")
    seller.write("reel.csv", "influencer,Reel,10,USD,2026-11-01,2026-11-02,\n")
    seller.write("later.csv", "tool,Licence,10,USD,2026-12-01,2026-12-31,\n")
    sensed = seller.look()
    assert sensed.days == [
        DayRange(date(2026, 10, 20), date(2026, 10, 20)),
        DayRange(date(2026, 11, 1), date(2026, 11, 2)),
    ]
    seller.run(sensed)
    assert len(seller.amounts()) == 9
    dollars = seller.house.frame("siam", "staging.costs").filter(currency="USD")
    assert (dollars["amount_reporting"] > 100).all()
    assert read_cursor(seller.cursor)["later.csv"].first == "2026-12-01"


def test_days_next_to_each_other_are_one_run(seller: Seller) -> None:
    seller.write("fair.csv", "other,Fair,71,THB,2026-10-20,,\n")
    seller.write("stall.csv", "other,Stall,72,THB,2026-10-21,2026-10-22,\n")
    sensed = seller.look()
    assert sensed.days == [DayRange(date(2026, 10, 20), date(2026, 10, 22))]
    seller.run(sensed)


def test_a_file_with_mistakes_waits_and_what_was_there_stays(seller: Seller) -> None:
    before, cursor = seller.amounts("raw.costs"), seller.cursor
    landed = list(Landing(seller.house.installation.settings.landing).fetches("siam", "costs", "costs"))
    seller.write("fair.csv", "other,Fair,71,THB,20/10/2026,,\nothr,Fair,1,THB,2026-10-20,,\n")
    sensed = seller.look()
    assert (sensed.requests, sensed.cursor) == ([], cursor)
    for said in (
        "siam/costs/fair.csv:2: from: '20/10/2026' is ambiguous",
        "siam/costs/fair.csv:3: kind: 'othr'",
    ):
        assert said in (sensed.skipped or "")

    day = DayRange(date(2026, 10, 20), date(2026, 10, 20))
    run = seller.house.run("siam", day, only(OF_COSTS | REFERENCE))
    assert not run.success
    assert list(run.failures) == ["siam__raw__costs"]
    assert "siam/costs/costs, days 2026-10-20: " in run.complaint
    assert "siam/costs/fair.csv:3: kind: 'othr' is none of" in run.complaint
    assert "siam/staging/fx_rates" in run.written, "exchange rates do not wait for it"
    assert seller.amounts("raw.costs") == before
    assert seller.amounts() == before
    assert landed == list(
        Landing(seller.house.installation.settings.landing).fetches("siam", "costs", "costs")
    )


def test_unit_costs_do_not_wait_for_mistakes_in_other_files(seller: Seller) -> None:
    seller.write("cogs.csv", "BAG-1,10,THB,2026-01-01,2026-10-31\nBAG-1,12.50,THB,2026-11-01,\n")
    sensed = seller.look()
    assert sensed.days == [DayRange(START, TODAY)]
    assert sensed.assets == [FROM_COGS]
    seller.run(sensed)
    held = {r["day"]: r["unit_cost"] for r in seller.house.rows("siam", "staging.cogs")}
    assert (held[START], held[date(2026, 10, 31)]) == (10, 10)
    assert (held[date(2026, 11, 1)], held[TODAY]) == (Decimal("12.5"), Decimal("12.5"))
    assert len(held) == len(DayRange(START, TODAY))
    assert {r["day"] for r in seller.house.rows("siam", "raw.cogs")} == {TODAY}


def test_a_mended_file_asks_for_what_it_could_not_before(seller: Seller) -> None:
    seller.write("fair.csv", "other,Fair,80,THB,2026-10-21,,\n")
    sensed = seller.look()
    assert sensed.days == [DayRange(date(2026, 10, 20), date(2026, 10, 21))]
    assert sensed.assets == [FROM_COSTS]
    seller.run(sensed)
    assert seller.amounts()[date(2026, 10, 21)] == 116
    assert date(2026, 10, 20) not in seller.amounts()


def test_a_list_restated_today_holds_in_the_past(seller: Seller) -> None:
    seller.write("cogs.csv", "BAG-1,11,THB,2026-10-01,2026-10-31\n")
    sensed = seller.look()
    assert sensed.days == [DayRange(START, TODAY)], "up to today, on which the list lands"
    seller.run(sensed)
    held = {r["day"]: r["unit_cost"] for r in seller.house.rows("siam", "staging.cogs")}
    assert held == dict.fromkeys(DayRange(date(2026, 10, 1), date(2026, 10, 31)), Decimal(11))


def test_loading_twice_and_replaying_give_the_same(seller: Seller) -> None:
    house, days = seller.house, DayRange(START, TODAY)
    before = state(house.warehouse("siam"), "raw", "staging")  # type: ignore[arg-type]
    assert house.run("siam", days, only(OF_COSTS | OF_COGS | REFERENCE)).success
    assert state(house.warehouse("siam"), "raw", "staging") == before  # type: ignore[arg-type]
    landing = Landing(house.installation.settings.landing)
    for table, replayed in zip(costs.PLATFORM.tables, (days, DayRange(TODAY, TODAY)), strict=True):
        outcome = replay_raw(
            house.warehouse("siam"), landing, house.tenant("siam"), costs.PLATFORM, table, replayed
        )
        assert outcome.complaints == []
    assert state(house.warehouse("siam"), "raw", "staging") == before  # type: ignore[arg-type]


def test_a_file_that_is_gone_asks_for_the_days_it_spoke_of(seller: Seller) -> None:
    seller.remove("reel.csv")
    sensed = seller.look()
    assert sensed.days == [DayRange(date(2026, 11, 1), date(2026, 11, 2))]
    seller.run(sensed)
    assert max(seller.amounts()) == date(2026, 10, 22)
    assert seller.look().requests == []


def test_tenants_do_not_see_each_others_files(seller: Seller) -> None:
    assert seller.house.sense("northwind").requests == []


@pytest.mark.parametrize(
    ("table", "first", "last", "days"),
    [
        ("costs", "2026-11-01", "2026-11-02", DayRange(date(2026, 11, 1), date(2026, 11, 2))),
        ("costs", "2020-01-01", "2030-01-01", DayRange(START, TODAY)),
        ("costs", "2026-11-12", "2026-11-12", DayRange(TODAY, TODAY)),
        ("costs", "2026-11-13", "2026-12-01", None),
        ("costs", "2020-01-01", "2026-09-27", None),
        ("costs", None, None, None),
        ("cogs", "2026-11-01", "2026-11-02", DayRange(date(2026, 11, 1), TODAY)),
        ("cogs", "2026-11-01", None, DayRange(date(2026, 11, 1), TODAY)),
        ("cogs", "2026-11-13", None, None),
    ],
)
def test_the_days_of_a_file_lie_between_the_tenants_start_and_today(
    table: str, first: str | None, last: str | None, days: DayRange | None
) -> None:
    assert Seen(table, "", first, last).days(START, TODAY) == set(days or ())
