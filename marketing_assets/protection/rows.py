"""Changing what the warehouse holds of persons: raw rows, dead letters, and the columns made of them.

Raw days are replaced whole, as every load does, so a crash leaves each old or new. Nothing here is done
twice in effect: what stands as it should is found to, and left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import orjson
import polars as pl

from marketing_assets.ingest.dead_letters import DEAD_LETTERS
from marketing_assets.ingest.pseudonyms import QUOTED_DIGEST
from marketing_assets.ingest.redactor import identifying, is_of_person, kept_of_person, value_at
from marketing_assets.partitions import group_consecutive
from marketing_assets.protection.changing import Change
from marketing_assets.schema import DAY, Table, polars_dtype
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.warehouse import Warehouse

DERIVED = ("staging", "mart", "ml")
"""Layers made of raw rows."""
_DAYS_AT_ONCE = 31
_TEXT = {"VARCHAR", "STRING"}
_NO_TEXT = "nullif('', '')"
_EVER = "date '1900-01-01'"


def identities(warehouse: Warehouse, table: Table) -> pl.DataFrame:
    """The distinct identifying digests of a raw table's rows, with their days; empty where it has none."""
    names = [c.name for c in identifying(table)]
    if table.name not in warehouse.tables("raw"):
        return pl.DataFrame(schema={DAY: pl.Date, **dict.fromkeys(names, pl.String)})
    have = {c.name for c in warehouse.describe("raw", table.name).columns}
    listed = ", ".join([DAY, *(n if n in have else f"{_NO_TEXT} as {n}" for n in names)])
    relation = warehouse.relation("raw", table.name)
    return warehouse.query(f"select distinct {listed} from {relation} where {DAY} >= {_EVER}")


def days_of_persons(found: pl.DataFrame, change: Change) -> list[date]:
    """The days of `identities` on which somebody stands whom the change concerns."""
    digests = {d for name in found.columns if name != DAY for d in found[name].unique().drop_nulls()}
    concerned = [d for d in digests if change.concerns(d)]
    here = pl.any_horizontal(pl.col(n).is_in(concerned) for n in found.columns if n != DAY)
    return sorted(found.filter(here)[DAY].unique())


def days_with_rows(warehouse: Warehouse, table: Table) -> list[date]:
    if table.name not in warehouse.tables("raw"):
        return []
    relation = warehouse.relation("raw", table.name)
    found = warehouse.query(f"select distinct {DAY} from {relation} where {DAY} >= {_EVER}")
    return sorted(found[DAY])


def change_raw(warehouse: Warehouse, change: Change, days: Sequence[date]) -> int:
    """Change the rows of these days of a raw table; returns the rows that are others now."""
    table, count = change.table, 0
    spec = TableSpec.from_table(table)
    names = [c.name for c in table.all_columns]
    for piece in (p for g in group_consecutive(days) for p in g.chunks(_DAYS_AT_ONCE)):
        if not _stands(warehouse.scan_batches("raw", table.name, piece, ["raw_json"]), change):
            continue
        changed: list[int] = []
        frames = warehouse.scan_batches("raw", table.name, piece, names)
        warehouse.replace_days("raw", spec, piece, (_changed(f, change, changed) for f in frames))
        count += sum(changed)
    return count


def _stands(frames: Iterator[pl.DataFrame], change: Change) -> bool:
    """Whether some row is concerned. All are pulled: an iterator that is left keeps the file open."""
    found = False
    for frame in frames:
        found = found or any(change.suspect(text.encode()) for text in frame["raw_json"])
    return found


def _changed(frame: pl.DataFrame, change: Change, counts: list[int]) -> pl.DataFrame:
    """The frame with its concerned rows changed, how many of them being added to `counts`."""
    table = change.table
    texts = frame["raw_json"].to_list()
    personal = {c: frame[c.name].to_list() for c in identifying(table)}
    rows = []
    for row, text in enumerate(texts):
        made = change.line(text.encode())
        if made is None:
            continue
        rows.append(row)
        texts[row], record = made.decode(), orjson.loads(made)
        for column, values in personal.items():
            values[row] = value_at(record, column.path)
    counts.append(len(rows))
    if not rows:
        return frame
    new = [pl.Series("raw_json", texts, pl.String)]
    new += [pl.Series(c.name, values, polars_dtype(c)) for c, values in personal.items()]
    frame = frame.with_columns(new)
    return _emptied(frame, table) if is_of_person(table) else frame


def _emptied(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows that stand for nobody any more keep what the table cannot do without."""
    kept = {c.name for c in kept_of_person(table)}
    personal = next(n for n in table.key if table.column(n).pii is not None)
    gone = pl.col(personal).str.starts_with("erased:")
    others = [c for c in table.columns if c.name not in kept]
    return frame.with_columns(
        pl.when(gone).then(pl.lit(None, polars_dtype(c))).otherwise(pl.col(c.name)).alias(c.name)
        for c in others
    )


def change_dead_letters(warehouse: Warehouse, change: Change) -> int:
    """Change the dead letters of a raw table, what their key and reason repeat of the record included."""
    if DEAD_LETTERS.name not in warehouse.tables("ops"):
        return 0
    relation = warehouse.relation("ops", DEAD_LETTERS.name)
    sql = f"select * from {relation} where table_name = $table_name and {DAY} >= {_EVER}"
    letters = warehouse.query(sql, {"table_name": change.table.name})
    changed = [made for row in letters.iter_rows(named=True) if (made := _letter(row, change))]
    if changed:
        frame = pl.DataFrame(changed, schema=letters.schema)
        warehouse.append_keyed("ops", DEAD_LETTERS, frame)
    return len(changed)


def _letter(row: dict[str, object], change: Change) -> dict[str, object] | None:
    text = str(row["raw_json"]).encode()
    made = change.line(text)
    if made is None:
        return None
    for found in set(QUOTED_DIGEST.findall(text)) - set(QUOTED_DIGEST.findall(made)):
        digest = found.decode()
        shown = (change.value(digest) if change.concerns(digest) else None) or "***"
        row |= {name: str(row[name]).replace(digest, shown) for name in ("reason", "record_key")}
    return row | {"raw_json": made.decode()}


def change_derived(warehouse: Warehouse, change: Change, names: set[str]) -> Iterator[tuple[str, int]]:
    """Change the columns of these names in the layers made of raw; each table with its rows changed."""
    for layer in DERIVED:
        for table in warehouse.tables(layer):
            columns = warehouse.describe(layer, table).columns
            rows = sum(
                _replace(warehouse, layer, table, c.name, change)
                for c in columns
                if c.name in names and c.type in _TEXT
            )
            if rows:
                yield f"{layer}.{table}", rows


def _replace(warehouse: Warehouse, layer: str, table: str, column: str, change: Change) -> int:
    relation = warehouse.relation(layer, table)
    found = warehouse.query(f"select distinct {column} as found from {relation} where {column} is not null")
    changed = {d: change.value(d) for d in found["found"] if change.concerns(d)}
    return warehouse.replace_values(layer, table, column, changed) if changed else 0
