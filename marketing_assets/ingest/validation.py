"""Landed records become typed rows; records that break the contract become dead letters.

Everything runs on whole columns. Each leaf is first read as text, whatever its JSON type, then cast; a value
that is there but does not cast is a breach and is named with its field and text. Money goes from text to
`Decimal`, never through a binary float.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import orjson
import polars as pl

from marketing_assets.ingest.decoding import WIRE, Decoder
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


class Judge:
    """Judges the records of one fetch by the table's contract, chunk by chunk.

    Its expressions are made once: making them took as long as running them on a chunk.
    """

    def __init__(self, table: Table, frame: Frame):
        self._frame = frame
        self._decoder = Decoder(table)
        self._typed = _typed(table)
        self._day = _day(table, frame)
        self._breached = _any_breach(table, frame)
        self._reason = _reason(table, frame).alias(_REASON)
        self._kept = [
            *(pl.col(f"typed.{c.name}").alias(c.name) for c in table.columns),
            DAY,
            "raw_json",
            "line",
        ]

    def judge(self, chunk: bytes, first_line: int) -> Validated:
        """A chunk of landed lines, the first of which has the given number in its part."""
        decoded, undecodable = self._decoder.decode(chunk, first_line)
        judged = decoded.with_columns(self._typed).with_columns(self._day)
        if undecodable.is_empty() and not judged.select(self._breached).item():
            return Validated(judged.select(self._kept), undecodable)
        judged = judged.with_columns(self._reason)
        rows = judged.filter(pl.col(_REASON).is_null()).select(self._kept)
        # A dead record whose day cannot be told is kept with the first day asked, so that it stays in sight.
        days = self._frame.days
        day = pl.when(pl.col(DAY).is_between(days.first, days.last)).then(DAY)
        dead = judged.filter(pl.col(_REASON).is_not_null()).select(
            "line", day.alias(DAY), pl.col(_REASON).alias("reason"), "raw_json"
        )
        dead = pl.concat([dead, undecodable]).with_columns(pl.col(DAY).fill_null(days.first))
        return Validated(rows, dead.sort("line"))


def _wire(column: Column) -> pl.Expr:
    head, *rest = column.path
    expr = pl.col(WIRE + head)
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


def _numeric(expr: pl.Expr, column: Column) -> pl.Expr:
    if column.wire is Wire.MICROS:
        # The point is set in the text, so that no digit goes through a division.
        whole = expr.str.zfill(8).str.replace(r"^(-?\d+)(\d{6})$", "$1.$2")
        return pl.when(expr.str.contains(r"^-?\d+$")).then(whole).cast(_NUMERIC, strict=False)
    # Tiny and huge numbers are written with an exponent, which only a double's text can have.
    scientific = pl.when(expr.str.contains("e", literal=True)).then(expr)
    return pl.coalesce(
        expr.cast(_NUMERIC, strict=False),
        scientific.cast(pl.Float64, strict=False).cast(_NUMERIC, strict=False),
    )


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
