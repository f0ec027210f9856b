"""Draws a chart as PNG: lines of 28 days, the last day marked, Thai names included."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, timedelta

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from marketing_assets.alerts.figures import Line
from marketing_assets.drawing import DPI, WIDTH, fonts, short
from marketing_assets.partitions import DayRange

HEIGHT = 3.6
"""Inches: with `WIDTH` and `DPI` 960 × 432 pixels, which LINE takes as a preview too."""
_WEEKS = 3
_COLOURS = ("#0b57d0", "#c2571a", "#1a7f37")


def draw(title: str, lines: Sequence[Line]) -> bytes:
    """A PNG of `WIDTH` × `HEIGHT` inches at `DPI`; one of the lines at least has a value."""
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    for line, colour in zip(lines, _COLOURS, strict=False):
        days = sorted(line.values)
        shown = list(DayRange(days[0], days[-1])) if days else []
        values = [float(line.values[d]) if d in line.values else float("nan") for d in shown]
        axes.plot([_x(day) for day in shown], values, color=colour, linewidth=2, label=line.name)
        if days:
            axes.plot(_x(days[-1]), values[-1], "o", color=colour, markersize=6)
            axes.annotate(
                short(values[-1]),
                (_x(days[-1]), values[-1]),
                xytext=(6, 6),
                textcoords="offset points",
                color=colour,
                fontsize=9,
            )
    # Of one weight, because the Thai font has no bold one.
    axes.set_title(title, loc="left", fontsize=13, fontfamily=fonts(), pad=10)
    unit = next((line.unit for line in lines if line.unit), "")
    label = f"{unit} a day" if unit else lines[0].name
    axes.set_ylabel(label, fontsize=9, fontfamily=fonts())
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    last = max(day for line in lines for day in line.values)
    weeks = [last - timedelta(days=7 * n) for n in range(_WEEKS, -1, -1)]
    axes.set_xticks([_x(day) for day in weeks], [f"{day:%a} {day.day} {day:%b}" for day in weeks])
    axes.grid(axis="y", color="#d0d7de", linewidth=0.8)
    axes.tick_params(labelsize=9, length=0)
    axes.margins(x=0.06)
    low, high = axes.get_ylim()
    # From zero, so that a fall looks as large as it is; with room for the names above the lines.
    axes.set_ylim(min(0.0, low), high + 0.15 * (high - min(0.0, low)))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if len(lines) > 1:
        axes.legend(loc="upper left", frameon=False, fontsize=9, ncols=len(lines))
    png = io.BytesIO()
    FigureCanvasAgg(figure).print_png(png)  # type: ignore[no-untyped-call]
    return png.getvalue()


def _x(day: date) -> int:
    """A day as matplotlib counts it."""
    return (day - date(1970, 1, 1)).days
