"""The table: what was measured, the figure, what was aimed at, and whether it was reached."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Line:
    """One row of the table. `met` is None where nothing was aimed at; `note` says what stands behind it."""

    what: str
    figure: str
    aim: str = ""
    met: bool | None = None
    note: str = ""


def show(lines: list[Line], seconds: float) -> None:
    """Print the table and the machine it was measured on."""
    table = Table(title="make bench", title_justify="left")
    for name in ("what", "figure", "aim", "met?", "measured"):
        table.add_column(name, justify="right" if name == "figure" else "left", overflow="fold")
    for line in lines:
        met = {None: "", True: "yes", False: "NO"}[line.met]
        table.add_row(line.what, line.figure, line.aim, met, line.note)
    console = Console(width=int(os.environ.get("COLUMNS", "150")))
    console.print(table)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    console.print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"load average at the end {load:.1f}; took {seconds:.0f} s"
    )
