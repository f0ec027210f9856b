"""The benchmarks' scores, on answers whose worth is known: perfect ones, empty ones and those that cheat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.scores import injected
from benchmarks.scores.budgets import best_split, score_budgets
from benchmarks.scores.data import Floats, labelled_series
from benchmarks.scores.forecasts import DAYS, WEEK, score_forecasts
from benchmarks.scores.labelled import score_labelled
from benchmarks.scores.scenarios import REGIMES, scenario

SHORTEST = 3


def silent(t: Floats, y: Floats, period: int) -> Floats:
    return np.zeros(len(y))


def test_a_detector_that_alarms_at_the_start_of_each_window_is_perfect_and_a_silent_one_worth_nothing() -> (
    None
):
    starts = {
        (one.seconds[0], one.values[0]): [first for first, _ in one.windows] for one in labelled_series()
    }

    def oracle(t: Floats, y: Floats, period: int) -> Floats:
        return np.isin(np.arange(len(y)), starts[t[0], y[0]]).astype(float)

    assert score_labelled(oracle, SHORTEST).score == pytest.approx(100)
    assert score_labelled(silent, SHORTEST).score == 0


def test_false_alarms_and_late_ones_cost() -> None:
    def always(t: Floats, y: Floats, period: int) -> Floats:
        return np.ones(len(y))

    ends = {(one.seconds[0], one.values[0]): [last for _, last in one.windows] for one in labelled_series()}

    def late(t: Floats, y: Floats, period: int) -> Floats:
        return np.isin(np.arange(len(y)), ends[t[0], y[0]]).astype(float)

    assert score_labelled(always, SHORTEST).score < 0
    assert 50 < score_labelled(late, SHORTEST).score < 60


def test_a_detector_that_looks_ahead_is_found_out() -> None:
    def ahead(t: Floats, y: Floats, period: int) -> Floats:
        return np.clip(np.abs(y - y.mean()) / (10 * y.std()), 0, 1)

    assert score_labelled(ahead, SHORTEST).causality_error > 0.01
    assert score_labelled(silent, SHORTEST).causality_error == 0
    assert injected.score_injected(ahead).causality_error > 0.01


def test_planted_events_are_found_by_alerts_in_time() -> None:
    values = 100.0 + np.random.default_rng(0).normal(0, 5, 400)
    changed, events = injected.planted(values, np.random.default_rng(1))
    first = np.zeros(400, bool)
    first[[a for a, _ in events]] = True
    assert len(events) > 4
    assert all((changed[a : b + 1] != values[a : b + 1]).any() for a, b in events)
    assert injected.judged(first, events) == (len(events), 0)
    beside = np.zeros(400, bool)
    beside[[b + 4 for _, b in events]] = True
    assert injected.judged(beside, events) == (0, len(events))
    early = np.zeros(400, bool)
    early[: injected.LEARNING_DAYS] = True
    assert injected.judged(early, events) == (0, 0)


def test_alarms_within_three_days_are_one() -> None:
    alert = np.zeros(200, bool)
    alert[[100, 101, 102, 103, 120]] = True
    assert injected.judged(alert, []) == (0, 3)


def test_a_silent_detector_finds_nothing() -> None:
    found = injected.score_injected(silent)
    assert (found.f1, found.false_a_year, found.recall) == (0, 0, 0)


def last_week(y: Floats, start: str | None, period: int, h: int, levels: tuple[int, ...]) -> Any:
    mean = np.resize(y[-WEEK:], h)
    spread = (y[WEEK:] - y[:-WEEK]).std() * np.sqrt(np.arange(h) // WEEK + 1)
    return mean, {level: (mean - q * spread, mean + q * spread) for level, q in ((80, 1.2816), (95, 1.96))}


def failing(*_: Any) -> Any:
    raise ValueError("nothing to say")


def test_forecasts_that_fail_are_those_of_last_week_and_are_counted() -> None:
    naive, core, _ = score_forecasts(last_week)
    failed, _, _ = score_forecasts(failing)
    assert (naive.failures, failed.failures, naive.cases, core.cases) == (0, 55, 55, 30)
    assert (naive.mase, naive.msis) == (failed.mase, failed.msis)
    assert naive.mase > 0.8
    assert naive.inside_80 < naive.inside_95


def test_intervals_without_width_hold_nothing_and_cost_much() -> None:
    def sure(y: Floats, *given: Any) -> Any:
        mean, _ = last_week(y, *given)
        return mean, {80: (mean, mean), 95: (mean, mean)}

    narrow, _, _ = score_forecasts(sure)
    assert narrow.inside_95 < 0.1
    assert narrow.msis > score_forecasts(last_week)[0].msis
    assert DAYS == 28


def test_the_best_split_reaches_all_of_the_uplift_and_none_is_reached_by_doing_nothing() -> None:
    worlds = iter([scenario(seed) for seed in range(6)])
    best = score_budgets(lambda *_: (best_split(next(worlds)), 0.0, -np.inf, np.inf), 6)
    assert (best.share, best.share_of_poor, best.harmed, best.inside_80) == (
        pytest.approx(1),
        pytest.approx(1),
        0,
        1,
    )
    again = iter([scenario(seed) for seed in range(6)])
    idle = score_budgets(lambda *_: (next(again).current, 0.0, 1.0, 2.0), 6)
    assert (idle.share, idle.harmed, idle.inside_80) == (pytest.approx(0, abs=1e-6), 0, 0)


def test_a_split_against_the_truth_harms_and_a_failing_one_is_counted() -> None:
    worlds = iter([scenario(seed) for seed in range(3)])

    def worst(*_: Any) -> Any:
        of = next(worlds)
        return 2 * of.current - best_split(of), 0.0, 0.0, 0.0

    harmed = score_budgets(worst, 3)
    assert harmed.harmed > 0.6
    assert harmed.share < 0
    assert score_budgets(failing, 3).failures == 3


def test_worlds_are_the_same_for_a_seed_and_vary_spend_as_they_say() -> None:
    first, again = scenario(2), scenario(2)
    assert np.array_equal(first.spend, again.spend)
    assert np.array_equal(first.claimed, again.claimed)
    assert [scenario(seed).regime for seed in range(3)] == list(REGIMES)
    changes = [
        np.median(scenario(seed).spend.std(axis=0) / scenario(seed).spend.mean(axis=0)) for seed in (0, 2)
    ]
    assert changes[0] > changes[1]
