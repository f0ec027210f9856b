"""The writer on BigQuery over the wire: whole days or nothing, once, whatever becomes of jobs and answers."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest
from google.cloud import bigquery as google
from polars.testing import assert_frame_equal

from marketing_assets.schema import Column, Type
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.bigquery import BigQueryWarehouse
from marketing_assets.warehouse.bigquery_client import client
from marketing_assets.warehouse.bigquery_errors import WarehouseQuota
from marketing_assets.warehouse.bigquery_jobs import patience, run
from marketing_assets.warehouse.bigquery_names import Place, labels
from marketing_assets.warehouse.errors import NoSuchTable, SchemaConflict, WarehouseError, WrongRows
from marketing_assets.warehouse.frames import conform
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets_tests.bigquery.local import LocalBigQuery
from marketing_assets_tests.warehouse.rows import ORDERS, SCHEMA, day, days, frame, order, versions

pytestmark = pytest.mark.xdist_group("bigquery")


@pytest.fixture
def warehouse(bigquery: LocalBigQuery, tmp_path: Path) -> Iterator[BigQueryWarehouse]:
    project = f"test-{uuid.uuid4().hex[:8]}"
    settings = Settings(
        home=tmp_path,
        warehouse="bigquery",
        bigquery_project=project,
        bigquery_endpoint=bigquery.endpoint,
        bigquery_retry_seconds=2,
    )
    found = open_warehouse(settings, "siam")
    assert isinstance(found, BigQueryWarehouse)
    yield found


def sent(bigquery: LocalBigQuery, warehouse: BigQueryWarehouse) -> list[str]:
    return [job.kind for job in bigquery.jobs(warehouse.settings.bigquery_project)]


def test_every_type_comes_back_as_it_went_in(warehouse: BigQueryWarehouse) -> None:
    full = order(0)
    empty = dict.fromkeys(full) | {"order_id": "b", "day": day(0)}
    large = order(0, "c", amount=Decimal("-12345678901234567890.123456789"))
    rows = frame([full, empty, large])
    warehouse.replace_days("raw", ORDERS, days(0), [rows])
    found = warehouse.read("raw", "orders", days(0)).sort("order_id")
    assert found.schema == SCHEMA
    assert_frame_equal(found, conform(rows, ORDERS, "here"))
    scanned = list(warehouse.scan_batches("raw", "orders", days(0), columns=["order_id"]))
    assert sorted(name for f in scanned for name in f["order_id"]) == ["a", "b", "c"]


def test_replaces_exactly_the_range(warehouse: BigQueryWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 4), [frame(order(n) for n in range(5))])
    batches = [frame([order(1, "x", 1)]), frame([]), frame([order(3, "y", 1), order(3, "z", 1)])]
    replaced = warehouse.replace_days("raw", ORDERS, days(1, 3), batches)
    assert replaced.rows_by_day == {day(1): 1, day(2): 0, day(3): 2}
    assert replaced.before_by_day == {day(1): 1, day(2): 1, day(3): 1}
    assert (replaced.rows, replaced.rows_before, replaced.table_rows) == (3, 3, 5)
    assert versions(warehouse, 0, 4) == {
        day(0): [(0, 1)], day(1): [(1, 1)], day(2): [], day(3): [(1, 2)], day(4): [(0, 1)]
    }  # fmt: skip
    assert warehouse.tables("raw") == ["orders"], "the table of incoming rows is gone"
    assert warehouse.read("raw", "orders").height == 5, "all rows, though a query has to name its days"
    assert sum(f.height for f in warehouse.scan_batches("raw", "orders", columns=["order_id"])) == 5


def test_one_day_is_one_load_and_a_range_one_load_and_one_transaction(
    bigquery: LocalBigQuery, warehouse: BigQueryWarehouse
) -> None:
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0)])])
    assert sorted(sent(bigquery, warehouse)) == ["load", "query"]
    warehouse.replace_days("raw", ORDERS, days(1, 365), [frame(order(n) for n in range(1, 366))])
    assert sorted(sent(bigquery, warehouse)) == ["load", "load", "query", "query", "query"]
    load = next(j for j in bigquery.jobs(warehouse.settings.bigquery_project) if j.kind == "load")
    assert load.labels == labels(warehouse.settings, "siam", "raw", "orders")
    assert load.labels["tenant"] == "siam"


def test_no_rows_empty_the_days(bigquery: LocalBigQuery, warehouse: BigQueryWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 2), [frame([order(0), order(1), order(2)])])
    warehouse.replace_days("raw", ORDERS, days(0), [])
    warehouse.replace_days("raw", ORDERS, days(1, 2), [])
    assert warehouse.count_by_day("raw", "orders", days(0, 2)) == {day(0): 0, day(1): 0, day(2): 0}
    count = len(sent(bigquery, warehouse))
    for again in (days(0), days(1, 2)):
        assert warehouse.replace_days("raw", ORDERS, again, []).rows == 0
    assert sent(bigquery, warehouse)[count:] == ["query", "query"], "what is empty is counted, not written"


def test_rows_outside_the_range_are_refused_before_anything_is_changed(
    bigquery: LocalBigQuery, warehouse: BigQueryWarehouse
) -> None:
    with pytest.raises(WrongRows, match="days outside"):
        warehouse.replace_days("raw", ORDERS, days(0), [frame([order(1)])])
    assert [j.statement.split()[0] for j in bigquery.jobs(warehouse.settings.bigquery_project)] == ["select"]
    assert warehouse.tables("raw") == []


def test_a_shared_table_is_replaced_for_one_writer_alone(warehouse: BigQueryWarehouse) -> None:
    rows = [order(0, "a", raw_json="mine"), order(0, "b", raw_json="yours")]
    warehouse.replace_days("ops", ORDERS, days(0), [frame(rows)])
    warehouse.replace_days(
        "ops", ORDERS, days(0), [frame([order(0, "c", raw_json="mine")])], only={"raw_json": "mine"}
    )
    assert sorted(warehouse.read("ops", "orders")["order_id"]) == ["b", "c"]


def test_keyed_rows_are_written_once(warehouse: BigQueryWarehouse) -> None:
    warehouse.append_keyed("ops", ORDERS, frame([order(0, "a", 1), order(0, "b", 1)]))
    warehouse.append_keyed("ops", ORDERS, frame([order(0, "b", 2), order(0, "c", 2)]))
    found = warehouse.read("ops", "orders").sort("order_id")
    assert found["order_id"].to_list() == ["a", "b", "c"]
    assert found["units"].to_list() == [1, 2, 2]


def test_a_table_never_written_is_no_table(warehouse: BigQueryWarehouse) -> None:
    with pytest.raises(NoSuchTable, match="materialise it first"):
        warehouse.read("raw", "orders", days(0))
    assert warehouse.count_by_day("raw", "orders", days(0)) == {day(0): 0}
    assert warehouse.tables("raw") == []


def test_a_query_reads_and_never_writes(warehouse: BigQueryWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 1), [frame([order(0), order(1)])])
    at = warehouse.relation("raw", "orders")
    found = warehouse.query(f"select count(*) as n from {at} where day = $day", {"day": day(1)})
    assert found["n"].item() == 1
    for written in (f"delete from {at} where day = $day", f"select 1; drop table {at}"):
        with pytest.raises(ValueError, match="one SELECT"):
            warehouse.query(written, {"day": day(0)})


def test_a_declaration_that_grew_widens_the_table(warehouse: BigQueryWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 1), [frame([order(0), order(1)])])
    more = TableSpec(
        "orders", ORDERS.description, (*ORDERS.columns, Column("note", Type.STRING, "New.")), ORDERS.key
    )
    with_note = frame([order(1)]).with_columns(note=pl.lit("x"))
    warehouse.replace_days("raw", more, days(1), [with_note])
    found = warehouse.read("raw", "orders", days(0, 1)).sort("day")
    assert found["note"].to_list() == [None, "x"]
    changed = TableSpec("orders", "", (*ORDERS.columns, Column("note", Type.INT64, "")), ORDERS.key)
    with pytest.raises(SchemaConflict, match="column 'note' is STRING in the warehouse and INT64"):
        warehouse.replace_days("raw", changed, days(1), [])
    described = warehouse.describe("raw", "orders")
    assert described.columns[-1].description == "New."


@pytest.mark.parametrize(("kind", "last"), [("load", 0), ("load", 2), ("query", 2)])
def test_a_lost_answer_doubles_nothing(
    bigquery: LocalBigQuery, warehouse: BigQueryWarehouse, kind: str, last: int
) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 2), [frame([order(0), order(1), order(2)])])
    bigquery.lose_answers(kind)  # type: ignore[arg-type]
    rows = [order(n, "new", 2) for n in range(last + 1)]
    warehouse.replace_days("raw", ORDERS, days(0, last), [frame(rows)])
    expected = {day(n): [(2, 1)] if n <= last else [(0, 1)] for n in range(3)}
    assert versions(warehouse, 0, 2) == expected


def test_a_job_that_is_taken_and_never_heard_of_again_is_a_lost_answer(tmp_path: Path) -> None:
    """By a server that takes one job and then drops every connection."""
    taken: list[str] = []

    def send(at: google.Client, settings: Settings, job_id: str) -> google.LoadJob:
        return at.load_table_from_uri("gs://a/b", "acme.dev.o", job_id=job_id, retry=patience(settings))

    class Vanishes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            taken.append(job["jobReference"]["jobId"])
            if len(taken) == 1:
                body = json.dumps(job | {"status": {"state": "RUNNING"}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            self.close_connection = True

        def do_GET(self) -> None:
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Vanishes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = Settings(
            home=tmp_path,
            bigquery_project="acme",
            bigquery_endpoint=f"http://127.0.0.1:{server.server_address[1]}",
            bigquery_retry_seconds=0.5,
        )
        with client(settings) as at, pytest.raises(WarehouseError, match=r"lost.*check the network"):
            place = Place("siam", "raw", "acme", "dev_marketing_siam_raw", "orders")
            run(at, settings, place, "marketing_job", partial(send, at, settings), sleep=lambda _: None)
        server.shutdown()
    assert set(taken) == {"marketing_job"}, "sent again under its own id, so that it happens once"


@pytest.mark.parametrize("reason", ["backendError", "rateLimitExceeded"])
def test_what_can_pass_is_tried_once_more(
    bigquery: LocalBigQuery, warehouse: BigQueryWarehouse, reason: str
) -> None:
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0)])])
    bigquery.fail_jobs(reason)
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0, "new", 2)])])
    assert versions(warehouse, 0, 0) == {day(0): [(2, 1)]}
    bigquery.fail_jobs(reason, times=5)
    with pytest.raises(WarehouseError) as failed:
        warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0, "newer", 3)])])
    text = str(failed.value)
    for part in (
        "siam",
        warehouse.settings.bigquery_project,
        "dev_marketing_siam_raw",
        "orders",
        "job marketing_",
    ):
        assert part in text
    bigquery.behave()
    assert versions(warehouse, 0, 0) == {day(0): [(2, 1)]}


def test_a_used_up_quota_is_no_mistake(bigquery: LocalBigQuery, warehouse: BigQueryWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0)])])
    bigquery.fail_jobs("quotaExceeded", times=5)
    with pytest.raises(WarehouseQuota, match="wait for the quota's next day"):
        warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0, "new", 2)])])
    bigquery.behave()
    assert versions(warehouse, 0, 0) == {day(0): [(0, 1)]}


def test_an_aborted_transaction_is_tried_again(bigquery: LocalBigQuery, warehouse: BigQueryWarehouse) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 2), [frame([order(0), order(1), order(2)])])
    bigquery.abort_transactions(times=2)
    warehouse.replace_days("raw", ORDERS, days(0, 1), [frame([order(0, "n", 2), order(1, "n", 2)])])
    assert versions(warehouse, 0, 2) == {day(0): [(2, 1)], day(1): [(2, 1)], day(2): [(0, 1)]}


@pytest.mark.parametrize(("point", "last"), [("load", 0), ("load", 2), ("transaction", 2), ("commit", 2)])
def test_a_server_that_dies_leaves_the_old_days_and_a_rerun_heals(
    bigquery: LocalBigQuery, warehouse: BigQueryWarehouse, point: str, last: int
) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 2), [frame([order(0), order(1), order(2)])])
    bigquery.die_at(point)  # type: ignore[arg-type]
    rows = [order(n, "new", 2) for n in range(last + 1)]
    with pytest.raises(WarehouseError, match="check the network"):
        warehouse.replace_days("raw", ORDERS, days(0, last), [frame(rows)])
    bigquery.restart()
    assert versions(warehouse, 0, 2) == {day(n): [(0, 1)] for n in range(3)}
    warehouse.replace_days("raw", ORDERS, days(0, last), [frame(rows)])
    assert versions(warehouse, 0, last) == {day(n): [(2, 1)] for n in range(last + 1)}


@pytest.mark.parametrize("spans", [((0, 0), (0, 0)), ((0, 2), (0, 2)), ((0, 2), (2, 4)), ((0, 0), (1, 1))])
def test_two_writers_leave_whole_days(
    warehouse: BigQueryWarehouse, spans: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 4), [frame(order(n) for n in range(5))])
    failures: list[BaseException] = []

    def write(version: int, first: int, last: int) -> None:
        rows = [order(n, f"w{version}{i}", version) for n in range(first, last + 1) for i in range(3)]
        try:
            warehouse.replace_days("raw", ORDERS, days(first, last), [frame(rows)])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(v, *span)) for v, span in enumerate(spans, start=1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = versions(warehouse, 0, 4)
    for n in range(5):
        writers = [v for v, (first, last) in enumerate(spans, start=1) if first <= n <= last]
        assert found[day(n)] in ([[(v, 3)] for v in writers] or [[(0, 1)]]), (n, found)
