"""Rows a second from page bodies to a DuckDB file: ours, dlt and the bare limit, one after the other."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.children import measure
from benchmarks.report import Line
from benchmarks.tables import Measured

AGAINST_DLT, AGAINST_BARE = 5.0, 0.4
COMPETITORS = ("ours", "bare", "dlt")


def compare(measured: Measured, pages: Path, rows: int, rounds: int) -> list[Line]:
    """Alternate the competitors and compare the medians of their rows a second."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in COMPETITORS}
    for _ in range(rounds):
        for name, found in runs.items():
            found.append(measure("contest", name, measured.name, pages, rows))
    speed = {name: _median(found, "seconds") for name, found in runs.items()}
    work = {name: _median(found, "cpu_seconds") for name, found in runs.items()}
    lines = [Line(f"{measured.name}: ingest", f"{speed['ours']:,.0f} rows/s", note=_counted(runs, "ours"))]
    for name, aim in (("dlt", AGAINST_DLT), ("bare", AGAINST_BARE)):
        title = {"dlt": "against dlt", "bare": "against bare Polars + DuckDB"}[name]
        ratio, worked = speed["ours"] / speed[name], work["ours"] / work[name]
        note = f"{name} {speed[name]:,.0f} rows/s; {_counted(runs, name)}; by processor time {worked:.2f} ×"
        figure = f"{ratio:.2f} ×"
        lines.append(Line(f"{measured.name}: {title}", figure, f"≥ {aim:g} ×", ratio >= aim, note))
    return lines


def _median(found: list[dict[str, Any]], unit: str) -> float:
    return float(median(one["rows"] / one[unit] for one in found))


def _counted(runs: dict[str, list[dict[str, Any]]], name: str) -> str:
    return f"{runs[name][0]['rows']:,} rows, median of {len(runs[name])}"
