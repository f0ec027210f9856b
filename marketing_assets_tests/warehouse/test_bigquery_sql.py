"""What is sent to BigQuery: its text, and that every statement names the days it touches."""

from __future__ import annotations

from datetime import date

import pytest
import sqlglot
from sqlglot import exp

from marketing_assets.ingest.completeness import checks_sql
from marketing_assets.ingest.dead_letters import DEAD_LETTERS
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse import bigquery_sql as sql
from marketing_assets.warehouse.bigquery_names import Place
from marketing_assets.warehouse.bigquery_params import parameters

PLACE = Place("siam", "raw", "shop-data", "prod_marketing_siam_raw", "shopee_shops")
ONE = DayRange(date(2026, 11, 3), date(2026, 11, 3))
RANGE = DayRange(date(2026, 11, 1), date(2026, 11, 30))
TABLES = [t for p in PLATFORMS.values() for t in p.tables]


def test_one_partition_is_named_by_its_decorator() -> None:
    assert PLACE.partition(ONE.first) == "shop-data.prod_marketing_siam_raw.shopee_shops$20261103"


def test_a_range_is_one_transaction_over_exactly_its_days() -> None:
    incoming = PLACE.beside("incoming__shopee_shops__1")
    text = sql.replace_days(PLACE, incoming, ["shop_id", "day"], "day", RANGE, {})
    assert text == (
        "begin transaction;\n"
        "delete from `shop-data.prod_marketing_siam_raw.shopee_shops` "
        "where `day` between date '2026-11-01' and date '2026-11-30';\n"
        "insert into `shop-data.prod_marketing_siam_raw.shopee_shops` (`shop_id`, `day`) "
        "select `shop_id`, `day` from `shop-data.prod_marketing_siam_raw.incoming__shopee_shops__1` "
        "where `day` between date '2026-11-01' and date '2026-11-30';\n"
        "commit transaction;"
    )


def test_a_shared_table_is_narrowed_to_the_writers_rows() -> None:
    text = sql.replace_days(PLACE, None, [], "day", ONE, {"table_name": "o'clock"})
    assert text == (
        "begin transaction;\n"
        "delete from `shop-data.prod_marketing_siam_raw.shopee_shops` "
        "where `day` between date '2026-11-03' and date '2026-11-03' and `table_name` = 'o\\'clock';\n"
        "commit transaction;"
    )


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_every_statement_of_a_raw_table_prunes_on_the_day(table: object) -> None:
    contract = table.contract  # type: ignore[attr-defined]
    spec = TableSpec.from_table(contract)
    columns = [c.name for c in spec.columns]
    sent = [
        sql.replace_days(PLACE, PLACE.beside("incoming"), columns, "day", RANGE, {}),
        sql.count_by_day(PLACE, "day", RANGE),
        sql.select(PLACE, RANGE, ["day"], "day"),
        parameters(checks_sql(contract, PLACE.sql), {"first": RANGE.first, "last": RANGE.last})[0],
    ]
    for text in sent:
        assert unpruned(text) == []


def test_dead_letters_prune_on_the_day() -> None:
    columns = [c.name for c in DEAD_LETTERS.columns]
    text = sql.replace_days(PLACE, PLACE.beside("incoming"), columns, "day", RANGE, {"table_name": "orders"})
    assert unpruned(text) == []


def test_a_missing_filter_is_found() -> None:
    assert unpruned(f"delete from {PLACE.sql} where `shop_id` = '1'") != []
    assert unpruned(f"select count(*) from (select * from {PLACE.sql}) where true") != []
    assert unpruned(f"select * from {PLACE.sql} where `day` > date '2026-01-01' or true") != []


def unpruned(script: str) -> list[str]:
    """Reads and deletes of a table in a script whose own WHERE does not bound the day."""
    found = []
    for statement in sqlglot.parse(script, read="bigquery"):
        if statement is None or isinstance(statement, exp.Transaction | exp.Commit):
            continue
        for table in statement.find_all(exp.Table):
            reader = table.find_ancestor(exp.Select, exp.Delete)
            target = isinstance(table.parent, exp.Insert | exp.Schema)
            if not target and (reader is None or not _bounds_day(reader.args.get("where"))):
                found.append(table.sql(dialect="bigquery"))
    return found


def _bounds_day(where: exp.Where | None) -> bool:
    """Whether a condition that must hold bounds the column `day` by literals or parameters."""
    if where is None:
        return False
    needed = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    return any(isinstance(one, exp.Between | exp.In | exp.EQ) and one.this.name == "day" for one in needed)
