"""Landed lines of JSON become columns of text, whatever the type of a value in JSON.

DuckDB's reader does it: it refuses a record whose structure is not the declared one, and took a fifth of the
processor time of Polars' (76 MB of nested orders: 0.25 s against 1.2 s). Both read a JSON number as a
double. A double gives back every decimal of 15 digits; numbers with more are put in quotes first, so that
money keeps its digits.
"""

from __future__ import annotations

import io
import re
from typing import Any

import duckdb
import fsspec
import polars as pl

from marketing_assets.ingest.json_lines import plain, with_long_numbers
from marketing_assets.interrupts import uninterrupted
from marketing_assets.schema import DAY, Column, Table, Type
from marketing_assets.warehouse.duckdb_schema import literal, quote

WIRE = "wire."
"""Prefix of the decoded columns, which are named as in the platform's record."""

# A separator that JSON text cannot hold unescaped, so that a line reads as one column.
_NEVER_IN_JSON = "\x01"

_WHERE = re.compile(r'in file "[^"]*", (?:at byte \d+ )?(?:in line \d+)?:? ?')

DEAD = {"line": pl.Int64, DAY: pl.Date, "reason": pl.String, "raw_json": pl.String}


class Decoder:
    """Reads the records of one table. Use it from one thread at a time."""

    def __init__(self, table: Table):
        self._files = fsspec.filesystem("memory")
        self._name = f"/marketing-assets/{id(self)}.ndjson"
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        self._connection.register_filesystem(self._files)
        tree = _tree(table.columns)
        columns = ", ".join(f"{literal(name)}: {literal(_type(inner))}" for name, inner in tree.items())
        renamed = ", ".join(f"{quote(name)} as {quote(WIRE + name)}" for name in tree)
        self._sql = (
            f"select {renamed} from read_json({literal('memory:/' + self._name)}, columns = {{{columns}}}, "
            "format = 'newline_delimited', maximum_object_size = $size)"
        )
        self._empty = self._read(b"").clear()

    def decode(self, chunk: bytes, first_line: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Of a chunk of lines: the records that have the declared structure, and those that have not.

        The first frame has `line` (number in its part), `raw_json` and a column for each of the record's
        fields; the second is of `DEAD`.
        """
        return self._decode(_as_lines(chunk, first_line), chunk)

    def _decode(self, lines: pl.DataFrame, text: bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
        # One misshapen record makes the reader refuse the whole chunk, so the chunk is halved until the
        # culprits stand alone: a clean chunk costs one pass, a bad record about 2·log2(n) short ones.
        try:
            records = self._read(_exact(lines, text))
        except duckdb.Error as error:
            if lines.height == 1:
                return self._alone(lines, error)
            middle = lines.height // 2
            halves = [self._decode(half, _text(half)) for half in (lines[:middle], lines[middle:])]
            return pl.concat([good for good, _ in halves]), pl.concat([dead for _, dead in halves])
        return self._beside(lines, records), pl.DataFrame(schema=DEAD)

    def _alone(self, line: pl.DataFrame, error: duckdb.Error) -> tuple[pl.DataFrame, pl.DataFrame]:
        """A line that was refused: perhaps only for half an emoji in it."""
        try:
            return self._beside(line, self._read(_plain(line["raw_json"].item()))), pl.DataFrame(schema=DEAD)
        except duckdb.Error:
            return self._beside(line.clear(), self._empty), _culprit(line, error)

    def _beside(self, lines: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([lines, records], how="horizontal")

    def _read(self, text: bytes) -> pl.DataFrame:
        self._files.pipe_file(self._name, text)
        try:
            with uninterrupted():
                found = self._connection.execute(self._sql, {"size": max(len(text), 1) + 1}).pl()
        finally:
            self._files.rm_file(self._name)
        return _own(found)


def _own(frame: pl.DataFrame) -> pl.DataFrame:
    """The same frame in Polars' own memory.

    DuckDB hands its buffers over. Kept for a while, they leave the C library's heap in pieces: loading a
    million rows took 500 MB more than with a copy, which takes milliseconds.
    """
    copy = io.BytesIO()
    frame.write_ipc(copy)
    copy.seek(0)
    return pl.read_ipc(copy)


def _as_lines(chunk: bytes, first_line: int) -> pl.DataFrame:
    lines = pl.read_csv(
        chunk,
        separator=_NEVER_IN_JSON,
        quote_char=None,
        has_header=False,
        schema={"raw_json": pl.String},
    )
    return lines.with_row_index("line", offset=first_line).with_columns(pl.col("line").cast(pl.Int64))


def _text(lines: pl.DataFrame) -> bytes:
    return "\n".join(lines["raw_json"].to_list()).encode()


def _culprit(lines: pl.DataFrame, error: Exception) -> pl.DataFrame:
    said = _WHERE.sub("", str(error).split("\n", 1)[0])[:160]
    reason = f"record: does not have the declared structure ({said})"
    return lines.select(
        "line", pl.lit(None, pl.Date).alias(DAY), pl.lit(reason).alias("reason"), "raw_json"
    ).cast(DEAD)  # type: ignore[arg-type]


def _exact(lines: pl.DataFrame, text: bytes) -> bytes:
    """The text of the lines, where those with numbers that would be rounded have numbers as texts."""
    long = with_long_numbers(lines["raw_json"])
    if not any(long):
        return text
    texts = lines["raw_json"].to_list()
    return b"\n".join(_plain(t) if rounds else t.encode() for t, rounds in zip(texts, long, strict=True))


def _plain(line: str) -> bytes:
    try:
        return plain(line.encode())
    except ValueError:
        return line.encode()  # no JSON, which the reader will say


_Tree = dict[str, "str | _Tree"]


def _tree(columns: tuple[Column, ...]) -> _Tree:
    """The platform's shape of a record: source paths unfolded, every leaf a text."""
    tree: _Tree = {}
    for column in columns:
        *parents, leaf = column.path
        level = tree
        for parent in parents:
            below: Any = level.setdefault(parent, {})
            assert isinstance(below, dict), f"{column.name}: {parent} is both a value and an object"
            level = below
        inner = _type(_tree(column.fields)) if column.type is Type.RECORD else "VARCHAR"
        level[leaf] = f"{inner}[]" if column.repeated else inner
    return tree


def _type(found: str | _Tree) -> str:
    if isinstance(found, str):
        return found
    return "STRUCT(" + ", ".join(f"{quote(name)} {_type(inner)}" for name, inner in found.items()) + ")"
