"""A table as engines, models and assets know it, whatever layer it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from marketing_assets.schema import DAY, Column, Table


@dataclass(frozen=True)
class TableSpec:
    """A table as the warehouse needs it: columns in order, key and the column its days stand in.

    `day_column` is a DATE column, or None where a table is not divided by days.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    day_column: str | None = DAY

    def __post_init__(self) -> None:
        names = {c.name for c in self.columns}
        for name in (*self.key, *([self.day_column] if self.day_column else [])):
            if name not in names:
                raise ValueError(f"table {self.name}: '{name}' is a key or day column but no column")

    @classmethod
    def from_table(cls, table: Table) -> TableSpec:
        """The raw table of a platform's contract, common columns included."""
        return cls(table.name, table.description, table.all_columns, table.key, DAY)
