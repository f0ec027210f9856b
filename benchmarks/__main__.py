"""`python -m benchmarks [--quick]`: run every benchmark and print one table."""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from benchmarks import bigquery, dagster_run, ingest, memory, shopify_history, slow_api, webhooks, year
from benchmarks.pages import capture
from benchmarks.report import Line, show
from benchmarks.sandbox import running
from benchmarks.scores import table as scores
from benchmarks.tables import ADS, ORDERS


@dataclass(frozen=True)
class Sizes:
    """How much is measured: rows by table, days, budgets to split, labelled series (None: all), and how often
    the competitors take turns."""

    orders: int
    ads: int
    memory_rows: int
    slow_days: int
    dagster_days: int
    bigquery_rows: int
    history_days: int
    webhooks: int
    budgets: int
    labelled: int | None
    rounds: int


FULL = Sizes(60_000, 200_000, 1_000_000, 90, 365, 50_000, 90, 30_000, 60, None, 3)
QUICK = Sizes(2_000, 5_000, 20_000, 10, 30, 2_000, 3, 1_000, 3, 2, 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: a check that all runs")
    sizes = QUICK if parser.parse_args().quick else FULL
    console, start = Console(stderr=True), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        lines = run(sizes, Path(folder), console)
    if sizes is QUICK:
        lines = [replace(line, met=None) for line in lines]
    show(lines, time.perf_counter() - start)
    if sizes is QUICK:
        print("quick sizes show that everything runs; their figures are mostly start-up and say little")


def run(sizes: Sizes, folder: Path, console: Console) -> list[Line]:
    """Every line of the table."""
    orders, ads = folder / "orders.pages", folder / "ads.pages"
    lines: list[Line] = []
    with running() as sandbox:
        console.print("capturing pages from the sandbox")
        capture(sandbox, ORDERS).save(orders)
        capture(sandbox, ADS).save(ads)
        console.print("slow API")
        slow = [line for m in (ORDERS, ADS) for line in slow_api.compare(sandbox, m, sizes.slow_days)]
        console.print("a range as a Dagster run")
        dagster = dagster_run.compare(sandbox, folder / "home", sizes.dagster_days)
    console.print("a Shopify shop's history, by bulk and by pages")
    history = shopify_history.compare(sizes.history_days, shopify_history.FASTER)
    console.print("ingest of nested orders: ours, bare, dlt by turns")
    lines += ingest.compare(ORDERS, orders, sizes.orders, sizes.rounds)
    console.print("ingest of flat ad rows: ours, bare, dlt by turns")
    lines += ingest.compare(ADS, ads, sizes.ads, sizes.rounds)
    console.print("365 days as one range")
    lines += year.compare(ORDERS, orders, sizes.orders, sizes.rounds)
    lines += year.compare(ADS, ads, sizes.ads, sizes.rounds)
    console.print("the BigQuery writer")
    written = bigquery.compare(ads, sizes.bigquery_rows, sizes.rounds)
    console.print("webhooks: receiver and bare Starlette by turns")
    received = webhooks.compare(folder, sizes.webhooks, sizes.rounds)
    console.print("the models of the intelligence layer")
    scored = scores.lines(sizes.budgets, sizes.labelled)
    console.print("memory")
    remembered = memory.compare(ads, sizes.memory_rows)
    return [*lines, *dagster, *slow, *history, *remembered, *written, *received, *scored]


if __name__ == "__main__":
    main()
