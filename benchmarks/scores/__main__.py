"""`python -m benchmarks.scores [--cases N]`: score the models of the intelligence layer."""

from __future__ import annotations

import argparse
import time

from benchmarks.report import show
from benchmarks.scores.budgets import CASES
from benchmarks.scores.table import lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scores", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help="how many budgets are split")
    start = time.perf_counter()
    show(lines(parser.parse_args().cases), time.perf_counter() - start)


if __name__ == "__main__":
    main()
