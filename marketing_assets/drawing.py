"""What pictures of alerts and of models share: size, fonts, and how a figure is written on an axis."""

from __future__ import annotations

from functools import cache

import fontpkg
from matplotlib import font_manager

WIDTH, DPI = 8.0, 120
"""Inches, and dots an inch."""


@cache
def fonts() -> list[str]:
    """The families to draw with, first to last: Latin first, then one that has Thai."""
    path = str(fontpkg.path("Noto Sans Thai"))
    font_manager.fontManager.addfont(path)
    return ["DejaVu Sans", font_manager.FontProperties(fname=path).get_name()]


def short(value: float) -> str:
    """A figure of three or four digits: 1.25M, 31.2k, 4.05."""
    for limit, sign in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{sign}"
    return f"{value:.3g}"
