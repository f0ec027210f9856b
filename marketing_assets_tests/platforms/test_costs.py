"""Cost files: what is read, how an amount is spread, and what the controls say of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.partitions import DayRange
from marketing_assets.platforms import costs
from marketing_assets.platforms.costs.costs import costs_of
from marketing_assets.platforms.costs.currencies import DECIMALS
from marketing_assets.platforms.costs.files import CostFile
from marketing_assets.platforms.costs.resource import connect, prove
from marketing_assets.platforms.costs.spreading import share
from marketing_assets.platforms.costs.totals import cost_controls
from marketing_assets.tenants import Connection, Problem
from marketing_assets_tests.platforms.cost_files import COGS, COSTS, Read, read, window, write
from marketing_assets_tests.platforms.sandboxed import Loaded, load, tenant_of

__all__ = ["read"]

COSTS_TABLE, COGS_TABLE = costs.PLATFORM.tables
D = date(2026, 11, 10)


@given(st.integers(-(10**15), 10**15), st.integers(1, 4000))
def test_the_days_of_an_amount_add_up_to_it_and_differ_by_one_unit_at_most(units: int, days: int) -> None:
    shares = [share(units, days, place) for place in range(days)]
    assert sum(shares) == units
    assert max(shares) - min(shares) <= 1
    assert all(abs(one * days - units) <= days for one in shares)


@pytest.mark.parametrize(
    ("units", "days", "shares"),
    [
        (100, 3, [33, 34, 33]),
        (10, 4, [2, 3, 3, 2]),
        (1, 2, [0, 1]),
        (3, 2, [2, 1]),
        (-100, 3, [-33, -34, -33]),
        (0, 2, [0, 0]),
        (7, 1, [7]),
    ],
)
def test_what_the_first_days_carry_is_rounded_half_to_even(units: int, days: int, shares: list[int]) -> None:
    assert [share(units, days, place) for place in range(days)] == shares


amounts = st.tuples(
    st.sampled_from(["THB", "JPY", "KWD", "USD", "VND"]),
    st.integers(0, 10**12),
    st.dates(date(2025, 12, 1), date(2026, 3, 1)),
    st.integers(1, 500),
)


@given(st.lists(amounts, min_size=1, max_size=6, unique=True))
def test_every_cost_adds_up_and_the_second_count_agrees_on_every_day(
    drawn: list[tuple[str, int, date, int]],
) -> None:
    lines = [
        f"tool,thing {i},{Decimal(units).scaleb(-DECIMALS[currency]):f},{currency},{first},"
        f"{first + timedelta(days=days - 1)},"
        for i, (currency, units, first, days) in enumerate(drawn)
    ]
    file = CostFile("siam", "tools.csv", (COSTS + "\n".join(lines)).encode())
    problems: list[Problem] = []
    found = costs_of([file], (), problems)
    assert problems == []
    on_day: dict[date, Decimal] = defaultdict(Decimal)
    count: dict[date, int] = defaultdict(int)
    for cost, (currency, units, _, days) in zip(found, drawn, strict=True):
        shares = {day: cost.on(day) for day in cost.days}
        assert len(shares) == days
        assert sum(shares.values()) == Decimal(units).scaleb(-DECIMALS[currency])
        for day, amount in shares.items():
            assert amount == round(amount, DECIMALS[currency]), "whole smallest units"
            on_day[day] += amount
            count[day] += 1
    everything = DayRange(date(2025, 11, 30), date(2027, 8, 1))
    for control in cost_controls([file], everything):
        assert control.figures == {"rows": count[control.day], "amount": on_day[control.day]}


def day_amounts(loaded: Loaded) -> dict[tuple[str, str], str]:
    return {(r["name"], r["date"]): r["amount"] for r in loaded.records}


def test_a_cost_lands_on_the_days_of_the_window_with_its_share_of_the_whole_period(read: Read) -> None:
    text = (
        COSTS
        + "agency,Retainer,100,THB,2026-11-09,2026-11-11,meta_ads\n"
        + "other,Fair,7.50,USD,2026-11-10,,\n"
        + "tool,Later,9,THB,2026-11-12,2026-11-30,\n"
    )
    client = read({"a.csv": text})
    loaded = load(COSTS_TABLE, client, window(D, D + timedelta(days=1)))
    assert day_amounts(loaded) == {
        ("Retainer", "2026-11-10"): "33.34",
        ("Retainer", "2026-11-11"): "33.33",
        ("Fair", "2026-11-10"): "7.50",
    }
    first = loaded.records[0]
    assert {k: first[k] for k in ("kind", "currency", "platform", "file", "line", "from", "to")} == {
        "kind": "agency",
        "currency": "THB",
        "platform": "meta_ads",
        "file": "a.csv",
        "line": 2,
        "from": "2026-11-09",
        "to": "2026-11-11",
    }
    assert loaded.controls == {
        D: {"rows": 2, "amount": Decimal("40.84")},
        D + timedelta(days=1): {"rows": 1, "amount": Decimal("33.33")},
    }
    [page] = loaded.pages
    assert page.request == {"method": "READ", "path": "siam/costs/a.csv", "params": {}}
    assert client.transport.counters.bytes_received == len(text)


def test_days_add_up_to_the_period_however_the_windows_are_cut(read: Read) -> None:
    client = read({"a.csv": COSTS + "salary,Team,1000.01,THB,2026-10-30,2026-11-19,\n"})
    whole = load(COSTS_TABLE, client, window(date(2026, 10, 1), date(2026, 11, 30)))
    pieces = [
        load(
            COSTS_TABLE,
            client,
            window(date(2026, 10, 1) + timedelta(days=i), date(2026, 10, 7) + timedelta(days=i)),
        )
        for i in range(0, 61, 7)
    ]
    assert sum(Decimal(r["amount"]) for r in whole.records) == Decimal("1000.01")
    cut = {key: amount for piece in pieces for key, amount in day_amounts(piece).items()}
    assert cut == day_amounts(whole)


@pytest.mark.parametrize("files", [{}, {"a.csv": COSTS, "cogs.csv": COGS}, {"notes.txt": "none"}])
def test_without_lines_there_are_no_rows_and_the_control_says_so(read: Read, files: dict[str, str]) -> None:
    client = read(dict(files))
    assert load(COSTS_TABLE, client, window(D)).raw == []
    assert load(COSTS_TABLE, client, window(D)).controls == {D: {"rows": 0, "amount": 0}}
    assert load(COGS_TABLE, client, window(D)).controls == {D: {"rows": 0}}


def test_marks_blank_lines_quotes_and_the_order_of_columns_do_not_matter(read: Read) -> None:
    plain = read({"a.csv": COSTS + "agency,Fee,5.00,THB,2026-11-10,,\nother,Two,1,THB,2026-11-10,,\n"})
    told = load(COSTS_TABLE, plain, window(D)).by("cost_id")
    content = (
        "﻿\r\n,,,,,,\r\nname, amount ,currency,kind,from,to,platform\r\n\r\n"
        '" Fee ",5, THB ,Agency,2026-11-10,2026-11-10,\r\n,,,,,,\r\nTwo,1.0,THB,other,2026-11-10,,'
    )
    other = load(COSTS_TABLE, read({"a.csv": content}), window(D)).by("cost_id")
    assert other.keys() == told.keys(), "what the lines say is the same"
    assert [(r["line"], r["amount"]) for r in other.values()] == [(5, "5.00"), (7, "1.00")]


def test_a_name_over_two_lines_keeps_the_line_it_begins_on(read: Read) -> None:
    client = read(
        {"a.csv": COSTS + 'other,"Fair,\nBangkok",1,THB,2026-11-10,,\nother,B,1,THB,2026-11-10,,\n'}
    )
    assert [(r["name"], r["line"]) for r in load(COSTS_TABLE, client, window(D)).records] == [
        ("Fair,\nBangkok", 2),
        ("B", 4),
    ]


def test_an_id_follows_what_a_line_says_and_not_where_it_stands(read: Read) -> None:
    one, two = "agency,Fee,5,THB,2026-11-10,,\n", "agency,Fee,6,THB,2026-11-10,,\n"

    def ids(files: dict[str, str | bytes]) -> dict[str, str]:
        return {r["amount"]: r["cost_id"] for r in load(COSTS_TABLE, read(files), window(D)).records}

    before = ids({"a.csv": COSTS + one + two})
    assert ids({"a.csv": COSTS + two + one}) == before
    assert ids({"b.csv": COSTS + one})["5.00"] != before["5.00"]
    assert len(set(before.values())) == 2


def test_a_credit_is_taken_off(read: Read) -> None:
    client = read({"a.csv": COSTS + "credit,Refund,-10,THB,2026-11-10,2026-11-12,\n"})
    loaded = load(COSTS_TABLE, client, window(D, D + timedelta(days=2)))
    assert [r["amount"] for r in loaded.records] == ["-3.33", "-3.34", "-3.33"]


def test_the_list_of_unit_costs_lands_whole(read: Read) -> None:
    client = read(
        {
            "cogs.csv": COGS + "A,1.005,THB,2026-01-01,2026-06-30\nA,2,THB,2026-07-01,\n",
            "COGS-new.CSV": COGS + "B,0,USD,2026-01-01,\n",
        }
    )
    loaded = load(COGS_TABLE, client, window(D))
    found = {
        (r["sku_master"], r["valid_from"]): (r["unit_cost"], r["valid_to"], r["file"]) for r in loaded.records
    }
    assert found == {
        ("A", "2026-01-01"): ("1.005", "2026-06-30", "cogs.csv"),
        ("A", "2026-07-01"): ("2", None, "cogs.csv"),
        ("B", "2026-01-01"): ("0", None, "COGS-new.CSV"),
    }
    assert loaded.controls == {D: {"rows": 3}}
    assert load(COSTS_TABLE, client, window(D)).raw == []
    assert prove(client) == "2 files, 0 costs, 3 unit costs"


def test_a_tenants_files_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path))
    write(tmp_path, "a.csv", COSTS + "agency,Fee,5,USD,2026-11-10,,\n", "northwind")
    connection = Connection(platform="costs")
    assert load(COSTS_TABLE, connect(tenant_of("siam"), connection), window(D)).raw == []
    assert len(load(COSTS_TABLE, connect(tenant_of("northwind"), connection), window(D)).raw) == 1
