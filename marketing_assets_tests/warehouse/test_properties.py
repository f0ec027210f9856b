"""Whatever is written in whatever order, a day holds what was last written to it."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.errors import WrongRows

from .rows import ORDERS, day, days, frame, order

DAYS = 12
range_of_days = st.tuples(st.integers(0, DAYS - 1), st.integers(0, DAYS - 1)).map(sorted)


class RangeWrites(RuleBasedStateMachine):
    """A warehouse beside a model of it: the (order, version) pairs of each day."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.warehouse = DuckDBWarehouse(self.folder / "siam.duckdb")
        self.expected: dict[date, list[tuple[str, int]]] = {day(n): [] for n in range(DAYS)}
        self.version = 0

    @rule(ends=range_of_days, rows_a_day=st.lists(st.integers(0, 3), min_size=DAYS, max_size=DAYS),
          pages=st.integers(1, 4))  # fmt: skip
    def write(self, ends: list[int], rows_a_day: list[int], pages: int) -> None:
        self.version += 1
        wanted = [n for n in range(ends[0], ends[1] + 1) for _ in range(rows_a_day[n])]
        rows = [order(n, f"o{i}", self.version) for i, n in enumerate(wanted)]
        batches = [frame(rows[page::pages]) for page in range(pages)]
        replaced = self.warehouse.replace_days("raw", ORDERS, days(*ends), batches)
        assert replaced.rows == len(rows)
        for n in range(ends[0], ends[1] + 1):
            assert replaced.before_by_day[day(n)] == len(self.expected[day(n)])
            self.expected[day(n)] = [(f"o{i}", self.version) for i, m in enumerate(wanted) if m == n]
        assert replaced.rows_by_day == {d: len(self.expected[d]) for d in days(*ends)}

    @rule(ends=range_of_days)
    def fail(self, ends: list[int]) -> None:
        rows = frame([order(ends[0], version=-1), order(DAYS + 1)])
        try:
            self.warehouse.replace_days("raw", ORDERS, days(*ends), [rows])
        except WrongRows:
            return
        raise AssertionError("a row outside the range was written")

    @invariant()
    def holds_what_was_written_last(self) -> None:
        if self.version:
            found = self.warehouse.read("raw", "orders", columns=["day", "order_id", "units"])
            expected = [(d, *row) for d, rows in self.expected.items() for row in rows]
            assert sorted(found.rows()) == sorted(expected)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


RangeWrites.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
test_any_sequence_of_range_writes = RangeWrites.TestCase
