"""Landing on Google Cloud Storage, and loads by way of its bucket, against a local server of its API."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud import storage

from marketing_assets.ingest.landing import PART_BYTES, Landing, LandingError, LandingWriter, new_fetch
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.platform import Page
from marketing_assets.settings import Settings
from marketing_assets.warehouse.bigquery import BigQueryWarehouse
from marketing_assets.warehouse.errors import WarehouseError
from marketing_assets_tests.bigquery.local import LocalBigQuery
from marketing_assets_tests.bigquery.storage import LocalStorage
from marketing_assets_tests.warehouse.rows import ORDERS, days, frame, order, versions

pytestmark = pytest.mark.xdist_group("bigquery")

DAYS = DayRange(date(2026, 11, 1), date(2026, 11, 2))
NOW = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.fixture
def bucket(gcs: LocalStorage) -> storage.Bucket:
    return gcs.client().create_bucket(f"landing-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def landing(bucket: storage.Bucket) -> Landing:
    return Landing(f"gs://{bucket.name}/of/marketing")


def names(bucket: storage.Bucket) -> list[str]:
    return sorted(blob.name for blob in bucket.list_blobs())


def writer(landing: Landing, at: datetime = NOW) -> LandingWriter:
    return LandingWriter(landing, new_fetch("siam", "shopee", "shopee_orders", "9", DAYS, at))


def test_a_fetch_lands_as_objects_and_is_read_again(landing: Landing, bucket: storage.Bucket) -> None:
    lines = [b'{"n":%d,"noise":"%s"}' % (n, uuid.uuid4().hex.encode() * 8) for n in range(40_000)]
    with writer(landing) as open_fetch:
        for start in range(0, len(lines), 10_000):
            open_fetch.page(Page({"page": str(start)}, []), lines[start : start + 10_000], Counter())
        assert landing.newest("siam", "shopee", "shopee_orders", "9", DAYS) == {}, "it is not complete yet"
        manifest = open_fetch.finish("Asia/Bangkok", NOW, {"calls": 4})
    assert names(bucket) == sorted(
        f"of/marketing/siam/raw/shopee/shopee_orders/2026-11-03/{manifest.fetch_id}/{name}"
        for name in ("manifest.json", "part-00001.jsonl.zst")
    )
    again = Landing(f"gs://{bucket.name}/of/marketing")
    assert again.newest("siam", "shopee", "shopee_orders", "9", DAYS) == dict.fromkeys(DAYS, manifest)
    (file,) = manifest.files
    read = b"".join(chunk for _, chunk in again.lines(file, PART_BYTES))
    assert read.splitlines() == lines


def test_of_a_fetch_that_fails_nothing_stays(landing: Landing, bucket: storage.Bucket) -> None:
    with pytest.raises(ZeroDivisionError), writer(landing) as open_fetch:
        open_fetch.page(Page({}, []), [b"{}"], Counter())
        raise ZeroDivisionError
    assert names(bucket) == []


def test_the_newest_fetch_of_another_process_is_seen(landing: Landing) -> None:
    for hour in range(2):
        with writer(Landing(f"gs://{landing.root}"), NOW + timedelta(hours=hour)) as open_fetch:
            open_fetch.page(Page({}, []), [b"{}"] * (hour + 1), Counter())
            open_fetch.finish("Asia/Bangkok", NOW, {})
        newest = landing.newest("siam", "shopee", "shopee_orders", "9", DAYS)
        assert {m.records for m in newest.values()} == {hour + 1}


def test_a_bucket_that_is_not_there_is_named(gcs: LocalStorage) -> None:
    nowhere = Landing("gs://nowhere/landing")
    with pytest.raises(LandingError, match=r"cannot write nowhere/landing/siam/.*check that the place"):
        nowhere.write_atomically("siam/x.json", b"{}")
    with pytest.raises(LandingError, match="cannot write nowhere/landing"), writer(nowhere) as open_fetch:
        open_fetch.page(Page({}, []), [b"{}"], Counter())
        open_fetch.finish("Asia/Bangkok", NOW, {})


@pytest.fixture
def warehouse(bigquery: LocalBigQuery, bucket: storage.Bucket, tmp_path: Path) -> Iterator[BigQueryWarehouse]:
    settings = Settings(
        home=tmp_path,
        landing_url=f"gs://{bucket.name}/landing",
        bigquery_stage_from_mb=0,
        bigquery_project=f"test-{uuid.uuid4().hex[:8]}",
        bigquery_endpoint=bigquery.endpoint,
        bigquery_retry_seconds=2,
    )
    yield BigQueryWarehouse(settings, "siam")


@pytest.mark.parametrize("last", [0, 2])
def test_big_writes_load_from_the_bucket_and_leave_nothing_there(
    bigquery: LocalBigQuery, warehouse: BigQueryWarehouse, bucket: storage.Bucket, last: int
) -> None:
    warehouse.replace_days("raw", ORDERS, days(0, 2), [frame(order(n) for n in range(3))])
    rows = [order(n, "new", 2) for n in range(last + 1)]
    warehouse.replace_days("raw", ORDERS, days(0, last), [frame(rows)])
    assert list(versions(warehouse, 0, last).values()) == [[(2, 1)]] * (last + 1)
    loads = [j for j in bigquery.jobs(warehouse.settings.bigquery_project) if j.kind == "load"]
    addresses = [address for job in loads for address in job.config["sourceUris"]]
    assert len(addresses) == len(loads) >= 2
    assert all(a.startswith(f"gs://{bucket.name}/landing/siam/incoming/") for a in addresses)
    assert names(bucket) == []


def test_a_load_that_is_tried_again_is_not_sent_again(
    bigquery: LocalBigQuery, warehouse: BigQueryWarehouse
) -> None:
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0)])])
    before = len(bigquery.jobs())
    bigquery.fail_jobs("backendError")
    bigquery.lose_answers("load")
    warehouse.replace_days("raw", ORDERS, days(0), [frame([order(0, "new", 2)])])
    loads = [j for j in bigquery.jobs()[before:] if j.kind == "load"]
    assert len({address for job in loads for address in job.config["sourceUris"]}) == 1
    assert versions(warehouse, 0, 0) == {days(0).first: [(2, 1)]}


def test_small_writes_go_with_their_job(bigquery: LocalBigQuery, warehouse: BigQueryWarehouse) -> None:
    small = replace(warehouse, settings=warehouse.settings.model_copy(update={"bigquery_stage_from_mb": 1}))
    small.replace_days("raw", ORDERS, days(0), [frame([order(0)])])
    (load,) = [j for j in bigquery.jobs(small.settings.bigquery_project) if j.kind == "load"]
    assert "sourceUris" not in load.config


def test_a_bucket_that_refuses_is_told_with_the_remedy(warehouse: BigQueryWarehouse) -> None:
    settings = warehouse.settings.model_copy(update={"landing_url": "gs://nowhere/landing"})
    with pytest.raises(WarehouseError, match=r"tenant siam.*MARKETING_BIGQUERY_STAGE_FROM_MB"):
        replace(warehouse, settings=settings).replace_days("raw", ORDERS, days(0), [frame([order(0)])])
