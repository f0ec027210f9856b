"""The local server runs statements as BigQuery does: jobs, scripts, DML, decimals, costs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from google.api_core.exceptions import BadRequest, Conflict, GoogleAPICallError
from google.cloud import bigquery

from marketing_assets_tests.bigquery.tables import (
    FIRST,
    SECOND,
    job_config,
    keys,
    load,
    make_table,
    parquet,
    row,
)

pytestmark = pytest.mark.xdist_group("bigquery")


def test_a_script_replaces_days_in_one_transaction(client: bigquery.Client) -> None:
    table, incoming = make_table(client), make_table(client, "incoming")
    load(client, table, row(FIRST, "a"), row(SECOND, "b"))
    load(client, incoming, row(FIRST, "c"), row(FIRST, "d"))
    script = (
        f"begin transaction;\ndelete from `{table}` "
        "where `day` between date '2026-01-01' and date '2026-01-01';\n"
        f"insert into `{table}` (day, id, items) select day, id, items from `{incoming}`;\n"
        "commit transaction;"
    )
    job = client.query(script)
    job.result()
    assert keys(client, table) == [(FIRST, "c"), (FIRST, "d"), (SECOND, "b")]
    assert job.num_child_jobs == 4


def test_a_script_that_fails_changes_nothing(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"))
    delete = f"delete from `{table}` where day = date '2026-01-01'"
    with pytest.raises(BadRequest):
        client.query(f"begin transaction; {delete}; select error('no'); commit transaction;").result()
    assert keys(client, table) == [(FIRST, "a")]
    client.query(f"begin transaction; {delete};").result()
    assert keys(client, table) == [(FIRST, "a")]
    handled = "exception when error then rollback transaction;"
    client.query(f"begin begin transaction; {delete}; select 1 / 0; {handled} end;").result()
    assert keys(client, table) == [(FIRST, "a")]


def test_a_job_id_is_taken_once(client: bigquery.Client) -> None:
    table = make_table(client)
    config = job_config("WRITE_APPEND")
    rows = [row(FIRST, "a")]
    client.load_table_from_file(parquet(rows), table, job_id="load_1", job_config=config).result()
    with pytest.raises(Conflict) as refused:
        client.load_table_from_file(parquet(rows), table, job_id="load_1", job_config=config)
    assert refused.value.errors[0]["reason"] == "duplicate"
    assert client.get_job("load_1").output_rows == 1
    client.query("select 1", job_id="query_1", job_retry=None).result()
    assert [r[0] for r in client.get_job("query_1").result()] == [1]
    assert keys(client, table) == [(FIRST, "a")]


def test_parameters_have_names(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a", "2.5"), row(SECOND, "b", "9"))
    parameters = [
        bigquery.ScalarQueryParameter("day", "DATE", FIRST),
        bigquery.ScalarQueryParameter("least", "NUMERIC", Decimal("2.499999999")),
        bigquery.ScalarQueryParameter("until", "TIMESTAMP", datetime(2027, 1, 1, tzinfo=UTC)),
        bigquery.ArrayQueryParameter("ids", "STRING", ["a", "b"]),
    ]
    config = bigquery.QueryJobConfig(query_parameters=parameters)
    sql = (
        f"select id from `{table}` "
        "where day = @day and amount >= @least and at < @until and id in unnest(@ids)"
    )
    assert [r.id for r in client.query(sql, job_config=config).result()] == ["a"]


def test_a_merge_on_false_replaces_days(client: bigquery.Client) -> None:
    """What dbt's insert_overwrite sends for partitions that it knows beforehand."""
    table, incoming = make_table(client), make_table(client, "incoming")
    load(client, table, row(FIRST, "a"), row(SECOND, "b"))
    load(client, incoming, row(FIRST, "c"), row(FIRST, "d"))
    job = client.query(f"""
        merge into `{table}` as DBT_INTERNAL_DEST
        using (select * from `{incoming}`) as DBT_INTERNAL_SOURCE on FALSE
        when not matched by source and timestamp_trunc(DBT_INTERNAL_DEST.day, day) in (date '2026-01-01')
            then delete
        when not matched then insert (`day`, `id`, `items`) values (`day`, `id`, `items`)
    """)
    job.result()
    assert job.num_dml_affected_rows == 3
    assert keys(client, table) == [(FIRST, "c"), (FIRST, "d"), (SECOND, "b")]


def test_a_merge_by_key_updates_and_inserts(client: bigquery.Client) -> None:
    table, incoming = make_table(client), make_table(client, "incoming")
    load(client, table, row(FIRST, "a", "1"), row(FIRST, "b", "1"))
    load(client, incoming, row(FIRST, "b", "2"), row(FIRST, "c", "2"))
    client.query(f"""
        merge into `{table}` as kept using `{incoming}` as fresh on kept.`id` = fresh.`id`
        when matched then update set `amount` = fresh.`amount`
        when not matched then insert (`day`, `id`, `amount`) values (fresh.`day`, fresh.`id`, fresh.`amount`)
    """).result()
    found = client.query(f"select id, amount from `{table}` order by id").result()
    assert [tuple(r.values()) for r in found] == [("a", 1), ("b", 2), ("c", 2)]


def test_a_table_is_made_from_a_query(client: bigquery.Client) -> None:
    source = make_table(client)
    load(client, source, row(FIRST, "a"), row(SECOND, "b"))
    table = f"`{client.project}`.`sales`.`copy`"
    for condition, left in (("true", 2), ("id = 'a'", 1)):
        client.query(f"""
            create or replace table {table} partition by day cluster by id
            options(description="Copied.", labels=[("layer", "mart")]) as (
                select day, id, amount, items from `{source}` where {condition}
            );
        """).result()
        assert client.get_table(f"{client.project}.sales.copy").num_rows == left
    made = client.get_table(f"{client.project}.sales.copy")
    assert (made.description, made.labels, made.time_partitioning.field) == (
        "Copied.",
        {"layer": "mart"},
        "day",
    )
    assert [f.field_type for f in made.schema] == ["DATE", "STRING", "NUMERIC", "RECORD"]


def test_nested_rows_are_unnested(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"))
    sql = f"select o.id, i.sku, i.price from `{table}` as o, unnest(items) as i with offset as n order by n"
    found = [tuple(r.values()) for r in client.query(sql).result()]
    assert found == [("a", "a", Decimal("0.000000001")), ("a", None, None)]


def test_a_function_lives_as_long_as_its_script(client: bigquery.Client) -> None:
    sql = "create temp function twice(x numeric) as (x * 2); select twice(numeric '1.000000001') as y"
    assert [r.y for r in client.query(sql).result()] == [Decimal("2.000000002")]
    with pytest.raises(BadRequest):
        client.query("select twice(numeric '1')").result()


def test_the_catalogue_is_a_table(client: bigquery.Client) -> None:
    table = make_table(client)
    dataset = f"`{client.project}`.`sales`.INFORMATION_SCHEMA"
    load(client, table, row(FIRST, "a"), row(SECOND, "b"))
    names = [r.table_name for r in client.query(f"select table_name from {dataset}.TABLES").result()]
    assert names == ["orders"]
    sql = f"select column_name, data_type from {dataset}.COLUMNS where table_name = 'orders'"
    types = dict(r.values() for r in client.query(sql).result())
    assert (types["amount"], types["items"]) == ("NUMERIC", "ARRAY<STRUCT<sku STRING, price NUMERIC>>")


def test_days_and_zones_are_kept_apart(client: bigquery.Client) -> None:
    found = client.query(
        "select date(timestamp('2026-01-01T20:00:00Z'), 'Asia/Bangkok') as d, "
        "datetime(timestamp('2026-07-01T22:30:00Z'), 'Europe/Berlin') as t"
    ).result()
    assert [tuple(r.values()) for r in found] == [(date(2026, 1, 2), datetime(2026, 7, 2, 0, 30))]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("numeric '0.000000001' * numeric '0.5'", "0.000000001"),  # half goes away from zero
        ("numeric '-0.000000001' * numeric '0.5'", "-0.000000001"),
        ("numeric '0.000000001' * numeric '0.499999999'", "0"),
        ("numeric '12345678901234567890.123456789' * 2", "24691357802469135780.246913578"),
        ("numeric '12345678901234567890.123456789' / 3", "4115226300411522630.041152263"),
        ("numeric '1' / numeric '3' * 3", "0.999999999"),
        # A tie of the rounded product, and values just beside it.
        (
            "cast(round(bignumeric '5' * bignumeric '1' / bignumeric '10000000000', 9, 'ROUND_HALF_EVEN') "
            "as numeric)",
            "0",
        ),
        (
            "cast(round(bignumeric '15' / bignumeric '10000000000', 9, 'ROUND_HALF_EVEN') as numeric)",
            "0.000000002",
        ),
        (
            "cast(round(bignumeric '5000000000.000000001' / bignumeric '10000000000000000000', 9, "
            "'ROUND_HALF_EVEN') as numeric)",
            "0.000000001",
        ),
        (
            "cast(round(bignumeric '1' * 7 / nullif(bignumeric '0', 0), 9, 'ROUND_HALF_EVEN') as numeric)",
            None,
        ),
    ],
)
def test_decimals_are_rounded_as_bigquery_rounds(
    client: bigquery.Client, expression: str, value: str | None
) -> None:
    result = client.query(f"select {expression} as x").result()
    assert [f.field_type for f in result.schema] == ["NUMERIC"]
    assert [r.x for r in result] == [value if value is None else Decimal(value)]


def test_columns_are_multiplied_and_summed_with_nine_decimals(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a", "0.000000003"), row(FIRST, "b", "0.000000003"))
    sql = f"""
        with priced as (select amount * numeric '0.5' as half, amount / 2 as other from `{table}`)
        select sum(half) as total, sum(other) as again, avg(half) as mean, safe_divide(sum(half), 4) as share
        from priced
    """
    result = client.query(sql).result()
    assert {f.field_type for f in result.schema} == {"NUMERIC"}
    (found,) = [tuple(r.values()) for r in result]
    assert found == tuple(map(Decimal, ("0.000000004", "0.000000004", "0.000000002", "0.000000001")))


def test_a_statement_names_the_table_that_it_writes(client: bigquery.Client) -> None:
    source = make_table(client)
    load(client, source, row(FIRST, "a"), row(SECOND, "b"))
    table = f"{client.project}.sales.copy"
    made = client.query(f"create table `{table}` as select id from `{source}`")
    assert (made.result().total_rows or 0, str(made.destination)) == (0, table)
    assert made.statement_type == "CREATE_TABLE_AS_SELECT"
    grown = client.query(f"insert into `{table}` (id) values ('c')")
    assert list(grown.result()) == []
    assert (str(grown.destination), grown.num_dml_affected_rows) == (table, 1)


def test_a_script_sets_several_variables_at_once(client: bigquery.Client) -> None:
    """What dbt's insert_overwrite sends for partitions that it reads from the new rows."""
    sql = (
        "declare days array<date>; declare n int64; "
        "set (days, n) = "
        "(select as struct array_agg(distinct d), count(*) from unnest([date '2026-01-01']) as d); "
        "select d, n from unnest(days) as d"
    )
    assert [tuple(r.values()) for r in client.query(sql).result()] == [(FIRST, 1)]


def test_statements_name_the_partitions_that_they_touch(client: bigquery.Client) -> None:
    table, incoming = make_table(client), make_table(client, "incoming")
    load(client, table, row(FIRST, "a"), row(SECOND, "b"))
    made = client.get_table(table)
    made.require_partition_filter = True
    client.update_table(made, ["require_partition_filter"])
    merge = f"merge into `{table}` as t using `{incoming}` as s on false when not matched by source "
    for statement in (f"delete from `{table}` where id = 'a'", f"{merge} then delete"):
        with pytest.raises(BadRequest, match="partition elimination"):
            client.query(statement).result()
    client.query(f"{merge} and t.day in (date '2026-01-01') then delete").result()
    client.query(f"delete from `{table}` where day = date '2026-01-03'").result()
    found = client.query(f"select id from `{table}` where day > date '2000-01-01'").result()
    assert [r.id for r in found] == ["b"]


def test_a_query_costs_something_and_may_be_refused_for_it(client: bigquery.Client) -> None:
    job = client.query("select 1")
    job.result()
    assert job.total_bytes_billed == 10 * 1024**2
    assert job.slot_millis > 0
    config = bigquery.QueryJobConfig(maximum_bytes_billed=1)
    with pytest.raises(GoogleAPICallError, match="exceeded limit for bytes billed"):
        client.query("select 1", job_config=config).result()
