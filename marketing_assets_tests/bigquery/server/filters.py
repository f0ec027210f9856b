"""require_partition_filter: which statements must name the partitions that they touch.

The stock server asks SELECT alone, and counts a MERGE, which it runs as several SELECTs, as one that names
nothing. BigQuery asks DELETE and UPDATE too, and is content with a MERGE whose conditions name the column.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from local_bigquery.catalog import names, tables
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import merge, query
from local_bigquery.sql.rules import tables as rules
from sqlglot import exp

_stock_check, _stock_merge = rules._check, merge.run
_merging: ContextVar[tuple[str, str, str] | None] = ContextVar("_merging", default=None)


def apply() -> None:
    rules._check = _check
    query.merge.run = _merge


def _check(tree: exp.Expression, table: exp.Table, is_target: bool) -> None:
    of_merge = _merging.get() == (table.catalog, table.db, table.name)
    _stock_check(tree, table, is_target or of_merge)
    if is_target and not of_merge and isinstance(tree, exp.Delete | exp.Update):
        _stock_check(tree, table, False)


def _merge(cur: Any, tree: exp.Merge, context: Any) -> Any:
    target = names.reference(tree.this, context.project_id, context.dataset_id)
    stored = tables.load(*target)
    if stored.requirePartitionFilter and stored.timePartitioning:
        _check_conditions(tree, target, stored.timePartitioning.field)
    token = _merging.set(target)
    try:
        return _stock_merge(cur, tree, context)
    finally:
        _merging.reset(token)


def _check_conditions(tree: exp.Merge, target: tuple[str, str, str], field: str) -> None:
    conditions = [tree.args["on"], *(when.args.get("condition") for when in tree.args["whens"].expressions)]
    alias = tree.this.alias_or_name.casefold()
    named = {
        column.name.casefold()
        for condition in conditions
        if condition is not None
        for column in condition.find_all(exp.Column)
        if column.table.casefold() in {"", alias}
    }
    if field.casefold() not in named:
        raise BigQueryError(
            "invalidQuery",
            f"Cannot query over table '{'.'.join(target)}' without a filter over column(s) '{field}' that "
            "can be used for partition elimination",
        )
