"""Series with known rhythms, events and noise, for forecasts."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIRST = date(2025, 1, 6)
"""A Monday."""


def days(n: int, seed: int = 0, level: float = 1000.0, noise: float = 0.1, drift: float = 0.0) -> Floats:
    """A shop's revenue: a rhythm of the week, a slowly moving level and noise, in per cent."""
    rng = np.random.default_rng(seed)
    week = np.array([0.9, 0.9, 0.95, 1.0, 1.1, 1.25, 1.2])
    slow = np.cumsum(rng.normal(drift, 0.01, n))
    shop: Floats = level * week[np.arange(n) % 7] * np.exp(slow + rng.normal(0, noise, n))
    return shop


def hours(n: int, seed: int = 0) -> Floats:
    """Visits by hour: nights are quiet, and weekends begin late."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    awake = np.where((t // 24) % 7 < 5, 6.0, 10.0)
    shape = np.clip(np.sin((t % 24 - awake) / 18 * np.pi), 0.02, None)
    slow = np.convolve(rng.normal(0, 0.15, n + 47), np.ones(48) / 48**0.5, "valid")
    visits: Floats = 400 * shape * np.exp(0.3 * slow + rng.normal(0, 0.1, n))
    return visits


def weeks(n: int, seed: int = 0) -> Floats:
    """Sales by week, with a season of the year."""
    rng = np.random.default_rng(seed)
    slow = np.cumsum(rng.normal(0, 0.015, n))
    sales: Floats = 5000 * np.exp(0.3 * np.sin(2 * np.pi * np.arange(n) / 52) + slow + rng.normal(0, 0.04, n))
    return sales


def dates(n: int) -> list[date]:
    return [FIRST + timedelta(days=i) for i in range(n)]
