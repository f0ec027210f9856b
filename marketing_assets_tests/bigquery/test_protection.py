"""Data protection on BigQuery and Cloud Storage: erasure, rotation of the key, retention, a tenant leaves.

One filled installation lives through all of it, in the order of the tests. Each act is a fixture that keeps
what stood before and after it, so that a test can also be run alone.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Generic, TypeVar

import polars as pl
import pytest
import yaml
import zstandard
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery as google
from google.cloud import storage

from marketing_assets.protection import acts
from marketing_assets.protection.erase import Erased, erase, matches
from marketing_assets.protection.export import verify
from marketing_assets.protection.offboard import export_tenant, leave
from marketing_assets.protection.retention import Plan, expire, plan
from marketing_assets.protection.rotate import Rotated, rotate
from marketing_assets.protection.subjects import parsed
from marketing_assets.settings import Settings
from marketing_assets.warehouse.bigquery_client import client
from marketing_assets.warehouse.errors import WarehouseError
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets_tests.bigquery.local import LocalBigQuery
from marketing_assets_tests.bigquery.storage import LocalStorage
from marketing_assets_tests.protection.people import ANNA, DAYS, PEOPLE, Person, Small, all_records, small
from marketing_assets_tests.protection.searching import files

pytestmark = pytest.mark.xdist_group("bigquery")

OFFICER = "the officer"
LATE = timedelta(days=500)
TABLES = (
    "raw.shopify_orders",
    "raw.shopify_customers",
    "raw.shopee_orders",
    "raw.shopee_escrow",
    "staging.orders",
    "ops.dead_letters",
)
T = TypeVar("T")
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Act(Generic[T]):
    """What an act said, and the tables before and after it."""

    said: T
    before: Rows
    after: Rows


def rows(house: Small) -> Rows:
    return {table: house.rows(table) for table in TABLES}


def places(house: Small, needles: list[str]) -> set[str]:
    """Where a needle stands: files, objects, and rows of every table, read with Google's own clients."""
    wanted = [needle.encode() for needle in needles]
    found = files(house.settings.home, wanted) | _objects(house, wanted)
    with client(house.settings) as at:
        for dataset in at.list_datasets():
            for table in at.list_tables(dataset.reference):
                text = repr(_all_rows(at, table)).encode()
                if any(needle in text for needle in wanted):
                    found.add(f"{dataset.dataset_id.rsplit('_', 1)[1]}.{table.table_id}")
    return found


def _objects(house: Small, wanted: list[bytes]) -> set[str]:
    bucket, folder = house.settings.landing.removeprefix("gs://").split("/", 1)
    found = set()
    for blob in storage.Client("x", AnonymousCredentials()).list_blobs(bucket, prefix=folder):
        content = blob.download_as_bytes()
        if blob.name.endswith(".zst"):
            content = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(content)
        if any(needle in content for needle in wanted):
            found.add(f"gs/{blob.name}")
    return found


def _all_rows(at: google.Client, table: Any) -> list[tuple[Any, ...]]:
    statement = f"select * from `{table.reference}` where day >= '2000-01-01'"
    return [tuple(row.values()) for row in at.query_and_wait(statement)]


def digests(house: Small, person: Person) -> list[str]:
    """Those that are nobody else's."""
    return [house.names.digest(v) for v in (str(person.number), person.gid, person.email, person.username)]


def test_who_may_not_remove_a_dataset_is_told_which_role_that_takes(tmp_path: Path) -> None:
    """By a server that refuses; the local one lets everybody."""
    denied = {"message": "Permission bigquery.datasets.delete denied", "reason": "accessDenied"}
    body = json.dumps({"error": {"code": 403, "errors": [denied], **denied}}).encode()

    class Refuses(BaseHTTPRequestHandler):
        def do_DELETE(self) -> None:
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings = Settings(
            home=tmp_path,
            warehouse="bigquery",
            bigquery_project="acme",
            bigquery_endpoint=f"http://127.0.0.1:{server.server_address[1]}",
        )
        with pytest.raises(WarehouseError) as error:
            open_warehouse(settings, "siam").drop_layer("raw")
        server.shutdown()
    for word in ("tenant siam", "acme.dev_marketing_siam_raw", "may not", "role bigquery.dataOwner"):
        assert word in str(error.value)


@pytest.fixture(scope="module")
def house(
    bigquery_server: LocalBigQuery, storage_server: LocalStorage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Small]:
    if not bigquery_server.running:
        bigquery_server.restart()
    bigquery_server.behave()
    name = f"people-{uuid.uuid4().hex[:8]}"
    storage_server.client().create_bucket(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", storage_server.endpoint)
        yield small(
            tmp_path_factory.mktemp("people") / "installation",
            landing_url=f"gs://{name}/landing",
            warehouse="bigquery",
            bigquery_project=name,
            bigquery_location="EU",
            bigquery_endpoint=bigquery_server.endpoint,
        ).fill()


@dataclass(frozen=True)
class Anna:
    """What of Anna stood where before she was erased."""

    needles: list[str]
    stood_in: set[str]
    foretold: dict[str, int]


@pytest.fixture(scope="module")
def anna(house: Small) -> Anna:
    needles = [*digests(house, ANNA), ANNA.email, ANNA.username, str(ANNA.number)]
    foretold = matches(house.settings, house.tenant, parsed([f"email={ANNA.email}"]))
    return Anna(needles, places(house, needles), foretold)


@pytest.fixture(scope="module")
def erased(house: Small, anna: Anna) -> Act[Erased]:
    before = rows(house)
    subject = parsed([f"email={ANNA.email}", f"id={ANNA.number}"])
    return Act(erase(house.settings, house.tenant, subject, OFFICER), before, rows(house))


def test_an_erased_person_is_nowhere_and_does_not_come_back(
    house: Small, anna: Anna, erased: Act[Erased]
) -> None:
    assert {place for place in anna.stood_in if "/" not in place} == set(TABLES)
    assert [place for place in anna.stood_in if place.startswith("gs/landing/northwind/raw/")]
    assert anna.foretold["days of raw.shopify_orders"] == len(DAYS)
    assert erased.said.left == [] and erased.said.told["searched"]["tables"] == len(TABLES)
    assert places(house, anna.needles) == set()
    house.fetch("shopify_orders", all_records()["shopify_orders"])
    assert places(house, anna.needles) == set()


def test_orders_keep_their_amounts_and_others_keep_everything(erased: Act[Erased]) -> None:
    assert {t: n for t, n in erased.said.told["rows"].items() if n} == {
        "raw.shopify_orders": 3,
        "raw.shopify_customers": 1,
        "raw.shopee_orders": 3,
        "raw.shopee_escrow": 3,
        "staging.orders": 6,
        "ops.dead_letters": 1,
    }
    for table, amount in (
        ("raw.shopify_orders", "total_price"),
        ("raw.shopee_orders", "total_amount"),
        ("staging.orders", "net_amount"),
    ):
        old, new = erased.before[table], erased.after[table]
        assert total(new, amount) == total(old, amount) > 0, table
        key = "order_sn" if table == "raw.shopee_orders" else "order_id"
        changed = {row[key] for row in new} - {row[key] for row in new if row in old}
        assert len(changed) == erased.said.told["rows"][table], table
        for row in new:
            if row[key] in changed:
                assert not {row.get(c) for c in ("customer_id", "email", "phone", "buyer_user_id")} - {None}


def total(found: list[dict[str, Any]], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in found), Decimal(0))


@pytest.fixture(scope="module")
def rotated(house: Small, erased: Act[Erased]) -> Act[tuple[Rotated, list[str]]]:
    before = rows(house)
    old = sorted({d for p in PEOPLE for d in house.digests_of(p)})
    return Act((rotate(house.settings, house.tenant, OFFICER), old), before, rows(house))


def test_after_a_rotation_the_same_rows_join_and_no_old_digest_is_left(
    house: Small, rotated: Act[tuple[Rotated, list[str]]]
) -> None:
    done, old = rotated.said
    assert done.told["keys"] == 2 and done.told["rows"]["staging.orders"] == 12
    assert places(house, old) == set()
    assert per_customer(rotated.after) == per_customer(rotated.before)
    stored = {row["customer_id"] for row in rotated.after["staging.orders"]}
    assert {house.names.digest(p.gid) for p in PEOPLE if p is not ANNA} < stored


def per_customer(found: Rows) -> list[tuple[int, Decimal]]:
    """Orders and money of each customer, by nobody's name."""
    paid: dict[str, list[Decimal]] = {}
    for row in found["staging.orders"]:
        paid.setdefault(row["customer_id"], []).append(row["net_amount"])
    return sorted((len(amounts), sum(amounts, Decimal(0))) for amounts in paid.values())


@pytest.fixture(scope="module")
def expired(house: Small, rotated: Act[tuple[Rotated, list[str]]]) -> Act[tuple[Plan, Plan]]:
    path = house.folder / "tenants" / "northwind.yaml"
    kept = {"raw_days": 300, "platforms": {"shopify": {"raw_days": None}}}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"retention": kept}))
    before, now = rows(house), house.at + LATE
    foretold = plan(house.settings, house.tenant, now)
    return Act((foretold, expire(house.settings, house.tenant, now, OFFICER)), before, rows(house))


def test_old_raw_days_go_with_their_dead_letters_and_nothing_else(
    house: Small, expired: Act[tuple[Plan, Plan]]
) -> None:
    foretold, done = expired.said
    assert done.told() == foretold.told()
    assert {f"{r.layer}.{r.table}": r.rows for r in done.rows} == {
        "raw.shopee_orders": 9,
        "raw.shopee_escrow": 9,
    }
    gone = {"raw.shopee_orders", "raw.shopee_escrow", "ops.dead_letters"}
    assert expired.after == {t: [] if t in gone else found for t, found in expired.before.items()}
    assert not expire(house.settings, house.tenant, house.at + LATE, OFFICER)


def test_a_tenant_leaves_with_everything_and_its_datasets_go(
    house: Small, expired: Act[tuple[Plan, Plan]], tmp_path: Path
) -> None:
    kept = rows(house)
    with client(house.settings) as at:
        at.create_dataset("dev_marketing_siam_raw")
        at.create_dataset("prod_marketing_northwind_raw")
        export_tenant(house.settings, house.tenant, tmp_path / "export", OFFICER)
        for table, found in kept.items():
            layer, name = table.split(".")
            frame = pl.read_parquet(tmp_path / "export" / "tables" / layer / f"{name}.parquet")
            assert (frame.sort(pl.all()).to_dicts() if frame.height else []) == found, table
        assert len(verify(tmp_path / "export", "northwind")["files"]) > len(TABLES)
        leave(house.settings, "northwind", OFFICER)
        assert not house.landing.fs.exists(house.landing.path("northwind"))
        left = {d.dataset_id for d in at.list_datasets()}
    assert left == {"dev_marketing_siam_raw", "prod_marketing_northwind_raw"}, "another tenant's, another's"
    assert [p for p in house.settings.home.rglob("*northwind*") if "reports" not in p.parts] == []
    assert acts.read(house.settings, "northwind")[-1].kind == "offboard"
