"""Draws forecasts as PNG: what was, what is expected, and how sure that is. Pure but for fonts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from marketing_assets.drawing import DPI, WIDTH, fonts, short
from marketing_assets.intelligence.combining import Interval
from marketing_assets.intelligence.series import Floats

_PANEL = 2.8
_PAST, _LINE = "#57606a", "#0b57d0"
_BANDS = {95: "#e6effc", 80: "#c6d9f7", 50: "#98bcf0"}
_TICKS = 8


@dataclass(frozen=True)
class Fan:
    """A metric's last days, NaN where nothing is known, and the days to come with intervals by level."""

    name: str
    past: Floats
    mean: Floats
    intervals: Mapping[int, Interval]


def draw_fans(fans: Sequence[Fan], day: date, currency: str) -> bytes:
    """A panel a metric, one below the other; `day` is the first that is forecast."""
    size = (WIDTH, _PANEL * len(fans))
    figure = Figure(figsize=size, dpi=DPI, facecolor="white", layout="constrained")
    for panel, fan in zip(figure.subplots(len(fans), 1, squeeze=False).ravel(), fans, strict=True):
        _draw(panel, fan, day, currency)
    png = io.BytesIO()
    FigureCanvasAgg(figure).print_png(png)  # type: ignore[no-untyped-call]
    return png.getvalue()


def _draw(axes: Axes, fan: Fan, day: date, currency: str) -> None:
    ahead = np.arange(len(fan.mean))
    for level, colour in _BANDS.items():
        low, high = fan.intervals[level]
        axes.fill_between(ahead, low, high, color=colour, linewidth=0, label=f"{level} %")
    axes.plot(np.arange(-len(fan.past), 0), fan.past, color=_PAST, linewidth=1.5)
    axes.plot(ahead, fan.mean, color=_LINE, linewidth=2)
    axes.axvline(-0.5, color=_PAST, linewidth=0.8, linestyle=":")
    axes.set_title(f"{fan.name} a day, {currency}", loc="left", fontsize=11, fontfamily=fonts())
    ticks = np.linspace(-len(fan.past), len(fan.mean) - 1, _TICKS).round().astype(int)
    dates = [day + timedelta(days=int(t)) for t in ticks]
    axes.set_xticks(ticks, [f"{d.day} {d:%b}" for d in dates])
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.tick_params(labelsize=8, length=0)
    axes.grid(axis="y", color="#d0d7de", linewidth=0.8)
    lowest = min(float(np.nanmin(fan.past, initial=0.0)), float(fan.intervals[80][0].min()))
    axes.set_ylim(bottom=min(0.0, lowest))
    axes.legend(loc="upper left", frameon=False, fontsize=8, ncols=len(_BANDS))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
