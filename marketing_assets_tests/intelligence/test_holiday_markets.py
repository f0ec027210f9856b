"""Whose holidays a series keeps: learned from what its days do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import holidays
import numpy as np
import pytest

from marketing_assets.intelligence.anomalies import scores
from marketing_assets.intelligence.calendars import MARKETS
from marketing_assets.intelligence.holiday_markets import Belief, HolidayMarkets

FIRST = date(2025, 1, 6)
DAYS = [FIRST + timedelta(days=i) for i in range(690)]
ON_HOLIDAYS, BESIDE = 6.0, 2.0


def own_days(country: str) -> list[int]:
    known = holidays.country_holidays(country, years=[2025, 2026])
    return [i for i, day in enumerate(DAYS) if day in known]


def told(country: str | None, distance: float = 4.0) -> Belief:
    """A belief after all days, of which only the holidays of `country` were `distance` off."""
    belief = Belief(HolidayMarkets.of(DAYS), ON_HOLIDAYS, BESIDE)
    off = own_days(country) if country else []
    for i in range(len(DAYS)):
        belief.learn(i, distance if i in off else 0.8)
    return belief


@pytest.mark.parametrize("country", [c for c, _ in MARKETS])
def test_the_market_is_found_by_its_own_holidays(country: str) -> None:
    belief = told(country)
    assert MARKETS[int(np.argmax(belief.evidence[:-1]))][0] == country
    assert all(belief.factor(i) == ON_HOLIDAYS for i in own_days(country))


def test_days_of_other_markets_are_ordinary_and_festive_ones_are_not() -> None:
    belief = told("TH")
    independence, songkran = DAYS.index(date(2025, 7, 4)), DAYS.index(date(2026, 4, 14))
    assert belief.factor(independence) == 1.0
    assert belief.factor(songkran) == ON_HOLIDAYS
    assert told("US").factor(independence) == ON_HOLIDAYS
    assert told(None).factor(songkran) == told(None).factor(independence) == 1.0
    assert told(None).factor(DAYS.index(date(2025, 12, 25))) == ON_HOLIDAYS


def test_bridge_days_of_the_market_have_wider_limits() -> None:
    bridge = DAYS.index(date(2026, 7, 2))  # a Thursday; 4 July 2026 is a Saturday, kept on Friday the 3rd
    assert told("US").factor(bridge) == BESIDE
    assert told("TH").factor(bridge) == 1.0


def test_an_event_on_a_holiday_of_somebody_else_is_found() -> None:
    rng = np.random.default_rng(4)
    weekday = np.array([day.weekday() for day in DAYS])
    y = 10_000 * (1 + 0.3 * (weekday > 4)) * np.exp(rng.normal(0, 0.05, len(DAYS)))
    for i in own_days("TH"):
        y[i] *= 0.5
    thanksgiving, songkran = DAYS.index(date(2026, 11, 26)), DAYS.index(date(2026, 4, 14))
    y[thanksgiving] *= 0.6
    seconds = [datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() for day in DAYS]
    found = scores(np.array(seconds), y, 7)
    assert found[thanksgiving] >= 0.5
    assert found[songkran] < 0.5
