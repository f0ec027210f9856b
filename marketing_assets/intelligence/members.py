"""The forecasts that are combined: each looks `steps` ahead of a prepared series on its scale. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from marketing_assets.intelligence.regression import autoregressed, last_year
from marketing_assets.intelligence.series import Floats
from marketing_assets.intelligence.smoothing import smoothed

MEMBERS: tuple[Callable[[Floats, int, int], Mapping[str, Floats]], ...] = (smoothed, autoregressed, last_year)
"""Each gives forecasts by name, those left out for which too little is known."""
