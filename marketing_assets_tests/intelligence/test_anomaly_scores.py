"""How unusual a value is: causal, robust, with counts and the calendar known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from marketing_assets.intelligence import rhythms
from marketing_assets.intelligence.anomalies import judged, scores
from marketing_assets.intelligence.anomaly_metrics import OF_ADS, values_of
from marketing_assets.intelligence.contexts import Context
from marketing_assets.intelligence.drifts import drifts
from marketing_assets.intelligence.sale_calendar import sale_calendar
from marketing_assets.intelligence.series import LOGARITHM, ROOT
from marketing_assets.intelligence.special_days import context_of
from marketing_assets.partitions import DayRange

FIRST = date(2026, 4, 1)
RATE = {m.name: m for m in OF_ADS}["conversion_rate"]


def shop(days: int = 260, seed: int = 3, period: int = 7) -> np.ndarray:
    """Revenue with a rhythm and noise of a tenth."""
    rng = np.random.default_rng(seed)
    rhythm = 1 + 0.3 * np.sin(2 * np.pi * np.arange(days) / period)
    return 10_000 * rhythm * np.exp(rng.normal(0, 0.1, days))


def instants(n: int, step: int = 86_400) -> np.ndarray:
    return 1_775_000_000.0 + step * np.arange(n)


@pytest.mark.parametrize(("step", "period"), [(86_400, 7), (3_600, 24)])
def test_a_score_depends_on_nothing_after_it(step: int, period: int) -> None:
    y = shop(400, period=period)
    y[200], y[300] = np.nan, 0.0
    whole = scores(instants(400, step), y, period)
    changed = np.concatenate([y[:320], 1e6 * np.ones(80)])
    assert np.array_equal(scores(instants(400, step), changed, period)[:320], whole[:320])
    assert np.array_equal(scores(instants(320, step), y[:320], period), whole[:320])
    assert whole[300] >= 0.5


def test_hours_alert_once_a_day() -> None:
    rng = np.random.default_rng(5)
    y = 100 + 20 * np.sin(2 * np.pi * np.arange(24 * 40) / 24) + rng.normal(0, 3, 24 * 40)
    y[700:720] += 150
    found = np.flatnonzero(rhythms.scores(instants(len(y), 3_600), y, 24) >= 0.5)
    assert 700 in found and not [i for i in found if 700 < i < 720]


@pytest.mark.parametrize(
    "y",
    [
        np.zeros(200),
        np.full(200, 500.0),
        np.full(200, np.nan),
        np.where(np.arange(200) % 9 == 0, np.nan, 100.0),
        np.array([1.0, 2.0, 3.0]),
        -shop(200),
    ],
    ids=["zeros", "constant", "nothing", "gaps", "three days", "negative"],
)
def test_bad_input_neither_crashes_nor_alerts(y: np.ndarray) -> None:
    found = scores(instants(len(y)), y, 7)
    assert np.isfinite(found).all()
    assert (found >= 0.5).mean() < 0.03


def test_a_budget_spent_to_the_cent_makes_no_event_of_little() -> None:
    y = np.full(200, 1000.0)
    y[150], y[180] = 1010.0, 1500.0
    nothing = Context.plain(instants(200))
    off = np.abs(judged(y, 7, ROOT, nothing, floor=0.02).off)
    assert off[150] < 1 < off[180]


@pytest.mark.parametrize(
    "day", [date(2026, 9, 9), date(2026, 10, 10), date(2026, 11, 11), date(2026, 12, 12)]
)
def test_a_sale_may_sell_more_and_not_less(day: date) -> None:
    days = DayRange(FIRST, FIRST + timedelta(days=259))
    calendar, at = sale_calendar(days, ["TH"]), (day - FIRST).days
    context = context_of(calendar, np.zeros(len(days)), is_ratio=False)

    def off(factor: float) -> float:
        y = shop()
        y[at] *= factor
        return float(judged(y, 7, ROOT, context).off[at])

    assert off(2.8) < 1
    assert off(0.02) < -1
    ordinary = (date(2026, 8, 19) - FIRST).days
    y = shop()
    y[ordinary] *= 2.8
    assert judged(y, 7, ROOT, context).off[ordinary] > 1


def test_the_effect_of_a_sale_is_expected_of_the_next_one() -> None:
    days = DayRange(FIRST, FIRST + timedelta(days=259))
    calendar = sale_calendar(days, ["TH"])
    y = shop()
    at = [(date(2026, m, m) - FIRST).days for m in (9, 10, 11)]
    y[at] *= 2.5
    expected = judged(y, 7, ROOT, context_of(calendar, np.zeros(len(days)), is_ratio=False)).expected
    assert expected[at[2]] > 1.7 * expected[at[2] - 7]


def test_three_clicks_prove_nothing_and_a_thousand_do() -> None:
    rng = np.random.default_rng(2)
    for clicks, proves in ((30.0, False), (5_000.0, True)):
        known = {"clicks": np.full(150, clicks), "conversions": rng.poisson(0.02 * clicks, 150).astype(float)}
        known["conversions"][120] = round(0.006 * clicks)
        told = values_of(RATE, known, {"conversions": known["conversions"]})
        calendar = sale_calendar(DayRange(FIRST, FIRST + timedelta(days=149)), [])
        off = judged(told.values, 7, LOGARITHM, context_of(calendar, told.noise, is_ratio=True)).off
        assert bool(off[120] < -1) is proves
        assert bool(told.lacking[120]) is not proves


def test_a_young_day_of_which_nothing_is_foretold_is_not_judged() -> None:
    known = {"clicks": np.full(60, 500.0), "conversions": np.full(60, 20.0)}
    final = np.where(np.arange(60) < 59, 20.0, np.nan)
    told = values_of(RATE, known, {"conversions": final})
    assert np.isnan(told.values[59]) and "young" in told.lacking[59]
    assert not told.lacking[58]


def test_a_slow_drift_is_told_and_a_calm_series_is_not() -> None:
    z = np.log(shop(330))
    least = np.full(330, 0.1)
    calm = np.abs(drifts(z, least))
    assert np.nanmax(calm) < 1
    z[260:] += np.linspace(0, 0.5, 70)
    assert np.nanmax(drifts(z, least)[290:]) > 1
    # Nothing before the drift knows of it.
    assert np.array_equal(np.abs(drifts(z, least))[:260], calm[:260], equal_nan=True)
