"""Draws the timeline of anomalies as PNG: revenue with what was expected, below it who is told of. Pure but
for fonts."""

from __future__ import annotations

import io

import polars as pl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from marketing_assets.drawing import DPI, fonts, short

_LINE, _BAND, _ALERT, _QUIET = "#0b57d0", "#c6d9f7", "#c2571a", "#b0b7c0"
_MOST_ROWS = 12


def timeline(rows: pl.DataFrame, title: str, currency: str) -> bytes | None:
    """A PNG of the rows of `ml.anomalies`; None where the tenant's revenue was judged on no day of them."""
    revenue = rows.filter(
        pl.col("entity_type") == "tenant", pl.col("metric") == "revenue", pl.col("expected").is_not_null()
    ).sort("date")
    if revenue.is_empty():
        return None
    figure = Figure(figsize=(9.0, 5.0), dpi=DPI, facecolor="white", layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    _draw_revenue(above, revenue, f"{title} – revenue a day, {currency}")
    _draw_events(below, rows.filter(pl.col("anomaly_type").is_not_null()))
    png = io.BytesIO()
    FigureCanvasAgg(figure).print_png(png)  # type: ignore[no-untyped-call]
    return png.getvalue()


def _draw_revenue(axes: Axes, revenue: pl.DataFrame, title: str) -> None:
    days = revenue["date"].to_list()
    axes.fill_between(days, revenue["expected_low"], revenue["expected_high"], color=_BAND, linewidth=0)
    axes.plot(days, revenue["value"], color=_LINE, linewidth=1.6)
    alerts = revenue.filter("is_alert")
    axes.plot(alerts["date"].to_list(), alerts["value"].to_list(), "o", color=_ALERT, markersize=6)
    axes.set_title(title, loc="left", fontsize=11, fontfamily=fonts())
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.set_ylim(bottom=0)
    _bare(axes)


def _draw_events(axes: Axes, events: pl.DataFrame) -> None:
    """A row for each entity and metric, the most told ones; grey is what was kept quiet."""
    ranked = events.group_by("entity_name", "metric").agg(
        pl.col("is_alert").sum().alias("told"), pl.col("score").max().alias("most")
    )
    ranked = ranked.sort("told", "most", "entity_name", "metric", descending=[True, True, False, False])
    ranked = ranked.head(_MOST_ROWS).reverse()
    for at, (name, metric) in enumerate(ranked.select("entity_name", "metric").iter_rows()):
        own = events.filter(pl.col("entity_name") == name, pl.col("metric") == metric)
        for is_alert, colour in ((False, _QUIET), (True, _ALERT)):
            days = own.filter(pl.col("is_alert") == is_alert)["date"].to_list()
            axes.plot(days, [at] * len(days), "o", color=colour, markersize=5)
    labels = [
        f"{_plain(name)[:28]} · {metric}"
        for name, metric in ranked.select("entity_name", "metric").iter_rows()
    ]
    axes.set_yticks(range(len(labels)), labels, fontsize=8, fontfamily=fonts())
    axes.set_ylim(-0.7, max(len(labels), 1) - 0.3)
    _bare(axes)


def _plain(name: str) -> str:
    """A name without pictures, which the fonts do not have."""
    return "".join(c for c in name if ord(c) < 0x2600).strip()


def _bare(axes: Axes) -> None:
    axes.tick_params(labelsize=8, length=0)
    axes.grid(axis="y", color="#d0d7de", linewidth=0.6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
