"""Judges of the data itself: volume, totals, restatement, dead letters, quotas and costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.automation.checks.allowances import cost_above_budget, quota_nearly_used
from marketing_assets.automation.checks.reconciliation import STAGES, Link, exactly, reconcile
from marketing_assets.automation.checks.restatement import Change, larger_than_usual
from marketing_assets.automation.checks.volume import volume
from marketing_assets.ingest.completeness import Said
from marketing_assets.ingest.dead_share import dead_letters
from marketing_assets.partitions import ONE_DAY
from marketing_assets.platforms.platform import Refresh
from marketing_assets.rules import Quota, Rules, WarehouseCost
from marketing_assets.verdicts import State, Verdict

RULES = Rules()
JUDGED = date(2026, 11, 19)
PASSED, FAILED, UNKNOWN = State.PASSED, State.FAILED, State.UNKNOWN
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


def rows(count: int | None = None, days: int = 63, usual: int = 200) -> dict[date, int]:
    """Rows by day up to the judged one, weekends twice as many; `count` on the judged day."""
    found = {}
    for i in range(days):
        day = JUDGED - i * ONE_DAY
        found[day] = usual * (1 + (day.weekday() >= 5)) + i % 7
    return found if count is None else found | {JUDGED: count}


def filled(
    counts: dict[date, int], refresh: Refresh = Refresh.CHANGED, says_zero: bool | None = False
) -> Verdict:
    return volume(counts, JUDGED, refresh, RULES.volume, lambda day: says_zero)


VOLUMES: dict[str, tuple[Callable[[], Verdict], State, str]] = {
    "as usual": (lambda: filled(rows()), PASSED, "usually 2"),
    "a tenth fewer": (lambda: filled(rows(180)), PASSED, ""),
    "half": (lambda: filled(rows(100)), FAILED, "fewer"),
    "twice as many, as on a sale": (lambda: filled(rows(400)), PASSED, ""),
    "four times as many": (lambda: filled(rows(800)), FAILED, "more"),
    "a third fewer of few, as chance has it": (
        lambda: filled(dict.fromkeys(rows(), 30) | {JUDGED: 19}),
        PASSED,
        "give or take 5",
    ),
    "two thirds fewer of few": (lambda: filled(dict.fromkeys(rows(), 30) | {JUDGED: 10}), FAILED, "fewer"),
    "none, and nobody says so": (lambda: filled(rows(0)), FAILED, "100.0 % fewer"),
    "none, as the platform says": (lambda: filled(rows(0), says_zero=True), PASSED, "counts none"),
    "none, and nobody asked": (lambda: filled(rows(0), says_zero=None), UNKNOWN, "not fetched yet"),
    "half, though the platform says zero": (lambda: filled(rows(100), says_zero=True), FAILED, "fewer"),
    "no row of the day at all": (
        lambda: filled({d: n for d, n in rows().items() if d != JUDGED}),
        FAILED,
        "0 rows",
    ),
    "two weeks old": (lambda: filled(rows(1, days=14)), UNKNOWN, "fewer than 4"),
    "a small table": (lambda: filled(rows(0, usual=3)), UNKNOWN, "judged from 20"),
    "a snapshot lost half": (
        lambda: filled(dict.fromkeys(rows(), 500) | {JUDGED: 240}, Refresh.SNAPSHOT),
        FAILED,
        "usually 500",
    ),
    "a snapshot with half as many again": (
        lambda: filled(dict.fromkeys(rows(), 500) | {JUDGED: 760}, Refresh.SNAPSHOT),
        FAILED,
        "more",
    ),
    "a snapshot with gaps": (
        lambda: filled({d: 500 if d.day % 3 == 1 else 0 for d in rows()} | {JUDGED: 490}, Refresh.SNAPSHOT),
        PASSED,
        "usually 500",
    ),
}


@pytest.mark.parametrize("case", VOLUMES)
def test_volume(case: str) -> None:
    judge, state, words = VOLUMES[case]
    found = judge()
    said = " ".join([found.reason, *(f.text for f in found.findings)])
    assert (found.state, words in said) == (state, True), said


LINK = Link(JUDGED, "meta_ads", "spend")
CHAINS = (STAGES[:3], STAGES[3:])


def chain(**stages: str | Said) -> Verdict:
    names = dict(zip(("platform", "raw", "staging", "converted", "mart", "daily"), STAGES, strict=True))
    said = {names[k]: v if isinstance(v, Said) else exactly(Decimal(v)) for k, v in stages.items()}
    return reconcile(CHAINS, {LINK: said}, "the day", "THB")


BROKEN: dict[str, tuple[dict[str, str | Said], str, str]] = {
    "the fetch": ({"platform": "100", "raw": "90", "staging": "90"}, "-10", "platform → raw"),
    "the staging model": ({"platform": "90", "raw": "90", "staging": "100"}, "+10", "raw → staging"),
    "the platform's mart": (
        {"converted": "5", "mart": "4", "daily": "4"},
        "-1",
        "converted → platform's mart",
    ),
    "the daily mart": ({"converted": "5", "mart": "5", "daily": "5.02"}, "+0.02", "mart → daily_performance"),
    "staging, where no mart ran": ({"converted": "5", "daily": "6"}, "+1", "converted → daily_performance"),
    "a bracket": (
        {"platform": Said(Decimal(90), Decimal(95)), "raw": "96", "staging": "96"},
        "+1",
        "platform → raw",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_link_is_named_with_what_is_missing(case: str) -> None:
    stages, gap, link = BROKEN[case]
    [finding] = chain(**stages).findings
    assert f"({gap})" in finding.text and f"{link} broke" in finding.text
    assert finding.money == abs(Decimal(gap))


@pytest.mark.parametrize(
    "stages",
    [
        {"platform": "100", "raw": "100", "staging": "100.01"},
        {"platform": Said(Decimal(90), Decimal(95)), "raw": "93", "staging": "93"},
        {"converted": "5", "daily": "5"},
        {"raw": "0", "staging": "0"},
    ],
)
def test_links_that_hold_are_left_alone(stages: dict[str, str | Said]) -> None:
    assert chain(**stages).state is PASSED


@given(st.lists(st.decimals(0, 10**6, places=2), min_size=3, max_size=3))
def test_every_difference_is_found_exactly_once(values: list[Decimal]) -> None:
    platform, raw, staging = values
    found = chain(platform=f"{platform}", raw=f"{raw}", staging=f"{staging}")
    gaps = [b - a for a, b in ((platform, raw), (raw, staging)) if abs(b - a) > Decimal("0.01")]
    assert len(found.findings) == len(gaps)
    assert found.money == (sum(map(abs, gaps), Decimal(0)) if gaps else None)


NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)


def looks(newest: str = "100", counted: str | None = None, noise: int = 1, earlier: int = 30) -> Verdict:
    """`earlier` looks that moved old days by up to `noise` per cent, and a newest look at one of 100."""
    changes = [
        Change("meta_ads/1", "spend", "THB", JUDGED - i * ONE_DAY, NOW - timedelta(days=2 + i), *values)
        for i in range(earlier)
        for values in [(Decimal(100), Decimal(100 + (i * 7) % (noise + 1)))]
    ]
    of = Decimal(counted) if counted else None
    newest_look = Change(
        "meta_ads/1", "spend", "THB", JUDGED - 9 * ONE_DAY, NOW, Decimal(100), Decimal(newest), of
    )
    return larger_than_usual([*changes, newest_look], RULES.restatement, "THB")


LOOKS: dict[str, tuple[dict[str, Any], State]] = {
    "nothing moved": ({}, PASSED),
    "as much as ever": ({"newest": "101"}, PASSED),
    "a third was taken back": ({"newest": "67"}, FAILED),
    "a third came late": ({"newest": "140"}, FAILED),
    "as much as this account always does": ({"newest": "120", "noise": 30}, PASSED),
    "one order of a small day": ({"newest": "67", "counted": "-1"}, PASSED),
    "many orders": ({"newest": "67", "counted": "-5"}, FAILED),
    "few looks so far": ({"newest": "67", "earlier": 5}, UNKNOWN),
}


@pytest.mark.parametrize("case", LOOKS)
def test_restatement(case: str) -> None:
    changed, state = LOOKS[case]
    found = looks(**changed)
    assert found.state is state, found.reason
    if state is FAILED:
        [finding] = found.findings
        assert finding.entity == "meta_ads/1" and finding.since == JUDGED - 9 * ONE_DAY
        assert finding.money == abs(Decimal(changed["newest"]) - 100)


@pytest.mark.parametrize(
    ("written", "dead", "state", "severity"),
    [
        (1000, 0, PASSED, WARN),
        (1000, 4, PASSED, WARN),
        (1000, 6, FAILED, WARN),
        (10, 1, FAILED, WARN),
        (90, 10, FAILED, ERROR),
        (0, 50, FAILED, ERROR),
    ],
)
def test_dead_letters_weigh_by_their_share(
    written: int, dead: int, state: State, severity: dg.AssetCheckSeverity
) -> None:
    found = dead_letters({JUDGED: written}, {JUDGED: dead}, RULES.dead_letters)
    assert found.state is state
    if state is FAILED:
        assert found.severity is severity
    assert (f"{dead} records" in found.reason) == bool(dead), "the few that pass are told"


def test_a_quota_nearly_used_names_the_account() -> None:
    used = {"meta_ads/1": Decimal("0.95"), "meta_ads/2": Decimal("0.2")}
    [finding] = quota_nearly_used(used, Quota(), JUDGED).findings
    assert finding.entity == "meta_ads/1" and "95.0 %" in finding.text
    assert quota_nearly_used({"meta_ads/2": Decimal("0.9")}, Quota(), JUDGED).state is PASSED
    assert quota_nearly_used({}, Quota(), JUDGED).state is UNKNOWN


def test_the_warehouse_costs_what_it_bills() -> None:
    rule = WarehouseCost(monthly_budget=Decimal(10))
    two_tib = 2 * 1024**4
    assert cost_above_budget(two_tib // 2, JUDGED, rule).state is PASSED
    over = cost_above_budget(two_tib, JUDGED, rule)
    assert (over.state, over.money, over.currency) == (FAILED, Decimal("2.50"), "USD")
    assert cost_above_budget(two_tib, JUDGED, WarehouseCost()).state is PASSED
