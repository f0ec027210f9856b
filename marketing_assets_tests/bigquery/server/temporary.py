"""Temporary tables: a job outside a session begins without any.

The stock server looks for them before every job, through every table of every project: a sixth of its work.
"""

from __future__ import annotations

from typing import Any

from local_bigquery.jobs import query

_SEARCH = "SELECT table_name FROM duckdb_tables() WHERE temporary"
_NOTHING = "SELECT '' AS table_name LIMIT 0"


def apply() -> None:
    before = query.execute

    def execute(cur: Any, *rest: Any, session: Any = None, **options: Any) -> Any:
        return before(cur if session else Fresh(cur), *rest, session=session, **options)

    query.execute = execute


class Fresh:
    """A cursor in which nothing was made yet."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def sql(self, text: str, *rest: Any, **options: Any) -> Any:
        return self._cursor.sql(_NOTHING if text == _SEARCH else text, *rest, **options)
