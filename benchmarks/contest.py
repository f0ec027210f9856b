"""One competitor, one time, in a process of its own: `python -m benchmarks.contest NAME TABLE FILE ROWS`.

Prints one JSON line: rows, seconds by the clock and seconds of work, without reading pages and importing.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from benchmarks import bare, ours, with_dlt
from benchmarks.pages import Captured, multiplied
from benchmarks.tables import MEASURED


def main(name: str, table: str, file: str, rows: str) -> None:
    measured = MEASURED[table]
    bodies = list(multiplied(measured, Captured.load(Path(file)), int(rows)))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        place = Path(folder)
        run: dict[str, Callable[[], int]] = {
            "ours": lambda: ours.ingest(measured, bodies, place),
            "dlt": lambda: with_dlt.ingest(measured, bodies, place),
        }
        if name == "bare":
            lines = bare.lines_of(measured, bodies)
            run["bare"] = lambda: bare.ingest(measured, lines, place)
        if name == "dlt":
            import dlt  # noqa: F401
        start, worked = time.perf_counter(), cpu_seconds()
        written = run[name]()
        found = {"seconds": time.perf_counter() - start, "cpu_seconds": cpu_seconds() - worked}
    print(orjson.dumps({"rows": written, **found}).decode())


def cpu_seconds() -> float:
    """What this process and its ended children have worked."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main(*sys.argv[1:])
