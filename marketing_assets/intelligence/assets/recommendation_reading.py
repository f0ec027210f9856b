"""Reads what recommendations are made of: the layer's own tables, and what was recommended on other days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from marketing_assets.intelligence.ml_tables import (
    AI_RECOMMENDATIONS,
    ANOMALIES,
    BUDGET_RECOMMENDATIONS,
    FORECAST_OUTLOOK,
)
from marketing_assets.intelligence.recommendations.anomalies import STANDS_DAYS, of_anomalies
from marketing_assets.intelligence.recommendations.budgets import of_budgets
from marketing_assets.intelligence.recommendations.candidate import Candidate
from marketing_assets.intelligence.recommendations.outlook import of_outlook
from marketing_assets.intelligence.recommendations.ranking import MEMORY_DAYS, Told
from marketing_assets.intelligence.recommendations.silence import silence
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.schema import polars_schema
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.errors import NoSuchTable
from marketing_assets.warehouse.warehouse import Warehouse

MART = "mart"


@dataclass(frozen=True)
class Said:
    """What the models said as of some days, and on the days before of what was unusual."""

    anomalies: pl.DataFrame
    budgets: pl.DataFrame
    outlook: pl.DataFrame

    def candidates(self, day: date, names: Mapping[str, str]) -> list[Candidate]:
        """What is worth recommending of it as of a day; `names` of platforms."""
        budgets, outlook = (f.filter(pl.col("day") == day) for f in (self.budgets, self.outlook))
        return [
            *of_anomalies(self.anomalies, day, names),
            *of_budgets(budgets, names),
            *of_outlook(outlook, day),
        ]

    def silence(self, day: date) -> str:
        """Why there is nothing to recommend as of a day."""
        return silence(self.anomalies, self.budgets, self.outlook, day)


def read_said(warehouse: Warehouse, days: DayRange) -> Said:
    """Tables that were never written count as empty."""
    earlier = DayRange(days.first - STANDS_DAYS * ONE_DAY, days.last)
    return Said(
        anomalies=rows_of_days(warehouse, "ml", ANOMALIES, earlier),
        budgets=rows_of_days(warehouse, "ml", BUDGET_RECOMMENDATIONS, days),
        outlook=rows_of_days(warehouse, "ml", FORECAST_OUTLOOK, days),
    )


def read_told(warehouse: Warehouse, days: DayRange) -> list[Told]:
    """What was recommended on the days and around them."""
    around = DayRange(days.first - MEMORY_DAYS * ONE_DAY, days.last + MEMORY_DAYS * ONE_DAY)
    rows = rows_of_days(warehouse, MART, AI_RECOMMENDATIONS, around)
    return [told_of(row) for row in rows.iter_rows(named=True)]


def told_of(row: Mapping[str, object]) -> Told:
    """A row of the mart as other days know it."""
    return Told(**{name: row[name] for name in Told.__dataclass_fields__})  # type: ignore[arg-type]


def rows_of_days(warehouse: Warehouse, layer: str, table: TableSpec, days: DayRange) -> pl.DataFrame:
    """The rows of the days; none where the table was never written."""
    try:
        return warehouse.read(layer, table.name, days)
    except NoSuchTable:
        return pl.DataFrame(schema=polars_schema(table.columns))
