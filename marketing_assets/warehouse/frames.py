"""Frames on their way into a table: brought to the declared types, checked, gathered into fair batches.

Types are widened where nothing can be lost (32-bit to 64-bit integers, a smaller decimal to NUMERIC, another
zone's instant to UTC, an all-null column to its type); anything else is refused, so that a float never
becomes money unseen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import polars as pl
from polars.datatypes import DataTypeClass

from marketing_assets.partitions import DayRange
from marketing_assets.schema import NUMERIC_SCALE, Column, Type, polars_dtype, polars_schema
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.errors import WrongRows
from marketing_assets.warehouse.warehouse import BATCH_ROWS

BATCH_BYTES = 8 * 1024 * 1024
"""Frames are no longer gathered once they take this much memory, however few rows they have."""


def conform(frame: pl.DataFrame, table: TableSpec, where: str) -> pl.DataFrame:
    """The frame with the table's columns in order and types.

    `where` names the table in errors. Raises `WrongRows` for a missing or unknown column, a type that
    could lose something, and a null in a required column or key.
    """
    wanted = polars_schema(table.columns)
    _check_names(frame, wanted, where)
    for name, want in wanted.items():
        if not _widens(frame.schema[name], want):
            raise WrongRows(
                f"{where}: column '{name}' comes as {frame.schema[name]}, the table declares {want}; "
                "cast it before writing"
            )
    try:
        typed = frame.select(wanted.names()).cast(wanted)
        typed = typed.with_columns(_dense_lists(typed, table.columns))
    except pl.exceptions.PolarsError as error:
        raise WrongRows(f"{where}: values do not fit the declared types: {error}") from error
    _check_nulls(typed, table, where)
    return typed


def _dense_lists(frame: pl.DataFrame, columns: Iterable[Column]) -> list[pl.Expr]:
    """The columns that hold lists, with empty lists for null ones and without null elements.

    BigQuery knows neither; so no engine gets them, and every engine has the same rows. Looking for null
    elements is a hundred times faster than taking them out, and few lists have any.
    """
    listed = [(c, frame[c.name]) for c in columns if _has_lists(c)]
    return [_dense(pl.col(c.name), v, c).alias(c.name) for c, v in listed if not _is_dense(v, c)]


def _has_lists(column: Column) -> bool:
    return column.repeated or any(_has_lists(f) for f in column.fields)


def _is_dense(values: pl.Series, column: Column) -> bool:
    if column.repeated:
        elements = _elements(values)
        return not (values.null_count() or elements.null_count()) and _is_dense(elements, _element(column))
    return all(_is_dense(values.struct.field(f.name), f) for f in column.fields if _has_lists(f))


def _elements(values: pl.Series) -> pl.Series:
    return values.explode(empty_as_null=False, keep_nulls=False)


def _element(column: Column) -> Column:
    return replace(column, repeated=False)


def _dense(expr: pl.Expr, values: pl.Series, column: Column) -> pl.Expr:
    """`expr` without null lists and elements; `values` are what it yields."""
    if column.repeated:
        elements, element = _elements(values), _element(column)
        if not _is_dense(elements, element):
            expr = expr.list.eval(_dense(pl.element(), elements, element))
        if elements.null_count():
            expr = expr.list.drop_nulls()
        return pl.coalesce(expr, pl.lit([], polars_dtype(column)))
    fields = [
        (_dense(e, values.struct.field(f.name), f) if _has_lists(f) else e).alias(f.name)
        for f, e in ((f, expr.struct.field(f.name)) for f in column.fields)
    ]
    return pl.when(expr.is_not_null()).then(pl.struct(fields))


def _check_names(frame: pl.DataFrame, wanted: pl.Schema, where: str) -> None:
    missing = [n for n in wanted if n not in frame.columns]
    unknown = [n for n in frame.columns if n not in wanted]
    if missing or unknown:
        raise WrongRows(
            f"{where}: rows do not have the table's columns (missing: {', '.join(missing) or 'none'}; "
            f"unknown: {', '.join(unknown) or 'none'}); declare or drop the unknown, "
            "fill the missing with null"
        )


def _check_nulls(frame: pl.DataFrame, table: TableSpec, where: str) -> None:
    needed = [c.name for c in table.columns if c.required or c.name in table.key]
    if table.day_column and table.day_column not in needed:
        needed.append(table.day_column)
    for name in needed:
        if nulls := frame[name].null_count():
            raise WrongRows(f"{where}: {nulls} of {frame.height} rows have no '{name}', which is required")


def _widens(have: pl.DataType, want: pl.DataType) -> bool:
    """Whether every value of one type is a value of the other."""
    if have in (want, pl.Null):
        return True
    if isinstance(want, pl.List) and isinstance(have, pl.List):
        return _widens(_dtype(have.inner), _dtype(want.inner))
    if isinstance(want, pl.Struct) and isinstance(have, pl.Struct):
        return _struct_widens(have, want)
    return _scalar_widens(have, want)


def _scalar_widens(have: pl.DataType, want: pl.DataType) -> bool:
    if isinstance(want, pl.Decimal):
        return have.is_integer() or (isinstance(have, pl.Decimal) and have.scale <= NUMERIC_SCALE)
    if isinstance(want, pl.Datetime):
        return isinstance(have, pl.Datetime) and have.time_zone is not None and have.time_unit != "ns"
    if isinstance(want, pl.String):
        return isinstance(have, pl.Categorical | pl.Enum)
    return want.is_integer() and have.is_integer()


def _struct_widens(have: pl.Struct, want: pl.Struct) -> bool:
    # Polars casts structs field by field in order of the wanted names, so the names have to be the same.
    given = {f.name: _dtype(f.dtype) for f in have.fields}
    declared = {f.name: _dtype(f.dtype) for f in want.fields}
    return given.keys() == declared.keys() and all(_widens(given[n], t) for n, t in declared.items())


def _dtype(dtype: pl.DataType | DataTypeClass) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype


def checked_batches(
    batches: Iterable[pl.DataFrame],
    table: TableSpec,
    day_column: str,
    days: DayRange,
    only: Mapping[str, str] | None,
    where: str,
) -> Iterator[pl.DataFrame]:
    """The batches as the table declares them, each refused where it does not fit what is to be written.

    `where` names the write in errors. Raises `WrongRows`.
    """
    for batch in sliced(batches):
        frame = conform(batch, table, where)
        check_days(frame, day_column, days, where)
        check_only(frame, only or {}, where)
        yield frame


def check_days(frame: pl.DataFrame, day_column: str, days: DayRange, where: str) -> None:
    """Refuse rows whose day lies outside the range, naming those days."""
    found = frame[day_column]
    stray = found.filter((found < days.first) | (found > days.last))
    if stray.len():
        names = ", ".join(str(d) for d in stray.unique().sort().head(5))
        raise WrongRows(
            f"{where}: {stray.len()} rows belong to days outside {days}: {names}; "
            "write the range that holds them, or filter them out"
        )


def check_only(frame: pl.DataFrame, only: Mapping[str, str], where: str) -> None:
    """Refuse rows that lack the values to which a write was narrowed."""
    for name, value in only.items():
        if not (frame[name] == value).all(ignore_nulls=False):
            raise WrongRows(f"{where}: rows have another {name} than '{value}', the only one to be written")


def sliced(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows, large frames in slices: what is made of a frame on its way takes its size again."""
    for frame in frames:
        pieces = int(frame.estimated_size()) // BATCH_BYTES + 1
        yield from [frame] if pieces == 1 else frame.iter_slices(math.ceil(frame.height / pieces))


def gather(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in fewer frames: a small one (a page of an API) costs as much to write as a large one."""
    held: list[pl.DataFrame] = []
    rows = size = 0
    for frame in frames:
        if frame.is_empty():
            continue
        held.append(frame)
        rows += frame.height
        size += int(frame.estimated_size())
        if rows >= BATCH_ROWS or size >= BATCH_BYTES:
            yield pl.concat(held)
            held, rows, size = [], 0, 0
    if held:
        yield pl.concat(held)


def columns_of(schema: pl.Schema, descriptions: dict[str, str]) -> tuple[Column, ...]:
    """Columns that hold a frame's dtypes. Raises `WrongRows` for a dtype no declared type can hold."""
    return tuple(_column_of(name, dtype, descriptions.get(name, "")) for name, dtype in schema.items())


_SCALARS = [t for t in Type if t not in {Type.RECORD, Type.JSON}]


def _column_of(name: str, dtype: pl.DataType, description: str) -> Column:
    if isinstance(dtype, pl.List):
        inner = _column_of(name, _dtype(dtype.inner), description)
        if not inner.repeated:
            return Column(name, inner.type, description, fields=inner.fields, repeated=True)
    elif isinstance(dtype, pl.Struct):
        fields = tuple(_column_of(f.name, _dtype(f.dtype), "") for f in dtype.fields)
        return Column(name, Type.RECORD, description, fields=fields)
    elif dtype != pl.Null:
        for type_ in sorted(_SCALARS, key=lambda t: polars_dtype(Column(name, t, "")) != dtype):
            column = Column(name, type_, description)
            if _widens(dtype, polars_dtype(column)):
                return column
    raise WrongRows(
        f"column '{name}' is {dtype}, which no declared column type holds; cast it "
        "(floats to Decimal(38, 9), times to Datetime('us', 'UTC'), all-null columns to their type)"
    )
