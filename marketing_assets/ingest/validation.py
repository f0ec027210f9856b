"""Landed records become typed rows; records that break the contract become dead letters.

Everything runs on whole columns. Each leaf is first read as text, whatever its JSON type, then cast; a value
that is there but does not cast is a breach and is named with its field and text. Money goes from text to
`Decimal`, never through a binary float.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import orjson
import polars as pl

from marketing_assets.partitions import DayRange
from marketing_assets.schema import (
    DAY,
    NUMERIC_PRECISION,
    NUMERIC_SCALE,
    Column,
    Table,
    Type,
    Wire,
    polars_dtype,
)

# A separator that JSON text cannot hold unescaped, so that a line reads as one column.
_NEVER_IN_JSON = "\x01"
_REASON = "_reason"
_NUMERIC = pl.Decimal(NUMERIC_PRECISION, NUMERIC_SCALE)


@dataclass(frozen=True)
class Validated:
    """A chunk of records judged by the contract.

    `rows`: the contract's columns, `day`, `raw_json` and `line` (position in the landed part).
    `dead`: `line`, `day`, `reason`, `raw_json`.
    """

    rows: pl.DataFrame
    dead: pl.DataFrame


@dataclass(frozen=True)
class Frame:
    """How records of a fetch are read: the tenant's zone, the window asked and the day of a snapshot."""

    zone: str
    days: DayRange
    snapshot_day: date


def validate(table: Table, frame: Frame, chunk: bytes, first_line: int) -> Validated:
    """Judge a chunk of landed lines."""
    lines = _as_lines(chunk, first_line)
    decoded, undecodable = _decode(lines, _wire_schema(table), chunk)
    judged = decoded.with_columns(_typed(table)).with_columns(_day(table, frame))
    kept = [*(pl.col(f"typed.{c.name}").alias(c.name) for c in table.columns), DAY, "raw_json", "line"]
    if undecodable.is_empty() and not judged.select(_any_breach(table, frame)).item():
        return Validated(judged.select(kept), undecodable)
    judged = judged.with_columns(_reason(table, frame).alias(_REASON))
    rows = judged.filter(pl.col(_REASON).is_null()).select(kept)
    # A dead record whose day cannot be told is kept with the first day asked, so that it stays in sight.
    day = pl.when(pl.col(DAY).is_between(frame.days.first, frame.days.last)).then(DAY)
    dead = judged.filter(pl.col(_REASON).is_not_null()).select(
        "line", day.alias(DAY), pl.col(_REASON).alias("reason"), "raw_json"
    )
    dead = pl.concat([dead, undecodable]).with_columns(pl.col(DAY).fill_null(frame.days.first))
    return Validated(rows, dead.sort("line"))


def _as_lines(chunk: bytes, first_line: int) -> pl.DataFrame:
    lines = pl.read_csv(
        io.BytesIO(chunk),
        separator=_NEVER_IN_JSON,
        quote_char=None,
        has_header=False,
        schema={"raw_json": pl.String},
    )
    return lines.with_row_index("line", offset=first_line).with_columns(pl.col("line").cast(pl.Int64))


def _leaf_or_record(column: Column) -> pl.DataType:
    inner: pl.DataType = pl.String()
    if column.type is Type.RECORD:
        inner = _struct(_tree(column.fields))
    return pl.List(inner) if column.repeated else inner


_Tree = dict[str, "pl.DataType | _Tree"]


def _tree(columns: tuple[Column, ...]) -> _Tree:
    """The platform's shape of a record: source paths unfolded, every leaf a text."""
    tree: _Tree = {}
    for column in columns:
        *parents, leaf = column.path
        level = tree
        for parent in parents:
            below = level.setdefault(parent, {})
            assert isinstance(below, dict), f"{column.name}: {parent} is both a value and an object"
            level = below
        level[leaf] = _leaf_or_record(column)
    return tree


def _struct(tree: _Tree) -> pl.Struct:
    return pl.Struct([pl.Field(k, _struct(v) if isinstance(v, dict) else v) for k, v in tree.items()])


def _wire_schema(table: Table) -> dict[str, pl.DataType]:
    return {f.name: f.dtype for f in _struct(_tree(table.columns)).fields}  # type: ignore[misc]


def _decode(
    lines: pl.DataFrame, wire: dict[str, pl.DataType], chunk: bytes | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines beside their decoded record, and the lines whose structure is not the contract's.

    `chunk` is the text of the lines, where it is at hand.

    One misshapen record makes the reader refuse the whole chunk, so the chunk is halved until the culprits
    stand alone: a clean chunk costs one pass, a bad record about 2·log2(n) short ones.
    """
    dead = pl.DataFrame(schema={"line": pl.Int64, DAY: pl.Date, "reason": pl.String, "raw_json": pl.String})
    if lines.is_empty():
        return lines.with_columns(pl.lit(None, dtype=t).alias(f"wire.{n}") for n, t in wire.items()), dead
    text = chunk or "\n".join(lines["raw_json"].to_list()).encode()
    try:
        records = pl.read_ndjson(text, schema=wire)
        if records.height != lines.height:
            raise pl.exceptions.ShapeError("blank lines stand between the records")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        if lines.height == 1:
            reason = pl.lit(f"record: does not have the declared structure ({_first_line(error)})")
            culprit = lines.select(
                "line", pl.lit(None, pl.Date).alias(DAY), reason.alias("reason"), "raw_json"
            )
            return _decode(lines.clear(), wire)[0], culprit
        middle = lines.height // 2
        good_a, dead_a = _decode(lines[:middle], wire)
        good_b, dead_b = _decode(lines[middle:], wire)
        return pl.concat([good_a, good_b]), pl.concat([dead_a, dead_b])
    return pl.concat([lines, records.rename(lambda n: f"wire.{n}")], how="horizontal"), dead


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0][:160]


def _wire(column: Column) -> pl.Expr:
    head, *rest = column.path
    expr = pl.col(f"wire.{head}")
    for part in rest:
        expr = expr.struct.field(part)
    return expr


def _typed(table: Table) -> list[pl.Expr]:
    return [_cast(_wire(c), c).alias(f"typed.{c.name}") for c in table.columns]


def _cast(expr: pl.Expr, column: Column) -> pl.Expr:
    """Text to the column's type; what does not cast becomes null, which `_reason` then names."""
    if column.repeated:
        element = replace(column, repeated=False)
        return expr.list.eval(_cast(pl.element(), element))
    if column.type is Type.RECORD:
        fields = [_cast(_inside(expr, f), f).alias(f.name) for f in column.fields]
        return pl.when(expr.is_not_null()).then(pl.struct(fields))
    return _SCALARS[column.type](expr, column)


def _inside(expr: pl.Expr, column: Column) -> pl.Expr:
    for part in column.path:
        expr = expr.struct.field(part)
    return expr


def _numeric(expr: pl.Expr, _: Column) -> pl.Expr:
    return expr.cast(_NUMERIC, strict=False)


def _int64(expr: pl.Expr, _: Column) -> pl.Expr:
    # Platforms write counts as 3, "3" and 3.0; a fraction other than zero is a breach.
    return expr.str.strip_suffix(".0").cast(pl.Int64, strict=False)


def _bool(expr: pl.Expr, _: Column) -> pl.Expr:
    return expr.str.to_lowercase().replace_strict(
        {"true": True, "false": False, "1": True, "0": False}, default=None, return_dtype=pl.Boolean
    )


def _timestamp(expr: pl.Expr, column: Column) -> pl.Expr:
    if column.wire is Wire.UNIX_SECONDS:
        seconds = expr.str.strip_suffix(".0").cast(pl.Int64, strict=False)
        # Shopee writes 0 for "never".
        return pl.from_epoch(pl.when(seconds != 0).then(seconds), time_unit="s").cast(polars_dtype(column))
    # "+0700" and "+07:00" are both in use; the parser takes the first.
    compact = expr.str.replace(r"([+-]\d{2}):(\d{2})$", "$1$2").str.replace(r"Z$", "+0000")
    return compact.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", strict=False, exact=True)


def _date(expr: pl.Expr, _: Column) -> pl.Expr:
    return expr.str.to_date("%Y-%m-%d", strict=False, exact=True)


def _text(expr: pl.Expr, _: Column) -> pl.Expr:
    return expr


_SCALARS: dict[Type, Callable[[pl.Expr, Column], pl.Expr]] = {
    Type.STRING: _text,
    Type.JSON: _text,
    Type.INT64: _int64,
    Type.NUMERIC: _numeric,
    Type.BOOL: _bool,
    Type.TIMESTAMP: _timestamp,
    Type.DATE: _date,
}


def _day(table: Table, frame: Frame) -> pl.Expr:
    if table.day_from is None:
        return pl.lit(frame.snapshot_day).alias(DAY)
    source = pl.col(f"typed.{table.day_from}")
    if table.column(table.day_from).type is Type.TIMESTAMP:
        source = source.dt.convert_time_zone(frame.zone).dt.date()
    return source.alias(DAY)


def _any_breach(table: Table, frame: Frame) -> pl.Expr:
    """Whether any record of the chunk breaks the contract: one cheap look, for most chunks are clean.

    Says yes wherever `_reason` finds a breach.
    """
    columns = [_breached(_wire(c), pl.col(f"typed.{c.name}"), c) for c in table.columns]
    return pl.any_horizontal(*columns, _outside(frame).any())


def _breached(wire: pl.Expr, typed: pl.Expr, column: Column) -> pl.Expr:
    """Whether any value breaks the column's contract, as one value whatever the lengths."""
    if column.repeated:
        found = _breached(wire.explode(), typed.explode(), replace(column, repeated=False))
        return found | (typed.list.len().fill_null(0) == 0).any() if column.required else found
    if column.type is Type.RECORD:
        given = wire.is_not_null()
        wire, typed = wire.filter(given), typed.filter(given)
        return pl.any_horizontal(
            _breached(_inside(wire, f), typed.struct.field(f.name), f) for f in column.fields
        )
    misfit = (_given(wire, column) & typed.is_null()).any()
    return misfit | typed.is_null().any() if column.required else misfit


def _outside(frame: Frame) -> pl.Expr:
    return pl.col(DAY).is_between(frame.days.first, frame.days.last).not_()


def _reason(table: Table, frame: Frame) -> pl.Expr:
    """Why a record breaks the contract, all breaches in one text; null where it does not."""
    breaches = [_breach(_wire(c), pl.col(f"typed.{c.name}"), c, c.name) for c in table.columns]
    breaches.append(
        pl.when(_outside(frame)).then(
            pl.format(f"{table.day_from}: falls on {{}}, outside the days asked ({frame.days})", pl.col(DAY))
        )
    )
    text = pl.concat_str(breaches, separator="; ", ignore_nulls=True)
    return pl.when(text != "").then(text)


def _breach(wire: pl.Expr, typed: pl.Expr, column: Column, label: str) -> pl.Expr:
    if column.repeated:
        inner = replace(column, repeated=False)
        missing = pl.when(typed.is_null() | (typed.list.len() == 0)).then(pl.lit(f"{label}: is missing"))
        faults = _faulty_elements(wire, inner, label)
        return pl.coalesce(missing, faults) if column.required else faults
    if column.type is Type.RECORD:
        parts = [
            _breach(_inside(wire, f), typed.struct.field(f.name), f, f"{label}.{f.name}")
            for f in column.fields
        ]
        text = pl.concat_str(parts, separator="; ", ignore_nulls=True)
        return pl.when(wire.is_not_null() & (text != "")).then(text)
    misfit = pl.when(_given(wire, column) & typed.is_null()).then(
        pl.format(f"{label}: '{{}}' is no {column.type}", wire.str.slice(0, 60))
    )
    if not column.required:
        return misfit
    return pl.coalesce(misfit, pl.when(typed.is_null()).then(pl.lit(f"{label}: is missing")))


def _given(wire: pl.Expr, column: Column) -> pl.Expr:
    given = wire.is_not_null() & (wire != "")
    return given & ~wire.is_in(["0", "0.0"]) if column.wire is Wire.UNIX_SECONDS else given


def _faulty_elements(wire: pl.Expr, element: Column, label: str) -> pl.Expr:
    """The first breach among a list's elements, named by the label with `[]`."""
    inside = _breach(pl.element(), _cast(pl.element(), element), element, f"{label}[]")
    return wire.list.eval(inside).list.drop_nulls().list.first()


def record_key(table: Table, raw_json: str) -> str:
    """A dead record's key as far as it can be read, for people: `order_sn=2611…`."""
    try:
        record = orjson.loads(raw_json)
    except orjson.JSONDecodeError:
        return "unreadable"
    parts = []
    for name in table.key:
        value = record
        for part in table.column(name).path:
            value = value.get(part) if isinstance(value, dict) else None
        parts.append(f"{name}={value}")
    return ", ".join(parts)
