"""Tables of a DuckDB file: made from their declaration, and widened when the declaration grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import duckdb

from marketing_assets.schema import duckdb_type
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.errors import NoSuchTable, SchemaConflict
from marketing_assets.warehouse.warehouse import LAYERS, ColumnInfo, TableInfo

Connection = duckdb.DuckDBPyConnection
Type = duckdb.sqltypes.DuckDBPyType


def quote(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Place:
    """Where a table stands: the tenant's file, the layer's schema, the table's name."""

    tenant_id: str
    layer: str
    table: str

    @property
    def sql(self) -> str:
        """The full name, quoted. In full, for a tenant may be called as a layer is."""
        return f"{quote(catalog(self.tenant_id))}.{quote(self.layer)}.{quote(self.table)}"

    def __str__(self) -> str:
        return f"tenant {self.tenant_id}, table {self.layer}.{self.table}"


def catalog(tenant_id: str) -> str:
    """What DuckDB calls the database in `<tenant_id>.duckdb`."""
    return f"{tenant_id}_db" if tenant_id in {"main", "system", "temp"} else tenant_id


def ensure_layers(connection: Connection, tenant_id: str) -> None:
    """Make the schemas. Outside transactions: two that are open and make the same one would conflict."""
    for layer in LAYERS:
        connection.execute(f"create schema if not exists {quote(catalog(tenant_id))}.{quote(layer)}")


def ensure_table(connection: Connection, place: Place, table: TableSpec) -> None:
    """Make the table, or add to it what its declaration has gained: columns, nested fields, descriptions.

    Columns that left the declaration stay, and get null. Raises `SchemaConflict` where a type changed.
    """
    if place.table in table_names(connection, place.layer):
        for statement in _widening(connection, place, table):
            connection.execute(statement)
    else:
        columns = ", ".join(f"{quote(c.name)} {duckdb_type(c)}" for c in table.columns)
        connection.execute(f"create table {place.sql} ({columns})")
    _comment(connection, place, table)


def table_names(connection: Connection, layer: str) -> list[str]:
    """Names of a layer's tables and views, sorted."""
    found = connection.execute(
        "select table_name from information_schema.tables where table_catalog = current_database() "
        "and table_schema = ? order by table_name",
        [layer],
    )
    return [row[0] for row in found.fetchall()]


def describe(connection: Connection, place: Place) -> TableInfo:
    """The table or view as DuckDB has it. Raises `NoSuchTable`."""
    where = "where database_name = current_database() and schema_name = ?"
    found = connection.execute(
        f"select table_name, comment from duckdb_tables() {where} and table_name = ? "
        f"union all select view_name, comment from duckdb_views() {where} and view_name = ?",
        [place.layer, place.table] * 2,
    ).fetchone()
    if found is None:
        raise no_such_table(place)
    columns = connection.execute(
        f"select column_name, data_type, comment from duckdb_columns() {where} and table_name = ? "
        "order by column_index",
        [place.layer, place.table],
    ).fetchall()
    return TableInfo(place.table, found[1] or "", tuple(ColumnInfo(n, t, c or "") for n, t, c in columns))


def no_such_table(place: Place) -> NoSuchTable:
    return NoSuchTable(f"{place} does not exist yet; materialise it first")


def _widening(connection: Connection, place: Place, table: TableSpec) -> Iterator[str]:
    have = connection.table(place.sql)
    types = {name.lower(): type_ for name, type_ in zip(have.columns, have.types, strict=True)}
    alter = f"alter table {place.sql} add column"
    for column in table.columns:
        want = duckdb.sqltype(duckdb_type(column))
        if column.name.lower() not in types:
            yield f"{alter} {quote(column.name)} {want}"
            continue
        have_type = types[column.name.lower()]
        gained = _gained((column.name,), have_type, want)
        if gained is None:
            raise SchemaConflict(
                f"{place}: column '{column.name}' is {have_type} in the "
                f"warehouse and {want} in its declaration. Give the column another name, or drop the table "
                "and replay its landed files"
            )
        for path, type_ in gained:
            yield f"{alter} {'.'.join(map(quote, path))} {type_}"


def _gained(path: tuple[str, ...], have: Type, want: Type) -> list[tuple[tuple[str, ...], Type]] | None:
    """Nested fields that are declared and missing, with their paths; None where the types conflict."""
    if have == want:
        return []
    if have.id != want.id or have.id not in {"list", "struct"}:
        return None
    if have.id == "list":
        return _gained((*path, "element"), _inner(have)[0][1], _inner(want)[0][1])
    fields = {name.lower(): type_ for name, type_ in _inner(have)}
    result: list[tuple[tuple[str, ...], Type]] = []
    for name, type_ in _inner(want):
        if name.lower() not in fields:
            result.append(((*path, name), type_))
            continue
        inner = _gained((*path, name), fields[name.lower()], type_)
        if inner is None:
            return None
        result += inner
    return result


def _inner(type_: Type) -> list[tuple[str, Type]]:
    """The fields of a struct, or the one element of a list."""
    return cast(list[tuple[str, Type]], type_.children)


def _comment(connection: Connection, place: Place, table: TableSpec) -> None:
    # Only what changed: a comment rewrites the table's catalogue entry.
    info = describe(connection, place)
    if info.description != table.description:
        connection.execute(f"comment on table {place.sql} is {literal(table.description)}")
    present = {c.name: c.description for c in info.columns}
    for column in table.columns:
        if present.get(column.name) != column.description:
            connection.execute(
                f"comment on column {place.sql}.{quote(column.name)} is {literal(column.description)}"
            )


def literal(text: str) -> str:
    """A text for SQL."""
    return "'" + text.replace("'", "''") + "'"
