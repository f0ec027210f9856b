"""A landed year loaded as one range, against one bare DuckDB transaction of the same typed rows.

`python -m benchmarks.year TABLE FILE ROWS ROUNDS` prints one JSON line. Both go by turns in one process; the
bare transaction gets a frame that has every column in its final type already.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import orjson

from benchmarks import bare, ours
from benchmarks.children import measure
from benchmarks.pages import Captured, multiplied
from benchmarks.report import Line
from benchmarks.tables import MEASURED, Measured


def compare(measured: Measured, pages: Path, rows: int, rounds: int) -> list[Line]:
    """The range as a multiple of its bare transaction."""
    found = measure("year", measured.name, pages, rows, rounds)
    ratio = found["range"] / found["bare"]
    note = f"{found['rows']:,} rows on 365 days: {found['range']:.2f} s against {found['bare']:.2f} s"
    return [
        Line(
            f"{measured.name}: 365 days from landing, against a bare transaction", f"{ratio:.2f} ×", note=note
        )
    ]


def main(table: str, file: str, rows: str, rounds: str) -> None:
    measured = MEASURED[table]
    bodies = list(multiplied(measured, Captured.load(Path(file)), int(rows)))
    ranges, transactions = [], []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        place = Path(folder)
        landing, manifest = ours.landed(measured, bodies, place)
        frame = bare.decode(measured, bare.lines_of(measured, bodies))
        for number in range(int(rounds)):
            here = place / str(number)
            here.mkdir()
            start = time.perf_counter()
            ours.loaded(measured, landing, manifest, here)
            between = time.perf_counter()
            bare.insert(measured, frame, here)
            ranges.append(between - start)
            transactions.append(time.perf_counter() - between)
            shutil.rmtree(here)
    found = {"rows": manifest.records, "range": median(ranges), "bare": median(transactions)}
    print(orjson.dumps(found).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
