"""Named parameters of a query, from `$name` and Python values to BigQuery's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from google.cloud.bigquery import ScalarQueryParameter

_NAME = re.compile(r"\$([a-z_][a-z0-9_]*)")

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOL"),
    (int, "INT64"),
    (Decimal, "NUMERIC"),
    (datetime, "TIMESTAMP"),
    (date, "DATE"),
    (str, "STRING"),
)


def parameters(sql: str, values: Mapping[str, Any]) -> tuple[str, list[ScalarQueryParameter]]:
    """The statement with `@name` for `$name`, and its parameters; those it does not name are left out.

    Raises TypeError for a value of no known type, and KeyError for a name without a value.
    """
    names = sorted(set(_NAME.findall(sql)))
    return _NAME.sub(r"@\1", sql), [ScalarQueryParameter(n, _type(n, values[n]), values[n]) for n in names]


def _type(name: str, value: Any) -> str:
    for kind, type_ in _TYPES:
        if isinstance(value, kind):
            return type_
    raise TypeError(f"parameter {name} is a {type(value).__name__}, which no query parameter holds")
