"""Draws response curves as PNG: what each channel's spend brings, with its 80 % band. Pure but for fonts."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from marketing_assets.drawing import DPI, fonts, short
from marketing_assets.intelligence.budgeting.advice import Fit
from marketing_assets.intelligence.budgeting.plan import Move, Plan

_ABREAST = 3
_SIDE = 2.8
_LINE, _BAND, _NOW, _THEN = "#0b57d0", "#c6d9f7", "#57606a", "#c2571a"


def response_plot(fit: Fit, plan: Plan, names: Mapping[str, str], currency: str) -> bytes:
    """A panel a running channel: the mean curve, its band, spend now and recommended."""
    rows = -(-len(plan.moves) // _ABREAST)
    abreast = min(len(plan.moves), _ABREAST)
    figure = Figure(figsize=(_SIDE * abreast, _SIDE * rows), dpi=DPI, facecolor="white", layout="constrained")
    panels = figure.subplots(rows, abreast, squeeze=False).ravel()
    for panel, move in zip(panels, plan.moves, strict=False):
        _draw(panel, fit, move, names.get(move.channel, move.channel), currency)
    for panel in panels[len(plan.moves) :]:
        panel.set_axis_off()
    png = io.BytesIO()
    FigureCanvasAgg(figure).print_png(png)  # type: ignore[no-untyped-call]
    return png.getvalue()


def _draw(axes: Axes, fit: Fit, move: Move, name: str, currency: str) -> None:
    spent = fit.spent.spend[:, fit.spent.channels.index(move.channel)]
    most = 1.1 * max(float(np.quantile(spent, 0.99)), move.current, move.recommended)
    spends = np.linspace(0.0, most, 60)
    drawn = fit.draws.revenue(fit.spent.channels.index(move.channel), spends)
    low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
    axes.fill_between(spends, low, high, color=_BAND, linewidth=0)
    axes.plot(spends, drawn.mean(axis=0), color=_LINE, linewidth=2)
    axes.axvline(move.current, color=_NOW, linewidth=1.2, label="now")
    axes.axvline(move.recommended, color=_THEN, linewidth=1.2, linestyle="--", label="recommended")
    axes.set_title(name, loc="left", fontsize=10, fontfamily=fonts())
    axes.set_xlabel(f"spend a day, {currency}", fontsize=8)
    axes.set_ylabel("revenue it brings a day", fontsize=8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.tick_params(labelsize=8, length=0)
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower right", frameon=False, fontsize=7)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
