"""The forecasts that are combined: each looks ahead of a prepared series, on one or two scales. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from marketing_assets.intelligence.regression import autoregressed, last_year
from marketing_assets.intelligence.series import Floats, Series, scales_of
from marketing_assets.intelligence.smoothing import smoothed

MEMBERS: tuple[Callable[[Floats, int, int], Mapping[str, Floats]], ...] = (smoothed, autoregressed, last_year)
"""Each gives forecasts by name, those left out for which too little is known."""

_MOST = 5.0
"""Times the largest value that was ever known: more is never forecast of ordinary days."""

Key = tuple[str, str]
"""Scale and name of a member."""


def member_forecasts(series: Series, steps: int) -> dict[Key, Floats]:
    """What each member says on each scale, brought back to the series' own."""
    found, closed = {}, series.closed_after(steps)
    most = _MOST * float(np.abs(series.values).max())
    for scale in scales_of(series):
        z = scale.to(series.values)
        room = 2 * (z.max() - z.min()) + 1e-9
        said = [each for member in MEMBERS for each in member(z, series.period, steps).items()]
        for name, ahead in said:
            if np.isfinite(ahead).all():
                # No model may run away: what was never near is not forecast.
                near = scale.back(np.clip(ahead, z.min() - room, z.max() + room))
                found[scale.name, name] = np.where(closed, 0.0, np.clip(near, -most, most))
    return found
