"""Recommendations are ranked by money, known again on other days, and stay acknowledged."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from marketing_assets.intelligence.recommendations.candidate import Candidate, Kind
from marketing_assets.intelligence.recommendations.ranking import Acknowledgement, Told, recommendations

FIRST = date(2026, 11, 1)
NOW = datetime(2026, 11, 12, 1, 0, tzinfo=UTC)


def candidate(
    subject: str = "a", impact: float | None = 10.0, kind: Kind = Kind.BUDGET, **more: Any
) -> Candidate:
    return Candidate(kind, (subject,), f"Title of {subject}.", "Words.", 1.0, 2.0, impact, 0.5, **more)


class Mart:
    """Partitions as they are computed, one after the other in any order."""

    def __init__(self) -> None:
        self.rows: dict[date, list[dict[str, Any]]] = {}
        self.acknowledged: list[Acknowledgement] = []

    def compute(self, day: date, *candidates: Candidate, now: datetime = NOW) -> list[dict[str, Any]]:
        told = [
            Told(
                *(
                    row[name]
                    for name in ("recommendation_id", "subject", "day", "first_seen_on", "generated_at")
                )
            )
            for rows in self.rows.values()
            for row in rows
        ]
        self.rows[day] = recommendations("siam", day, candidates, told, self.acknowledged, now)
        return self.rows[day]

    def ids(self, days: Iterable[date]) -> set[str]:
        return {row["recommendation_id"] for day in days for row in self.rows[day]}

    def acknowledge(self, row: dict[str, Any]) -> None:
        days = (row["first_seen_on"], row["day"])
        self.acknowledged.append(Acknowledgement(row["recommendation_id"], row["subject"], *days, "ann", NOW))


def days(first: int, last: int) -> Sequence[date]:
    return [FIRST + timedelta(days=n) for n in range(first, last + 1)]


def test_the_most_money_first_gains_and_losses_alike_and_what_is_no_money_last() -> None:
    given = [candidate("a", 5.0), candidate("b", -70.0), candidate("c", None), candidate("d", 60.0)]
    rows = Mart().compute(FIRST, *given)
    assert [row["subject"][-1] for row in rows] == ["b", "d", "a", "c"]
    assert [row["priority"] for row in rows] == [1, 2, 3, 4]


def test_a_subject_is_told_once_a_day() -> None:
    (row,) = Mart().compute(FIRST, candidate("a", 5.0), candidate("a", -8.0))
    assert row["expected_impact"] == -8.0


def test_the_order_in_which_candidates_come_changes_nothing() -> None:
    given = [
        candidate(s, impact) for s, impact in zip("abcdef", (3.0, 3.0, None, None, -3.0, 9.0), strict=True)
    ]
    shuffled = random.Random(7).sample(given, len(given))
    assert Mart().compute(FIRST, *given) == Mart().compute(FIRST, *shuffled)


def test_it_stays_the_same_while_its_figures_move() -> None:
    mart = Mart()
    for number, day in enumerate(days(0, 40)):
        mart.compute(
            day, replace(candidate(impact=10.0 + number), title=f"{number}"), now=NOW + timedelta(number)
        )
    assert len(mart.ids(mart.rows)) == 1
    assert {row["first_seen_on"] for rows in mart.rows.values() for row in rows} == {FIRST}
    assert {row["generated_at"] for rows in mart.rows.values() for row in rows} == {NOW}


def test_kinds_subjects_and_tenants_are_told_apart() -> None:
    rows = Mart().compute(FIRST, candidate("a"), candidate("b"), candidate("a", kind=Kind.ACTION))
    other = recommendations("northwind", FIRST, [candidate("a")], [], [], NOW)
    assert len({row["recommendation_id"] for row in [*rows, *other]}) == 4


@pytest.mark.parametrize(("kind", "gap", "same"), [
    (Kind.ANOMALY, 2, True),
    (Kind.ANOMALY, 3, False),
    (Kind.BUDGET, 7, True),
    (Kind.BUDGET, 8, False),
])  # fmt: skip
def test_after_a_while_without_it_it_is_news(kind: Kind, gap: int, same: bool) -> None:
    mart = Mart()
    mart.compute(FIRST, candidate(kind=kind))
    mart.compute(FIRST + timedelta(days=gap + 1), candidate(kind=kind))
    assert (len(mart.ids(mart.rows)) == 1) == same


def test_computing_a_day_again_says_the_same() -> None:
    mart = Mart()
    for day in days(0, 3):
        mart.compute(day, candidate())
    before = dict(mart.rows)
    for day in days(0, 3):
        mart.compute(day, candidate(), now=NOW + timedelta(days=9))
    assert mart.rows == before


def test_days_that_are_filled_backwards_take_over_the_id_that_people_know() -> None:
    mart = Mart()
    for day in reversed(days(0, 5)):
        mart.compute(day, candidate())
    assert len(mart.ids(mart.rows)) == 1


def test_an_acknowledgement_holds_for_as_long_as_it_stands() -> None:
    mart = Mart()
    (row,) = mart.compute(FIRST, candidate())
    assert not row["is_acknowledged"]
    mart.acknowledge(row)
    for day in days(0, 12):
        (row,) = mart.compute(day, candidate(), now=NOW + timedelta(days=1))
        assert (row["is_acknowledged"], row["acknowledged_by"], row["acknowledged_at"]) == (True, "ann", NOW)
    (row,) = mart.compute(FIRST + timedelta(days=30), candidate())
    assert not row["is_acknowledged"], "what comes back after weeks is another one"


def test_an_acknowledgement_outlives_days_filled_before_it_in_any_order() -> None:
    """What was acknowledged on day 20 turns out to stand since day 0, and is computed again."""
    mart = Mart()
    (row,) = mart.compute(FIRST + timedelta(days=20), candidate())
    mart.acknowledge(row)
    mart.compute(FIRST, candidate())
    for day in days(1, 20):
        mart.compute(day, candidate())
    (row,) = mart.rows[FIRST + timedelta(days=20)]
    assert row["first_seen_on"] == FIRST
    assert row["is_acknowledged"]


def test_an_acknowledgement_is_of_one_subject() -> None:
    mart = Mart()
    row, _ = mart.compute(FIRST, candidate("a"), candidate("b"))
    mart.acknowledge(row)
    rows = mart.compute(FIRST + timedelta(days=1), candidate("a"), candidate("b"))
    assert [r["is_acknowledged"] for r in rows] == [True, False]
