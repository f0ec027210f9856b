"""Transactions in scripts: what they lock, how they are aborted, that they end.

The stock server lets two transactions change one table, and fails the second commit with DuckDB's words.
BigQuery cancels the transaction that comes to a table which another one is changing, and lets statements and
loads outside of transactions wait for it. Rows that are only inserted are in nobody's way. A script that
fails, or ends without a commit, is rolled back.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import duckdb
from local_bigquery.catalog import names
from local_bigquery.engine import database
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import query
from sqlglot import exp

from marketing_assets_tests.bigquery.server import faults

_stock_statement, _stock_execute = query._statement, query.execute
_locks: dict[tuple[str, ...], threading.Lock] = {}
_guard = threading.Lock()


@dataclass
class Transaction:
    """An open transaction: its id, the locks of the tables that it changes."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    held: dict[tuple[str, ...], threading.Lock] = field(default_factory=dict)

    def aborted(self, table: tuple[str, ...] | None = None) -> BigQueryError:
        """The error of a transaction that lost against another one."""
        label = names.label(*(table or next(iter(self.held), ("unknown",))))
        return BigQueryError(
            "invalidQuery",
            f"Transaction is aborted due to concurrent update against table {label}. "
            f"Transaction ID: {self.id}",
        )

    def end(self) -> None:
        for lock in self.held.values():
            lock.release()
        self.held.clear()


_open: ContextVar[Transaction | None] = ContextVar("_open", default=None)
_held: ContextVar[frozenset[tuple[str, ...]]] = ContextVar("_held", default=frozenset())
_inserting: ContextVar[bool] = ContextVar("_inserting", default=False)


def apply() -> None:
    database.writing = writing
    query._statement = _statement
    query.execute = _execute


@contextmanager
def writing(*table: str) -> Iterator[None]:
    """`database.writing`: hold a table while it is written; a transaction holds it to its end."""
    key = tuple(part.casefold() for part in table)
    transaction = _open.get()
    if key in _held.get() or (transaction and (key in transaction.held or _inserting.get())):
        yield
        return
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    if transaction:
        if not lock.acquire(blocking=False):
            raise transaction.aborted(table)
        transaction.held[key] = lock
        yield
        return
    with lock:
        token = _held.set(_held.get() | {key})
        try:
            yield
        finally:
            _held.reset(token)


def _statement(cur: Any, tree: exp.Expression, *rest: Any) -> Any:
    transaction = _open.get()
    if isinstance(tree, exp.Commit) and transaction:
        _before_commit(transaction)
    token = _inserting.set(isinstance(tree, exp.Insert))
    try:
        done = _stock_statement(cur, tree, *rest)
    except (BigQueryError, duckdb.Error) as error:
        if isinstance(tree, exp.Commit) and transaction and "conflict" in str(error).lower():
            raise transaction.aborted() from error
        raise
    finally:
        _inserting.reset(token)
    if isinstance(tree, exp.Transaction):
        _open.set(Transaction())
    elif transaction and isinstance(tree, exp.Commit | exp.Rollback):
        transaction.end()
        _open.set(None)
    elif transaction and isinstance(tree, exp.Delete | exp.Update | exp.Merge):
        faults.pass_point("transaction")
    return done


def _before_commit(transaction: Transaction) -> None:
    if faults.take("abort"):
        raise transaction.aborted()
    faults.pass_point("commit")


def _execute(cur: Any, *rest: Any, **options: Any) -> Any:
    token = _open.set(None)
    try:
        return _stock_execute(cur, *rest, **options)
    finally:
        if left := _open.get():
            cur.execute("ROLLBACK")
            left.end()
        _open.reset(token)
