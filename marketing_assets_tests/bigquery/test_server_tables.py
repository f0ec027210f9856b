"""The local server keeps tables as BigQuery does: what they are given, when they end, how they grow."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery

from marketing_assets_tests.bigquery.tables import (
    FIRST,
    SCHEMA,
    load,
    make_table,
    row,
)

pytestmark = pytest.mark.xdist_group("bigquery")


def test_tables_keep_what_they_are_given(client: bigquery.Client) -> None:
    dataset = bigquery.Dataset(f"{client.project}.sales")
    dataset.location, dataset.labels = "EU", {"tenant": "demo"}
    client.create_dataset(dataset)
    found = client.get_dataset("sales")
    assert (found.location, found.labels) == ("EU", {"tenant": "demo"})
    assert client.create_dataset("sales", exists_ok=True).dataset_id == "sales"
    table = bigquery.Table(f"{client.project}.sales.orders", SCHEMA)
    table.time_partitioning = bigquery.TimePartitioning(field="day", expiration_ms=86_400_000)
    table.require_partition_filter = True
    table.clustering_fields = ["id"]
    table.description, table.labels = "Orders.", {"layer": "raw"}
    client.create_table(table)
    made = client.get_table(table)
    assert (made.description, made.labels, made.clustering_fields) == ("Orders.", {"layer": "raw"}, ["id"])
    assert (made.time_partitioning.expiration_ms, made.require_partition_filter) == (86_400_000, True)
    with pytest.raises(Conflict):
        client.create_table(table)
    with pytest.raises(BadRequest, match="partition elimination"):
        client.query(f"select id from `{table}`").result()


def test_a_table_ends_when_it_expires(client: bigquery.Client) -> None:
    client.create_dataset("sales")
    table = bigquery.Table(f"{client.project}.sales.short", SCHEMA)
    table.expires = datetime.now(UTC) + timedelta(seconds=2)
    client.create_table(table)
    assert client.get_table(table).expires == table.expires
    time.sleep(2)
    with pytest.raises(NotFound):
        client.get_table(table)


@pytest.mark.parametrize("by_statement", [False, True])
def test_a_table_gains_columns(client: bigquery.Client, by_statement: bool) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"))
    if by_statement:
        client.query(f"alter table `{table}` add column if not exists note string").result()
    else:
        made = client.get_table(table)
        made.schema = [*made.schema, bigquery.SchemaField("note", "STRING", description="Words.")]
        made.description = "Orders with notes."
        client.update_table(made, ["schema", "description"])
        assert client.get_table(table).schema[-1].description == "Words."
    assert [r.note for r in client.query(f"select note from `{table}`").result()] == [None]
    assert client.get_table(table).schema[1].description == "Key of the row."
