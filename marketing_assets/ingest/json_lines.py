"""JSON that fast readers would refuse or round: half a surrogate pair, more digits than a double keeps.

Platforms cut texts in the middle of an emoji, and one such text must not cost a whole fetch. Fast readers
take every number as a double, which gives back 15 digits; money may have more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import orjson
import polars as pl

_LONG_NUMBER = r"[:\[,]\s*-?(?:[0-9]{8,}\.[0-9]|[0-9]+\.[0-9]{8}|[0-9]{19})"
"""Found where a number outside quotes may have more digits than a double or a 64-bit integer keeps."""


def with_long_numbers(lines: Sequence[bytes] | pl.Series) -> list[bool]:
    """Whether each line may hold a number that a double or a 64-bit integer does not keep."""
    series = lines if isinstance(lines, pl.Series) else pl.Series(lines, dtype=pl.Binary)
    return series.cast(pl.String, strict=False).str.contains(_LONG_NUMBER).fill_null(value=False).to_list()


def plain(line: bytes) -> bytes:
    """The same record for any reader: numbers as texts, digit by digit; half a surrogate pair as `?`.

    Raises ValueError where the line is no JSON.
    """
    record = json.loads(line.decode("utf-8", "replace"), parse_float=str, parse_int=str)
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")


def loads(line: bytes, exact: bool) -> object:
    """The record of a line; `exact` keeps the digits of its numbers as texts. Raises ValueError."""
    if exact:
        return orjson.loads(plain(line))
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return orjson.loads(plain(line))
