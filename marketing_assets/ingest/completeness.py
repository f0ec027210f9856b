"""Is what stands in raw what the platform says there is? Pure comparisons of figures by day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketing_assets.ingest.landing import Manifest
from marketing_assets.schema import Table, Type

ROWS = "rows"
MONEY_TOLERANCE = Decimal("0.01")

Figures = Mapping[str, Decimal]


@dataclass(frozen=True)
class Said:
    """What the platform says a figure is. Counted before and after the rows it can be two numbers, when the
    day was still moving; what was read in between then lies between them."""

    least: Decimal
    most: Decimal

    def __add__(self, other: Said) -> Said:
        return Said(self.least + other.least, self.most + other.most)

    def __str__(self) -> str:
        return f"{self.least:f}" if self.least == self.most else f"{self.least:f} to {self.most:f}"

    def holds(self, value: Decimal, tolerance: Decimal) -> bool:
        return self.least - tolerance <= value <= self.most + tolerance


@dataclass(frozen=True)
class Difference:
    """A figure of a day that is not what the platform says; `said` None where it said nothing."""

    day: date
    figure: str
    said: Said | None
    found: Decimal

    def __str__(self) -> str:
        if self.said is None:
            return f"{self.day}: the platform gave no count of its own to compare with"
        return f"{self.day}: {self.figure} is {self.found:f}, the platform says {self.said}"


def controls_by_day(fetches: Mapping[date, list[Manifest]]) -> dict[date, dict[str, Said]]:
    """What the platform says of each day, summed over the connections; a day is missing unless all said."""
    totals: dict[date, dict[str, Said]] = {}
    for day, manifests in fetches.items():
        said = [figures for m in manifests if (figures := _said(m, day))]
        if len(said) == len(manifests):
            names = {name for figures in said for name in figures}
            nothing = Said(Decimal(0), Decimal(0))
            totals[day] = {n: sum((f[n] for f in said if n in f), nothing) for n in names}
    return totals


def _said(manifest: Manifest, day: date) -> dict[str, Said]:
    counts: dict[str, list[Decimal]] = defaultdict(list)
    for control in manifest.controls:
        if control.day == day:
            for name, value in control.figures.items():
                counts[name].append(Decimal(value))
    return {name: Said(min(values), max(values)) for name, values in counts.items()}


def differences(
    table: Table,
    days: Iterable[date],
    controls: Mapping[date, Mapping[str, Said]],
    found: Mapping[date, Figures],
    dead: Counter[date],
) -> list[Difference]:
    """Every figure that differs. Dead letters count as rows: they are known, and have a check of their own.

    Zero rows pass only where the platform's own count says zero.
    """
    result = []
    for day in days:
        control = controls.get(day)
        have = found.get(day, {})
        if control is None:
            result.append(Difference(day, ROWS, None, have.get(ROWS, Decimal(0))))
            continue
        for figure, said in sorted(control.items()):
            value = have.get(figure, Decimal(0)) + (dead[day] if figure == ROWS else 0)
            if not said.holds(value, _tolerance(table, figure)):
                result.append(Difference(day, figure, said, value))
    return result


def _tolerance(table: Table, figure: str) -> Decimal:
    column = table.control.get(figure)
    is_money = figure != ROWS and column is not None and table.column(column).type is Type.NUMERIC
    return MONEY_TOLERANCE if is_money else Decimal(0)


def checks_sql(table: Table, relation: str) -> str:
    """One row a day: rows, the sums that the contract's `control` names, rows that lack a required value, and
    (the same in every row) how many keys stand more than once. Both engines take it."""
    sums = "".join(f", sum({column}) as {name}" for name, column in table.control.items() if name != ROWS)
    missing = " or ".join(f"{c.name} is null" for c in table.all_columns if c.required)
    in_range = "where day between $first and $last"
    # A snapshot has each key once a day; records have it once in all.
    key = ", ".join(table.key if table.day_from else ("day", *table.key))
    return (
        f"select * from (select day, count(*) as row_count{sums}, "
        f"sum(case when {missing} then 1 else 0 end) as missing_values "
        f"from {relation} {in_range} group by day) as days cross join "
        f"(select count(*) as duplicate_keys from (select {key} from {relation} {in_range} "
        f"group by {key} having count(*) > 1) as doubled) as doubles"
    )


@dataclass(frozen=True)
class Stored:
    """What stands in raw, as `checks_sql` tells it."""

    figures: Mapping[date, Figures]
    duplicate_keys: int
    missing_values: int


def stored(rows: Iterable[Mapping[str, Any]]) -> Stored:
    """The rows of `checks_sql`."""
    told = list(rows)
    named = {ROWS: "row_count"}
    inner = {"day", "row_count", "missing_values", "duplicate_keys"}
    return Stored(
        figures={
            row["day"]: {
                figure: Decimal(row[named.get(figure, figure)] or 0)
                for figure in (ROWS, *(name for name in row if name not in inner))
            }
            for row in told
        },
        duplicate_keys=max((row["duplicate_keys"] for row in told), default=0),
        missing_values=sum(row["missing_values"] for row in told),
    )
