"""Partition decorators: `table$20250131`, `table$202501`, `table$2025013107`.

The stock server takes the decorator for a part of the name and makes a table that is called so. BigQuery
writes to that partition of the table alone, and refuses rows of another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from local_bigquery.catalog import names, tabledata, tables
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError, not_found
from local_bigquery.models import Table, TableFieldSchema

from marketing_assets_tests.bigquery.server import catalog

_DECORATOR = re.compile(r"^(?P<table>.+)\$(?P<id>\d{4}|\d{6}|\d{8}|\d{10})$")
_UNITS = {4: ("YEAR", "%Y"), 6: ("MONTH", "%Y%m"), 8: ("DAY", "%Y%m%d"), 10: ("HOUR", "%Y%m%d%H")}
Reference = tuple[str, str, str]


@dataclass(frozen=True)
class Partition:
    """A partition of the table `reference`; `condition` is true for its rows."""

    reference: Reference
    id: str
    condition: str

    @property
    def label(self) -> str:
        return f"{names.label(*self.reference)}${self.id}"


def undecorated(reference: Reference) -> tuple[Reference, str | None]:
    """The table, and the id of the partition that is meant; None = the whole table."""
    match = _DECORATOR.match(reference[2])
    if match is None or reference[1] == tables.RESULTS:
        return reference, None
    return (reference[0], reference[1], match["table"]), match["id"]


def partition(reference: Reference, partition_id: str) -> Partition:
    """The partition of a table that stands. Raises where it is divided otherwise."""
    found: Table = tables.load(*reference)
    unit, pattern = _UNITS[len(partition_id)]
    by = found.timePartitioning
    if by is None or not by.field or by.type != unit:
        raise BigQueryError(
            "invalid",
            f"Incompatible table partitioning specification for {names.label(*reference)}: destination "
            f"partition {partition_id} means partitions by {unit}",
        )
    return Partition(reference, partition_id, f"strftime({quote(by.field)}, '{pattern}') = '{partition_id}'")


_stock_delete = tables.delete


def delete(project_id: str, dataset_id: str, table_id: str) -> None:
    """`tables.delete` that drops the rows of one partition where a decorator names it."""
    reference, partition_id = undecorated((project_id, dataset_id, table_id))
    if partition_id is None:
        _stock_delete(project_id, dataset_id, table_id)
        return
    if not tables.exists(*reference):
        raise not_found("Table", names.label(*reference))
    found = partition(reference, partition_id)
    with tables.database.writing(*reference), tables.database.cursor() as cur:
        cur.execute(f"DELETE FROM {tables.name(*reference)} WHERE {found.condition}")


def columns(project_id: str, dataset_id: str, table_id: str) -> list[TableFieldSchema]:
    """`tables.columns` that knows a partition's columns: those of its table."""
    reference, _ = undecorated((project_id, dataset_id, table_id))
    return catalog.columns(*reference)


def apply() -> None:
    tables.delete = delete
    tables.columns = tabledata.columns = columns
