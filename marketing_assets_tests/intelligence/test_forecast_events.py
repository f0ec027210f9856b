"""What sale days do to forecasts."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from marketing_assets.intelligence.event_kinds import kinds_of, with_known
from marketing_assets.intelligence.events import learned
from marketing_assets.intelligence.forecasting import forecast
from marketing_assets.intelligence.own_promotions import parse_promotions
from marketing_assets.intelligence.sale_calendar import sale_calendar
from marketing_assets.partitions import DayRange
from marketing_assets_tests.intelligence.rhythms import FIRST, Floats, days

SALE = date(2025, 11, 11)
KNOWN = (SALE - FIRST).days - 5
"""The history ends some days before 11.11."""


def kinds(n: int, promotions: bytes = b"from,to,name\n") -> list[str | None]:
    own = parse_promotions(promotions, "promotions.csv").promotions
    return kinds_of(sale_calendar(DayRange(FIRST, FIRST + timedelta(days=n - 1)), ["TH"], own))


def sold(seed: int = 3) -> Floats:
    """Great double days sell four times the usual, small ones half more."""
    factor = {"great double day": 4.0, "double day": 1.5}
    return days(KNOWN, seed, noise=0.08) * np.array([factor.get(kind or "", 1.0) for kind in kinds(KNOWN)])


def test_a_sale_to_come_is_as_large_as_those_before() -> None:
    all_kinds = kinds(KNOWN + 28)
    plain, told = (forecast(sold(), 7, 28, kinds=k) for k in (None, all_kinds))
    assert 3.0 < told.mean[5] / plain.mean[5] < 4.5
    assert np.allclose(told.mean[6:12], plain.mean[6:12], rtol=0.1)
    low, high = told.intervals[80]
    assert low[5] <= told.mean[5] <= high[5]
    assert high[5] - low[5] > 2 * (high[4] - low[4])


def test_where_no_great_sale_was_seen_the_small_ones_tell() -> None:
    before = (date(2025, 9, 5) - FIRST).days
    relabelled = with_known(kinds(before + 28), before)
    found = forecast(sold()[:before], 7, 28, kinds=relabelled)
    plain = forecast(sold()[:before], 7, 28)
    assert 1.2 < found.mean[4] / plain.mean[4] < 1.8
    assert set(found.uplifts) == {"double day"}


def test_what_may_be_chance_is_no_effect() -> None:
    y = days(KNOWN, 5)
    found = learned(y, 7, kinds(KNOWN), kinds(KNOWN + 28)[KNOWN:])
    assert "great double day" not in found.uplifts
    assert (found.put_on(np.ones(28))[5]) == 1.0


def test_ones_own_promotion_is_learned_from_the_last_one() -> None:
    promotions = b"from,to,name\n2025-08-04,2025-08-06,Summer\n2025-11-17,2025-11-18,Autumn\n"
    all_kinds = kinds(KNOWN + 28, promotions)
    y = days(KNOWN, 2) * np.where([kind == "promotion" for kind in all_kinds[:KNOWN]], 3.0, 1.0)
    told, plain = forecast(y, 7, 28, kinds=all_kinds), forecast(y, 7, 28)
    at = (date(2025, 11, 17) - FIRST).days - KNOWN
    assert (told.mean[at : at + 2] > 2 * plain.mean[at : at + 2]).all()


def test_effects_on_what_can_be_negative_are_added() -> None:
    profit = np.random.default_rng(0).normal(10, 30, KNOWN)
    profit[[kind == "great double day" for kind in kinds(KNOWN)]] -= 400
    found = forecast(profit, 7, 28, kinds=kinds(KNOWN + 28))
    assert -450 < found.mean[5] < -200
