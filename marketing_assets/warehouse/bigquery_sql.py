"""The statements that the writer sends to BigQuery. Each names the days it touches as literals, so that
BigQuery reads and locks these partitions alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from marketing_assets.partitions import DayRange
from marketing_assets.warehouse.bigquery_names import Place


def within(day_column: str, days: DayRange) -> str:
    """The condition for the days of a range."""
    return f"{name(day_column)} between {day(days.first)} and {day(days.last)}"


def day(value: date) -> str:
    return f"date '{value.isoformat()}'"


def name(identifier: str) -> str:
    return f"`{identifier}`"


def text(value: str) -> str:
    """A text literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def replace_days(
    place: Place,
    incoming: Place | None,
    columns: Sequence[str],
    day_column: str,
    days: DayRange,
    only: Mapping[str, str],
) -> str:
    """One transaction that replaces exactly these days by the rows of `incoming`, or by none."""
    where = within(day_column, days) + "".join(f" and {name(k)} = {text(v)}" for k, v in only.items())
    statements = ["begin transaction", f"delete from {place.sql} where {where}"]
    if incoming:
        listed = ", ".join(map(name, columns))
        statements.append(
            f"insert into {place.sql} ({listed}) select {listed} from {incoming.sql} "
            f"where {within(day_column, days)}"
        )
    return _script([*statements, "commit transaction"])


def replace_keys(place: Place, incoming: Place, columns: Sequence[str], key: Sequence[str]) -> str:
    """One statement that puts the incoming rows in the place of those that have their keys."""
    same = " and ".join(f"kept.{name(k)} = fresh.{name(k)}" for k in key)
    listed = ", ".join(map(name, columns))
    updates = ", ".join(f"{name(c)} = fresh.{name(c)}" for c in columns if c not in key)
    matched = f"when matched then update set {updates} " if updates else ""
    values = ", ".join(f"fresh.{name(c)}" for c in columns)
    return (
        f"merge into {place.sql} as kept using {incoming.sql} as fresh on {same} "
        f"{matched}when not matched then insert ({listed}) values ({values})"
    )


def count_by_day(place: Place, day_column: str, days: DayRange) -> str:
    return (
        f"select {name(day_column)} as day, count(*) as n from {place.sql} "
        f"where {within(day_column, days)} group by 1"
    )


def select(place: Place, days: DayRange | None, columns: Sequence[str] | None, day_column: str) -> str:
    wanted = "*" if columns is None else ", ".join(map(name, columns))
    sql = f"select {wanted} from {place.sql}"
    return sql if days is None else f"{sql} where {within(day_column, days)}"


def replace_values(place: Place, column: str) -> str:
    """Replaces values of a text column, given as `@old` and `@new`; an empty new one stands for null."""
    return (
        f"update {place.sql} as kept set {name(column)} = nullif(@new[offset(place)], '') "
        f"from unnest(@old) as old with offset as place where kept.{name(column)} = old"
    )


def delete_before(place: Place, day_column: str, before: date, only: Mapping[str, str]) -> str:
    narrowed = "".join(f" and {name(k)} = {text(v)}" for k, v in only.items())
    return f"delete from {place.sql} where {name(day_column)} < {day(before)}{narrowed}"


def _script(statements: Sequence[str]) -> str:
    return ";\n".join(statements) + ";"
