"""The local server loads as BigQuery does: partitions, whole tables, types, objects of Cloud Storage."""

from __future__ import annotations

import uuid

import pyarrow as pa
import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from marketing_assets_tests.bigquery.storage import LocalStorage
from marketing_assets_tests.bigquery.tables import (
    ARROW,
    FIRST,
    SCHEMA,
    SECOND,
    job_config,
    keys,
    load,
    make_table,
    parquet,
    row,
)

pytestmark = pytest.mark.xdist_group("bigquery")


def test_a_load_into_a_partition_replaces_that_partition_alone(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, f"{table}$20260101", row(FIRST, "a"), row(FIRST, "b"))
    load(client, f"{table}$20260102", row(SECOND, "c"))
    job = load(client, f"{table}$20260101", row(FIRST, "d"))
    assert job.output_rows == 1
    assert keys(client, table) == [(FIRST, "d"), (SECOND, "c")]
    assert [t.table_id for t in client.list_tables("sales")] == ["orders"]
    load(client, f"{table}$20260101", row(FIRST, "e"), disposition="WRITE_APPEND")
    assert keys(client, table) == [(FIRST, "d"), (FIRST, "e"), (SECOND, "c")]
    assert client.get_table(table).num_rows == 3


def test_a_load_of_no_rows_empties_a_partition(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, f"{table}$20260101", row(FIRST, "a"))
    load(client, f"{table}$20260101")
    assert keys(client, table) == []


def test_a_partition_takes_no_rows_of_another(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, f"{table}$20260101", row(FIRST, "a"))
    with pytest.raises(BadRequest, match="belong to different partitions"):
        load(client, f"{table}$20260101", row(FIRST, "b"), row(SECOND, "c"))
    assert keys(client, table) == [(FIRST, "a")]


def test_a_partition_can_be_dropped(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"), row(SECOND, "b"))
    client.delete_table(f"{table}$20260101")
    assert keys(client, table) == [(SECOND, "b")]


def test_a_load_into_a_table_replaces_or_adds(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"))
    load(client, table, row(SECOND, "b"), disposition="WRITE_APPEND")
    assert keys(client, table) == [(FIRST, "a"), (SECOND, "b")]
    load(client, table, row(SECOND, "c"))
    assert keys(client, table) == [(SECOND, "c")]
    found = client.get_table(table)
    assert [(f.name, f.mode, f.description) for f in found.schema[:2]] == [
        ("day", "REQUIRED", None),
        ("id", "REQUIRED", "Key of the row."),
    ]
    assert found.time_partitioning.field == "day"
    assert found.num_rows == 1


def test_a_load_makes_a_table_only_where_it_may(client: bigquery.Client) -> None:
    client.create_dataset("sales")
    table = f"{client.project}.sales.fresh"
    with pytest.raises(NotFound):
        load(client, table, row(FIRST, "a"))
    by_day = bigquery.TimePartitioning(field="day")
    load(client, table, row(FIRST, "a"), create_disposition="CREATE_IF_NEEDED", time_partitioning=by_day)
    assert client.get_table(table).time_partitioning.field == "day"
    assert keys(client, table) == [(FIRST, "a")]


def test_every_type_survives(client: bigquery.Client) -> None:
    table = make_table(client)
    big = row(FIRST, "a", "12345678901234567890123456789.123456789")
    empty = dict.fromkeys(ARROW.names) | {"day": FIRST, "id": "b", "items": []}
    load(client, f"{table}$20260101", big, empty)
    found = client.query(f"select * from `{table}` order by id").to_arrow(create_bqstorage_client=False)
    assert found.schema.field("amount").type == pa.decimal128(38, 9)
    assert found.schema.field("at").type == pa.timestamp("us", "UTC")
    assert found.to_pylist() == [big, empty]


def test_a_load_refuses_what_the_table_is_not(client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"))
    texts = [bigquery.SchemaField("amount", "STRING") if f.name == "amount" else f for f in SCHEMA]
    with pytest.raises(BadRequest, match="Field amount has changed type from NUMERIC to STRING"):
        load(client, table, row(FIRST, "b"), schema=texts, disposition="WRITE_APPEND")
    more = [*SCHEMA, bigquery.SchemaField("note", "STRING")]
    rows = parquet([row(FIRST, "b")], ARROW.append(pa.field("note", pa.string())))
    config = job_config(schema=more)
    with pytest.raises(BadRequest, match=r"Cannot add fields \(field: note\)"):
        client.load_table_from_file(rows, f"{table}$20260101", job_config=config).result()
    with pytest.raises(BadRequest, match="REPEATED"):
        load(client, table, row(FIRST, "b"), parquet_options=bigquery.ParquetOptions())
    assert keys(client, table) == [(FIRST, "a")]


def test_required_columns_take_no_null(client: bigquery.Client) -> None:
    table = make_table(client)
    optional = pa.schema([f.with_nullable(True) for f in ARROW])
    rows = parquet([row(FIRST, "a") | {"id": None}], optional)
    with pytest.raises(BadRequest):
        client.load_table_from_file(rows, f"{table}$20260101", job_config=job_config()).result()
    assert keys(client, table) == []


def test_objects_of_cloud_storage_are_loaded_by_address(client: bigquery.Client, gcs: LocalStorage) -> None:
    table = make_table(client)
    bucket = gcs.client().create_bucket(f"landing-{uuid.uuid4().hex[:8]}")
    bucket.blob("day=1/a b.parquet").upload_from_file(parquet([row(FIRST, "a")]), if_generation_match=0)
    bucket.blob("day=1/b.parquet").upload_from_file(parquet([row(FIRST, "b")]))
    bucket.blob("day=2/c.parquet").upload_from_file(parquet([row(SECOND, "c")]))
    uri = f"gs://{bucket.name}/day=1/*.parquet"
    job = client.load_table_from_uri(uri, f"{table}$20260101", job_config=job_config())
    assert job.result().output_rows == 2
    both = [f"gs://{bucket.name}/day=1/b.parquet", f"gs://{bucket.name}/day=2/c.parquet"]
    client.load_table_from_uri(both, table, job_config=job_config()).result()
    assert keys(client, table) == [(FIRST, "b"), (SECOND, "c")]
    with pytest.raises(NotFound):
        client.load_table_from_uri(f"gs://{bucket.name}/none", table, job_config=job_config()).result()
