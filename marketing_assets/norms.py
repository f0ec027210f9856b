"""What is usual: robust centre and spread of past values, and how far a new one lies outside. Pure.

Median and median absolute deviation: one broken day among eight moves neither, where it would drag a mean
along and widen a standard deviation until nothing is unusual any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from marketing_assets.partitions import ONE_DAY

WEEK = 7 * ONE_DAY
NORMAL_SCALE = Decimal("1.4826")
"""Median absolute deviation × this = the standard deviation, where values are normally distributed."""


@dataclass(frozen=True)
class Norm:
    """The usual value and the usual distance from it; `size` past values it was read off."""

    centre: Decimal
    spread: Decimal
    size: int

    def distance(self, value: Decimal, least_share: Decimal) -> Decimal:
        """How many usual spreads `value` lies from the centre, negative below it.

        The spread counts as at least `least_share` of the centre: values that happened to be equal do not
        make the next one, a hair away, an event.
        """
        floor = max(self.spread, abs(self.centre) * least_share)
        difference = value - self.centre
        if floor == 0:
            return Decimal(0) if difference == 0 else Decimal("Infinity").copy_sign(difference)
        return difference / floor


def norm(values: Iterable[Decimal], fewest: int) -> Norm | None:
    """The norm of past values; None where they are fewer than `fewest`."""
    known = list(values)
    if len(known) < max(fewest, 1):
        return None
    centre = median(known)
    return Norm(centre, NORMAL_SCALE * median(abs(v - centre) for v in known), len(known))


def weekday_norm(series: Mapping[date, Decimal], day: date, weeks: int, fewest: int) -> Norm | None:
    """The norm of the same weekday of the `weeks` weeks before; days that are missing say nothing."""
    return norm((series[d] for i in range(1, weeks + 1) if (d := day - i * WEEK) in series), fewest)


def preceding_norm(series: Mapping[date, Decimal], day: date, days: int, fewest: int) -> Norm | None:
    """The norm of the `days` days before, whatever their weekday; for what has no rhythm of the week."""
    return norm((series[d] for i in range(1, days + 1) if (d := day - i * ONE_DAY) in series), fewest)
