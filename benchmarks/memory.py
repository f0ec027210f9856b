"""Peak memory of a range of 1,000,000 ad rows, landed and loaded in a process of its own."""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import orjson

from benchmarks import ours
from benchmarks.children import measure
from benchmarks.pages import Captured, multiplied
from benchmarks.report import Line
from benchmarks.tables import ADS

AIM_MB = 600


def peak_mb() -> float:
    """The most memory this process has held, in MB (of 1024² bytes)."""
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def compare(pages: Path, rows: int) -> list[Line]:
    """Peak memory of the range."""
    found = measure("memory", pages, rows)
    note = (
        f"{found['rows']:,} rows; {found['before']:.0f} MB before, "
        f"{found['landed']:.0f} MB at most while landing; one process"
    )
    what = f"peak memory of a range of {rows:,} ad rows"
    return [Line(what, f"{found['peak']:.0f} MB", f"< {AIM_MB} MB", found["peak"] < AIM_MB, note)]


def main(file: str, rows: str) -> None:
    captured = Captured.load(Path(file))
    before = peak_mb()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        place = Path(folder)
        # The pages are made while they land, as they would come from the network.
        landing, manifest = ours.landed(ADS, multiplied(ADS, captured, int(rows)), place)
        after_landing = peak_mb()
        ours.loaded(ADS, landing, manifest, place)
    found = {"rows": manifest.records, "before": before, "landed": after_landing, "peak": peak_mb()}
    print(orjson.dumps(found).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
