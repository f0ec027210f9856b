"""The local server fails in the ways that tests order, and as BigQuery does."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import pytest
import requests
from google.api_core.exceptions import BadRequest, Conflict, Forbidden, GoogleAPICallError, ServiceUnavailable
from google.api_core.retry import Retry
from google.cloud import bigquery

from marketing_assets_tests.bigquery.local import LocalBigQuery
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
ONCE = Retry(predicate=lambda error: False)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> LocalBigQuery:
    """The fixture `bigquery`, under a name that leaves Google's module its own."""
    found: LocalBigQuery = request.getfixturevalue("bigquery")
    return found


def replace(table: str, day: str, key: str) -> str:
    """A script that replaces a day by one row."""
    return (
        f"begin transaction; delete from `{table}` where day = date '{day}'; "
        f"insert into `{table}` (day, id) values (date '{day}', '{key}'); commit transaction;"
    )


def send(client: bigquery.Client, table: str, job_id: str, tries: int = 0) -> bigquery.LoadJob:
    """A small load, which goes up in one request, sent again `tries` times."""
    rows = parquet([row(FIRST, "a")])
    size = len(rows.getvalue())
    config = job_config("WRITE_APPEND")
    return client.load_table_from_file(
        io.BytesIO(rows.getvalue()), table, size=size, num_retries=tries, job_id=job_id, job_config=config
    )


def test_a_lost_answer_hides_a_load_that_was_done(server: LocalBigQuery, client: bigquery.Client) -> None:
    table = make_table(client)
    server.lose_answers("load")
    with pytest.raises(requests.ConnectionError):
        send(client, table, "load_1")
    with pytest.raises(Conflict):
        send(client, table, "load_1")
    assert client.get_job("load_1").output_rows == 1
    assert keys(client, table) == [(FIRST, "a")]
    sent = [(j.kind, j.answer) for j in server.jobs(client.project) if j.id == "load_1"]
    assert sent == [("load", "accepted"), ("load", "duplicate")]


def test_a_resumable_upload_is_answered_again(server: LocalBigQuery, client: bigquery.Client) -> None:
    """Google's client repeats the last bytes by itself, and gets the job that they made."""
    table = make_table(client)
    server.lose_answers("load")
    job = load(client, table, row(FIRST, "a"), disposition="WRITE_APPEND")
    assert job.output_rows == 1
    assert keys(client, table) == [(FIRST, "a")]


def test_a_lost_answer_hides_a_query_that_was_done(server: LocalBigQuery, client: bigquery.Client) -> None:
    table = make_table(client)
    server.lose_answers("query")
    statement = f"insert into `{table}` (day, id) values (date '2026-01-01', 'a')"
    with pytest.raises(requests.ConnectionError):
        client.query(statement, job_id="query_1", retry=ONCE, job_retry=None)
    assert client.get_job("query_1").state == "DONE"
    assert keys(client, table) == [(FIRST, "a")]


@pytest.mark.parametrize(
    ("reason", "error"),
    [("rateLimitExceeded", Forbidden), ("quotaExceeded", Forbidden), ("backendError", ServiceUnavailable)],
)
def test_jobs_are_refused(
    server: LocalBigQuery, client: bigquery.Client, reason: str, error: type[GoogleAPICallError]
) -> None:
    server.refuse_jobs(reason, times=2)
    for _ in range(2):
        with pytest.raises(error) as refused:
            client.query("select 1", retry=ONCE, job_retry=None)
        assert refused.value.errors[0]["reason"] == reason
    assert [r[0] for r in client.query("select 1").result()] == [1]
    assert [j.answer for j in server.jobs(client.project)] == [reason, reason, "accepted"]


def test_google_s_client_sends_again_what_may_pass(server: LocalBigQuery, client: bigquery.Client) -> None:
    table = make_table(client)
    server.refuse_jobs("backendError")
    load(client, table, row(FIRST, "a"))
    assert keys(client, table) == [(FIRST, "a")]
    assert [j.answer for j in server.jobs(client.project)][:2] == ["backendError", "accepted"]


def test_jobs_end_with_an_error(server: LocalBigQuery, client: bigquery.Client) -> None:
    table = make_table(client)
    server.fail_jobs("backendError")
    with pytest.raises(GoogleAPICallError) as failed:
        load(client, table, row(FIRST, "a"))
    assert failed.value.errors[0]["reason"] == "backendError"
    assert keys(client, table) == []


def test_the_journal_tells_what_was_sent(server: LocalBigQuery, client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, f"{table}$20260101", row(FIRST, "a"), labels={"tenant": "demo"})
    config = bigquery.QueryJobConfig(labels={"model": "orders"})
    client.query("select 1 as x", job_id="query_1", job_config=config, job_retry=None).result()
    loaded, asked = server.jobs(client.project)
    assert (loaded.kind, loaded.labels, loaded.statement) == ("load", {"tenant": "demo"}, "")
    assert loaded.config["destinationTable"]["tableId"] == "orders$20260101"
    assert loaded.config["writeDisposition"] == "WRITE_TRUNCATE"
    assert (asked.id, asked.kind, asked.labels) == ("query_1", "query", {"model": "orders"})
    assert asked.statement == "select 1 as x"


def test_a_transaction_is_aborted(server: LocalBigQuery, client: bigquery.Client) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"))
    server.abort_transactions()
    with pytest.raises(BadRequest, match="aborted due to concurrent update against table") as aborted:
        client.query(replace(table, "2026-01-01", "b")).result()
    assert aborted.value.errors[0]["reason"] == "invalidQuery"
    assert keys(client, table) == [(FIRST, "a")]
    client.query(replace(table, "2026-01-01", "b")).result()
    assert keys(client, table) == [(FIRST, "b")]


@pytest.mark.parametrize("day", ["2026-01-01", "2026-01-02"])
def test_of_two_transactions_on_one_table_the_later_is_aborted(
    server: LocalBigQuery, client: bigquery.Client, day: str
) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"), row(SECOND, "b"))
    server.hold_at("commit", 2)
    first = client.query(replace(table, "2026-01-01", "c"))
    with pytest.raises(BadRequest, match="aborted due to concurrent update"):
        client.query(replace(table, day, "d")).result()
    first.result()
    assert keys(client, table) == [(FIRST, "c"), (SECOND, "b")]


def test_a_statement_and_a_load_wait_for_a_transaction(
    server: LocalBigQuery, client: bigquery.Client
) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"), row(SECOND, "b"))
    server.hold_at("commit", 2)
    first = client.query(replace(table, "2026-01-01", "c"))
    threads = in_threads(
        lambda: client.query(f"update `{table}` set count = 9 where day = date '2026-01-01'").result(),
        lambda: load(client, f"{table}$20260102", row(SECOND, "d")),
    )
    # Meanwhile readers see the former rows.
    assert keys(client, table) == [(FIRST, "a"), (SECOND, "b")]
    first.result()
    for thread in threads:
        thread.join()
    assert keys(client, table) == [(FIRST, "c"), (SECOND, "d")]
    assert [r[0] for r in client.query(f"select id from `{table}` where count = 9").result()] == ["c"]


def in_threads(*work: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.parametrize("point", ["transaction", "commit"])
def test_a_server_that_dies_in_a_transaction_leaves_the_former_rows(
    server: LocalBigQuery, client: bigquery.Client, point: str
) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"))
    server.die_at(point)
    with pytest.raises(requests.ConnectionError):
        client.query(replace(table, "2026-01-01", "b"), job_id="query_1", retry=ONCE, job_retry=None)
    server.wait_until_dead()
    server.restart()
    assert keys(client, table) == [(FIRST, "a")]
    with pytest.raises(GoogleAPICallError) as ended:
        client.get_job("query_1").result(job_retry=None)
    assert ended.value.errors[0]["reason"] == "backendError"


@pytest.mark.parametrize("decorator", ["", "$20260101"])
def test_a_server_that_dies_in_a_load_leaves_the_former_rows(
    server: LocalBigQuery, client: bigquery.Client, decorator: str
) -> None:
    table = make_table(client)
    load(client, table, row(FIRST, "a"))
    server.die_at("load")
    with pytest.raises(requests.ConnectionError):
        send(client, f"{table}{decorator}", "load_1")
    server.wait_until_dead()
    server.restart()
    assert keys(client, table) == [(FIRST, "a")]
    load(client, f"{table}{decorator}", row(FIRST, "b"))
    assert keys(client, table) == [(FIRST, "b")]
    assert "load_1" in {j.id for j in server.jobs(client.project)}
