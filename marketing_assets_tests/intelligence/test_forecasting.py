"""How good forecasts are on series whose rhythm is known, and what they do with bad ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from statsmodels.tsa.ar_model import AutoReg

from benchmarks import intelligence
from marketing_assets.intelligence.calendars import Day, days_of
from marketing_assets.intelligence.event_kinds import holidays_by_history
from marketing_assets.intelligence.forecasting import ahead, fit, forecast
from marketing_assets.intelligence.series import NotEnough
from marketing_assets_tests.intelligence.rhythms import FIRST, Floats, dates, days, hours, weeks

SEEDS = range(4)


def naive(y: Floats, period: int, steps: int) -> Floats:
    return np.resize(y[-period:], steps)


def regressed(y: Floats, period: int, steps: int) -> Floats:
    """statsmodels' autoregression with seasonal dummies, as one would use it without a thought."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = AutoReg(y, lags=[1, 2, 3, period], seasonal=True, period=period).fit()
    return np.asarray(fitted.forecast(steps))


@pytest.mark.parametrize(
    ("make", "size", "period", "steps", "others"),
    [
        (days, 400, 7, 28, (naive, regressed)),
        (hours, 960, 24, 48, (naive, regressed)),
        (weeks, 260, 52, 13, (naive, regressed)),
    ],
)
def test_it_misses_by_less_than_plain_methods(
    make: Callable[..., Floats], size: int, period: int, steps: int, others: tuple[Callable[..., Floats], ...]
) -> None:
    missed = {"ours": 0.0} | {other.__name__: 0.0 for other in others}
    inside = []
    for seed in SEEDS:
        y = make(size + steps, seed)
        past, came = y[:size], y[size:]
        found = forecast(past, period, steps)
        missed["ours"] += np.abs(came - found.mean).mean()
        for other in others:
            missed[other.__name__] += np.abs(came - other(past, period, steps)).mean()
        low, high = found.intervals[80]
        inside.append((came >= low) & (came <= high))
    assert missed["ours"] == min(missed.values()), missed
    assert 0.6 <= np.mean(inside) <= 0.97


def test_intervals_lie_in_each_other_around_the_mean() -> None:
    found = forecast(days(300), 7, 90)
    bounds = [found.intervals[level] for level in (95, 80, 50)]
    for (low, high), (inner_low, inner_high) in pairwise(bounds):
        assert (low <= inner_low).all()
        assert (inner_high <= high).all()
    low, high = found.intervals[50]
    assert ((low <= found.mean) & (found.mean <= high)).mean() > 0.9


def test_the_record_says_what_was_missed() -> None:
    steady, wild = (fit(days(400, noise=noise), 7, 28).record for noise in (0.05, 0.5))
    assert steady is not None
    assert wild is not None
    for record in (steady, wild):
        assert record.origins == 10
        assert record.mase < record.naive_mase
        assert 0.6 <= record.coverage[80] <= 0.97
        assert record.coverage[50] < record.coverage[80] < record.coverage[95]


@pytest.mark.parametrize(
    ("y", "reason"),
    [
        (np.array([5.0, 6.0, 7.0]), "3 values are known, 10 are needed"),
        (np.zeros(120), "all known values are zero"),
        (np.full(120, np.nan), "0 values are known"),
        (np.concatenate([days(100), np.zeros(40)]), "the last 28 values are all zero"),
        (np.concatenate([days(100), np.full(40, np.nan)]), "none of the last 28 values is known"),
        (np.array([]), "0 values are known"),
    ],
)
def test_of_too_little_nothing_is_said(y: Floats, reason: str) -> None:
    with pytest.raises(NotEnough, match=reason):
        forecast(y, 7, 28)


@pytest.mark.parametrize(
    "y",
    [
        days(12),
        days(40),
        np.exp(np.arange(200) / 20),
        np.where(np.arange(200) % 7 == 6, 0.0, days(200)),
        np.where(np.arange(200) % 11 < 5, np.nan, days(200)),
        np.random.default_rng(1).poisson(0.2, 200).astype(float),
        np.concatenate([days(150, level=1.0), days(150, level=35.0)]),
        np.append(days(199), 1e9),
        np.full(200, 7.0),
    ],
    ids=[
        "12 days",
        "40 days",
        "explosive",
        "closed Sundays",
        "gaps",
        "rare",
        "new currency",
        "typo",
        "constant",
    ],
)
def test_whatever_comes_is_answered_in_measure(y: Floats) -> None:
    found = forecast(y, 7, 90)
    for values in (found.mean, *found.intervals[95]):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    assert found.mean.max() <= 5 * np.nanmax(y)


def test_closed_days_stay_closed_and_refunds_may_exceed_sales() -> None:
    closed = np.where(np.arange(210) % 7 == 6, 0.0, days(210))
    assert (forecast(closed, 7, 28).mean[6::7] == 0).all()
    profit = np.random.default_rng(2).normal(5, 40, 300)
    low, _ = forecast(profit, 7, 28).intervals[80]
    assert (low < 0).all()


def test_a_short_history_names_its_fallback_and_a_long_one_its_members() -> None:
    assert fit(days(40), 7, 28).model.startswith("fallback: members weigh the same")
    model = fit(days(300), 7, 28).model
    assert "logarithm/theta" in model
    assert "root/autoregression" in model


def test_a_first_negative_value_after_the_fit_is_answered() -> None:
    y = days(80, seed=1)
    found = fit(y, 7, 28)
    mean = ahead(found, np.append(y, -1.0), 28).mean
    assert len(mean) == 28 and abs(mean.mean() / y[-28:].mean() - 1) < 0.5


def test_the_same_history_gives_the_same_forecast() -> None:
    first, second = (forecast(days(200), 7, 28) for _ in range(2))
    assert (first.mean == second.mean).all()
    assert all(
        (a == b).all()
        for k in (50, 80, 95)
        for a, b in zip(first.intervals[k], second.intervals[k], strict=True)
    )


def test_holidays_are_those_that_the_history_shows() -> None:
    y = days(700, noise=0.05)
    of_spain = holidays_by_history(y, FIRST, 28)
    assert of_spain is None
    off = days_of(dates(728), (("ES", "MD"),)) == Day.HOLIDAY
    closed = y * np.where(off[:700], 0.4, 1.0)
    kinds = holidays_by_history(closed, FIRST, 28)
    assert kinds is not None
    assert [kind is not None for kind in kinds] == off.tolist()


def test_the_scorer_is_given_what_the_asset_is_given() -> None:
    y = days(300)
    mean, intervals = intelligence.forecast(y, FIRST.isoformat(), 7, 28, (80, 95))
    direct = forecast(y, 7, 28, (80, 95), holidays_by_history(y, FIRST, 28))
    assert (mean == direct.mean).all()
    assert set(intervals) == {80, 95}
