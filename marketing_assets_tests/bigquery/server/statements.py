"""Single statements: the table they write, and SET of several variables.

The stock server names no destination for the job of a CREATE TABLE AS or of a DML statement; BigQuery names
the table that it writes (dbt reads it there), and gives no rows as its result. Nor does the stock server know
`SET (a, b) = (SELECT AS STRUCT …)`, which dbt's dynamic insert_overwrite sends.
"""

from __future__ import annotations

from typing import Any

import sqlglot
from local_bigquery.api import jobs
from local_bigquery.jobs import query
from local_bigquery.models import Job, TableReference
from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.rules.parameters import VALUE
from local_bigquery.sql.script import Interpreter, Statement
from local_bigquery.sql.translate import translate
from sqlglot import exp

_WRITES = {"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE_TABLE", "CREATE_TABLE_AS_SELECT"}
_stock_execute, _stock_results, _stock_set = query._execute, jobs.results, Interpreter.set


def apply() -> None:
    query._execute = _execute
    jobs.results = _results
    Interpreter.set = _set


def _execute(
    cur: Any, project_id: str, job_id: str | None, config: Any, dry_run: bool, isolated: bool, *rest: Any
) -> Any:
    statistics, children, destination = _stock_execute(
        cur, project_id, job_id, config, dry_run, isolated, *rest
    )
    if destination is None and statistics.statementType in _WRITES:
        destination = statistics.ddlTargetTable or _changed(config.query, *rest)
    return statistics, children, destination


def _changed(statement: str, context: Any, *_: Any) -> TableReference | None:
    """The table that a DML statement changes."""
    (tree,) = sqlglot.parse(statement.rstrip().rstrip(";"), dialect=BigQueryDialect)
    ids = query._target(tree, context)
    return TableReference(**dict(zip(("projectId", "datasetId", "tableId"), ids, strict=True)))


def _results(job: Job, *rest: Any) -> Any:
    statistics = job.statistics and job.statistics.query
    if statistics and statistics.statementType in _WRITES:
        config = job.configuration
        job = job.replace(configuration=config.replace(query=config.query.without("destinationTable")).dump())
    return _stock_results(job, *rest)


def _set(interpreter: Interpreter, statement: Statement) -> None:
    tree = sqlglot.parse_one(statement.text, dialect=BigQueryDialect)
    item = tree.expressions[0].this
    targets, value = _unwrapped(item.this), item.expression.unnest()
    if not isinstance(value, exp.Select) or not isinstance(item.this, exp.Tuple | exp.Paren):
        _stock_set(interpreter, statement)
        return
    value.set("kind", None)
    tables = [interpreter.variable(target.name) for target in targets]
    sql, bound = translate(value, interpreter.context)
    columns = interpreter.cursor.sql(sql, params=bound).columns
    for table, column in zip(tables, columns, strict=True):
        interpreter.cursor.execute(f'UPDATE {table} SET {VALUE} = (SELECT "{column}" FROM ({sql}))', bound)


def _unwrapped(targets: exp.Expression) -> list[exp.Expression]:
    return list(targets.expressions) if isinstance(targets, exp.Tuple) else [targets.unnest()]
