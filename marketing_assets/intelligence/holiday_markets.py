"""Whose holidays a series keeps, where nobody knows: learned from its own holidays as they pass. Pure.

Six markets have some sixty days a year between them, and to be blind on all of them would hide one event in
six. Each market, and none, is a hypothesis of which days are holidays of the series; its weight is the
likelihood of how far off those days were that only some of the hypotheses call holidays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from marketing_assets.intelligence.calendars import MARKETS, Day, days_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ORDINARY_SPREAD, _HOLIDAY_SPREAD = 1.2, 3.0
"""Standard deviations, in usual errors, of ordinary days and of holidays."""
_FARTHEST = 6.0
"""A day tells no more than one that is so many usual errors off."""
_MAY_BE, _IS_LIKELY = 0.3, 0.5
"""Weights from which on a day counts as a holiday, and as a day beside one."""


@dataclass(frozen=True)
class HolidayMarkets:
    """Per day and hypothesis: is it a holiday, is it beside one. The last hypothesis is that of no market."""

    holiday: Flags
    beside: Flags

    @staticmethod
    def of(days: Sequence[date]) -> HolidayMarkets:
        kinds = np.stack([days_of(days, (market,)) for market in MARKETS], axis=1)
        # What is festive everywhere is so without any market.
        everywhere = (kinds == Day.HOLIDAY).all(axis=1, keepdims=True)
        holiday = np.concatenate([kinds == Day.HOLIDAY, everywhere], axis=1)
        beside = np.concatenate([kinds == Day.NEXT_TO_HOLIDAY, np.zeros_like(everywhere)], axis=1)
        return HolidayMarkets(holiday, beside)


@dataclass
class Belief:
    """What the days so far say of the markets; `on_holidays` and `beside_them` are factors of the limit."""

    markets: HolidayMarkets
    on_holidays: float
    beside_them: float
    evidence: Floats = field(init=False)
    """Logarithms of the hypotheses' likelihoods."""

    def __post_init__(self) -> None:
        self.evidence = np.zeros(self.markets.holiday.shape[1])

    def factor(self, i: int) -> float:
        """Of the limit on day `i`, by the days before it."""
        holiday, beside = self.markets.holiday[i], self.markets.beside[i]
        if not (holiday.any() or beside.any()):
            return 1.0
        weights = np.exp(self.evidence - self.evidence.max())
        weights /= weights.sum()
        if weights[holiday].sum() >= _MAY_BE:
            return self.on_holidays
        return self.beside_them if weights[beside].sum() >= _IS_LIKELY else 1.0

    def learn(self, i: int, distance: float) -> None:
        """Day `i` was `distance` usual errors off."""
        holiday = self.markets.holiday[i]
        if holiday.any() and not holiday.all():
            off = min(abs(distance), _FARTHEST)
            self.evidence += np.where(
                holiday, _log_density(off, _HOLIDAY_SPREAD), _log_density(off, _ORDINARY_SPREAD)
            )


def _log_density(off: float, spread: float) -> float:
    """Of a normal distribution around nothing, up to a constant."""
    return float(-0.5 * (off / spread) ** 2 - np.log(spread))
