"""Mistakes in cost files: each is named with tenant, file, line, field, value and remedy, all at once."""

from __future__ import annotations

from datetime import date

import pytest

from marketing_assets.platforms import costs
from marketing_assets.platforms.costs.files import CostFileError
from marketing_assets.platforms.costs.resource import prove
from marketing_assets.platforms.http import Failure
from marketing_assets_tests.platforms.cost_files import COGS, COSTS, Read, read, window
from marketing_assets_tests.platforms.sandboxed import load

__all__ = ["read"]

COSTS_TABLE, COGS_TABLE = costs.PLATFORM.tables
DAY = window(date(2026, 11, 10))
GOOD = "agency,Fee,5,THB,2026-11-10,,\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",Fee,5,THB,2026-11-10,,", "kind: is missing; write it"),
        ("agncy,Fee,5,THB,2026-11-10,,", "kind: 'agncy' is none of affiliate, agency, credit, influencer,"),
        ("agency,,5,THB,2026-11-10,,", "name: is missing; write it"),
        ("agency,Fee,,THB,2026-11-10,,", "amount: is missing; write it"),
        ('agency,Fee,"1,200.50",THB,2026-11-10,,', "amount: '1,200.50' is no number; write digits and a dot"),
        ("agency,Fee,1e3,THB,2026-11-10,,", "amount: '1e3' is no number"),
        ("agency,Fee,๕,THB,2026-11-10,,", "amount: '๕' is no number"),
        ("agency,Fee,฿5,THB,2026-11-10,,", "amount: '฿5' is no number"),
        ("agency,Fee,5.001,THB,2026-11-10,,", "amount: '5.001' has more than 2 decimals; round it"),
        ("agency,Fee,5.5,JPY,2026-11-10,,", "amount: '5.5' has more than 0 decimals; round it"),
        ("agency,Fee,1000000000000000,THB,2026-11-10,,", "amount: '1000000000000000' is too large"),
        (
            "agency,Fee,-5,THB,2026-11-10,,",
            "amount: '-5' is negative; money that came back is of kind credit",
        ),
        ("credit,Fee,5,THB,2026-11-10,,", "amount: '5' of a credit is positive; write it with a minus"),
        ("agency,Fee,5,,2026-11-10,,", "currency: is missing; write it"),
        ("agency,Fee,5,BHT,2026-11-10,,", "currency: 'BHT' is no ISO 4217 currency; write one such as THB"),
        ("agency,Fee,5,thb,2026-11-10,,", "currency: 'thb' is no ISO 4217 currency"),
        ("agency,Fee,5,THB,,,", "from: is missing; write it"),
        (
            "agency,Fee,5,THB,01/02/2026,,",
            "from: '01/02/2026' is ambiguous, its day and month may be swapped",
        ),
        ("agency,Fee,5,THB,1.2.26,,", "from: '1.2.26' is ambiguous"),
        ("agency,Fee,5,THB,2026-02-30,,", "from: '2026-02-30' is no day of the calendar; write YYYY-MM-DD"),
        ("agency,Fee,5,THB,10 Nov 2026,,", "from: '10 Nov 2026' is no day; write YYYY-MM-DD"),
        ("agency,Fee,5,THB,20261110,,", "from: '20261110' is no day; write YYYY-MM-DD"),
        ("agency,Fee,5,THB,2026-11-10,tomorrow,", "to: 'tomorrow' is no day; write YYYY-MM-DD"),
        (
            "agency,Fee,5,THB,2026-11-10,2026-11-09,",
            "to: '2026-11-09' is before from (2026-11-10); swap them",
        ),
        (
            "agency,Fee,5,THB,2026-11-10,,facebook",
            "platform: 'facebook' is none of google_ads, meta_ads, shopee, shopify",
        ),
        (
            "agency,Fee,5,THB,2026-11-10,,ecb",
            "platform: 'ecb' is none of google_ads, meta_ads, shopee, shopify",
        ),
        (
            "agency,Fee,5,THB,2026-11-10,",
            "(line): has 6 cells where the header has 7; put text with commas in",
        ),
        ("agency,Fee,5,THB,2026-11-10,,,", "(line): has 8 cells where the header has 7"),
        ('agency,"Fee"s,5,THB,2026-11-10,,', "(line): is no CSV ("),
        (
            " Agency ,Fee,5.00,THB,2026-11-10,2026-11-10,",
            "(line): says the same as a.csv:2; remove one, or tell",
        ),
    ],
)
def test_a_mistake_in_a_cost(read: Read, line: str, said: str) -> None:
    client = read({"a.csv": COSTS + GOOD + line + "\n"})
    with pytest.raises(CostFileError) as caught:
        load(COSTS_TABLE, client, DAY)
    [problem] = caught.value.problems
    assert str(problem).startswith(f"siam/costs/a.csv:3: {said}")
    assert str(problem) in str(caught.value)
    assert caught.value.failure is Failure.CONFIG
    assert str(caught.value).endswith("Remedy: " + caught.value.remedy)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",5,THB,2026-01-01,", "sku_master: is missing; write it"),
        ("B,-5,THB,2026-01-01,", "unit_cost: '-5' is negative; a unit costs zero or more"),
        ("B,free,THB,2026-01-01,", "unit_cost: 'free' is no number"),
        ("B,0.0000000001,THB,2026-01-01,", "unit_cost: '0.0000000001' has more than 9 decimals"),
        ("B,5,Baht,2026-01-01,", "currency: 'Baht' is no ISO 4217 currency"),
        ("B,5,THB,,", "valid_from: is missing; write it"),
        ("B,5,THB,2026-01-01,31.12.2026", "valid_to: '31.12.2026' is ambiguous"),
        ("B,5,THB,2026-01-02,2026-01-01", "valid_to: '2026-01-01' is before valid_from (2026-01-02)"),
        ("A,6,THB,2026-03-31,", "valid_from: '2026-03-31' lies within the period of A in cogs.csv:2"),
        (
            "A,6,THB,2026-01-01,2026-03-31",
            "valid_from: '2026-01-01' lies within the period of A in cogs.csv:2",
        ),
    ],
)
def test_a_mistake_in_a_unit_cost(read: Read, line: str, said: str) -> None:
    client = read({"cogs.csv": COGS + "A,5,THB,2026-01-01,2026-03-31\n" + line + "\n"})
    with pytest.raises(CostFileError) as caught:
        load(COGS_TABLE, client, DAY)
    [problem] = caught.value.problems
    assert str(problem).startswith(f"siam/costs/cogs.csv:3: {said}")


def test_periods_overlap_over_files_and_past_neighbours(read: Read) -> None:
    client = read(
        {
            "cogs.csv": COGS + "A,5,THB,2026-01-01,\nA,6,THB,2026-02-01,2026-02-28\n",
            "cogs_b.csv": COGS + "A,7,THB,2026-06-01,2026-06-30\nA,1,THB,2025-01-01,2025-12-31\n",
        }
    )
    assert [(p.file, p.message.partition(";")[0]) for p in client.problems()] == [
        (
            "siam/costs/cogs.csv:3",
            "'2026-02-01' lies within the period of A in cogs.csv:2 (2026-01-01 to no end)",
        ),
        (
            "siam/costs/cogs_b.csv:2",
            "'2026-06-01' lies within the period of A in cogs.csv:2 (2026-01-01 to no end)",
        ),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ["1: (header): is missing; begin the file with kind,name,amount,currency,from,to,platform"]),
        ("\n\n", ["1: (header): is missing"]),
        (
            "kind,name,sum,currency,from,to,platform\n",
            ["1: sum: is no known column; the columns are kind,name,", "1: amount: is a missing column; the"],
        ),
        (
            "kind;name;amount;currency;from;to;platform\n",
            ["1: kind;name;amount;currency;from;to;platform: is no"],
        ),
        (COSTS.strip() + ",name\n", ["1: name: is a column twice; keep one"]),
        ((COSTS + GOOD).encode("utf-16"), ["1: (file): is not UTF-8; save it as 'CSV UTF-8'"]),
        (COSTS.encode() + b"agency,Caf\xe9,5,THB,2026-11-10,,\n", ["2: (file): is not UTF-8"]),
        (COSTS + 'agency,"Fee,5,THB,2026-11-10,,\n', ["2: (line): is no CSV (unexpected end of data)"]),
    ],
    ids=["empty", "blank", "column", "semicolons", "twice", "utf-16", "latin", "open quote"],
)
def test_a_file_of_the_wrong_form(read: Read, content: str | bytes, said: list[str]) -> None:
    found = [str(p).removeprefix("siam/costs/a.csv:") for p in read({"a.csv": content}).problems()]
    assert len(found) >= len(said)
    for text in said:
        assert [f for f in found if f.startswith(text)], found


def test_a_copied_file_does_not_count_twice(read: Read) -> None:
    client = read({"a.csv": COSTS + GOOD, "a (1).csv": COSTS + GOOD})
    assert [str(p) for p in client.problems()] == [
        "siam/costs/a.csv:2: (line): says the same as a (1).csv:2; remove one, or tell them apart by name"
    ]


def test_every_mistake_of_every_file_is_named_at_once_and_by_table(read: Read) -> None:
    client = read(
        {
            "a.csv": COSTS + "agncy,Fee,x,BHT,2026-11-10,,\n" + GOOD,
            "b.csv": COSTS + "agency,Fee,7,THB,yesterday,,\n",
            "cogs.csv": COGS + "A,x,THB,2026-01-01,\n",
        }
    )
    with pytest.raises(CostFileError) as of_costs:
        load(COSTS_TABLE, client, DAY)
    assert [(p.file.rpartition("/")[2], p.field) for p in of_costs.value.problems] == [
        ("a.csv:2", "kind"),
        ("a.csv:2", "currency"),
        ("a.csv:2", "amount"),
        ("b.csv:2", "from"),
    ]
    with pytest.raises(CostFileError, match="1 mistakes in cost files"):
        load(COGS_TABLE, client, DAY)
    with pytest.raises(CostFileError, match="5 mistakes in cost files"):
        prove(client)
