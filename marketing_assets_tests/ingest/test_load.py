"""From pages to raw rows: landing, duplicates, dead letters, replay, days that change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from marketing_assets.ingest.fetch import land
from marketing_assets.ingest.landing import Landing, LandingError, Manifest
from marketing_assets.ingest.raw_table import RawOutcome, load_and_compare, ranges_to_fetch, replay_raw
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.platform import Control, Page, RawTable, Refresh
from marketing_assets.platforms.shopee.tables import ORDERS
from marketing_assets.platforms.wire import Counters
from marketing_assets.tenants import Tenant, parse_tenant
from marketing_assets.warehouse.duckdb import DuckDBWarehouse

REPOSITORY = Path(__file__).parents[2]
FIRST = date(2026, 11, 1)
DAYS = DayRange(FIRST, FIRST + timedelta(days=2))
NOON = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)  # 12:00 in Bangkok


@pytest.fixture
def siam() -> Tenant:
    tenant, _ = parse_tenant(REPOSITORY / "tenants" / "siam.yaml")
    assert tenant is not None
    return tenant


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(str(tmp_path / "landing"))


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "siam.duckdb")


def order(number: str, day: int = 0, **changes: Any) -> bytes:
    created = int((NOON + timedelta(days=day)).timestamp())
    record = {
        "order_sn": number,
        "currency": "THB",
        "order_status": "COMPLETED",
        "total_amount": 100,
        "create_time": created,
        "update_time": created,
        "item_list": [{"item_id": 1, "model_quantity_purchased": 1, "model_original_price": 100}],
        "_context": {"shop_id": "9"},
        **changes,
    }
    return orjson.dumps(record)


def control(**rows: int) -> list[Control]:
    """`control(d0=2, d1=1)`: what the platform counts on each day of the range."""
    return [Control(FIRST + timedelta(days=int(k[1:])), {"rows": Decimal(n)}) for k, n in rows.items()]


class Fetcher:
    """Lands given pages as one fetch of the orders table."""

    def __init__(self, landing: Landing, tenant: Tenant):
        self.landing, self.tenant, self.at = landing, tenant, datetime(2026, 11, 10, tzinfo=UTC)

    def __call__(self, *pages: list[bytes], controls: list[Control], days: DayRange = DAYS) -> Manifest:
        def items(_client: Any, _window: Any) -> Iterator[Page | Control]:
            for number, records in enumerate(pages):
                yield Page({"path": "/orders", "page": str(number)}, records)
            yield from controls

        self.at += timedelta(hours=1)
        table = RawTable(ORDERS, Refresh.CHANGED, items)
        client: Any = SimpleNamespace(transport=SimpleNamespace(counters=Counters(calls=3)))
        connection = self.tenant.connections_to("shopee")[0]
        platform = PLATFORMS["shopee"]
        return land(
            self.landing, self.tenant, platform, table, connection, days, b"key", client, lambda: self.at
        )


@pytest.fixture
def fetch(landing: Landing, siam: Tenant) -> Fetcher:
    return Fetcher(landing, siam)


def loaded(warehouse: DuckDBWarehouse, landing: Landing, manifest: Manifest) -> RawOutcome:
    return load_and_compare(warehouse, landing, ORDERS, {d: [manifest] for d in manifest.days})


def rows(warehouse: DuckDBWarehouse) -> dict[str, dict[str, Any]]:
    frame = warehouse.read("raw", "shopee_orders")
    result = {row["order_sn"]: row for row in frame.iter_rows(named=True)}
    assert len(result) == frame.height
    return result


def test_pages_become_rows_that_lead_back_to_their_payload(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse
) -> None:
    manifest = fetch([order("A"), order("B", 1)], [order("C", 2)], controls=control(d0=1, d1=1, d2=1))
    outcome = loaded(warehouse, landing, manifest)
    assert outcome.differences == []
    found = rows(warehouse)
    assert set(found) == {"A", "B", "C"}
    assert found["B"]["day"] == FIRST + timedelta(days=1)
    assert found["B"]["tenant_id"] == "siam"
    assert found["B"]["_ingested_at"] == fetch.at
    [file] = manifest.files
    assert found["B"]["_source_file"] == file.path
    landed = [line for _, chunk in landing.lines(file, 1000) for line in chunk.splitlines()]
    assert found["B"]["raw_json"].encode() == landed[1]
    assert [(p.records, p.first_line) for p in manifest.pages] == [(2, 0), (1, 2)]


def test_the_newest_of_twins_stays_wherever_it_comes(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse
) -> None:
    later = int(NOON.timestamp()) + 60
    manifest = fetch(
        [order("A"), order("B", order_status="SHIPPED"), order("A")],
        [order("B", update_time=later, order_status="COMPLETED"), order("C", update_time=later)],
        [order("C", order_status="UNPAID"), order("C", update_time=later)],
        controls=control(d0=3, d1=0, d2=0),
    )
    outcome = loaded(warehouse, landing, manifest)
    assert {k: v["order_status"] for k, v in rows(warehouse).items()} == {
        "A": "COMPLETED",
        "B": "COMPLETED",
        "C": "COMPLETED",
    }
    assert outcome.loaded is not None
    assert outcome.loaded.duplicates == 4
    assert outcome.differences == []
    assert outcome.duplicate_keys == 0


def test_a_record_that_breaks_the_contract_is_kept_apart_with_its_reason(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse
) -> None:
    manifest = fetch([order("A"), order("B", 1, total_amount="abc")], controls=control(d0=1, d1=1, d2=0))
    outcome = loaded(warehouse, landing, manifest)
    assert set(rows(warehouse)) == {"A"}
    [letter] = warehouse.read("ops", "dead_letters").iter_rows(named=True)
    assert letter["reason"] == "total_amount: 'abc' is no NUMERIC"
    assert letter["record_key"] == "shop_id=9, order_sn=B"
    assert (letter["day"], letter["line"]) == (FIRST + timedelta(days=1), 1)
    # The platform counted it, and it is accounted for.
    assert outcome.differences == []


def test_dead_letters_of_a_day_go_when_the_day_is_mended(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse
) -> None:
    loaded(warehouse, landing, fetch([order("A", total_amount="abc")], controls=control(d0=1, d1=0, d2=0)))
    loaded(warehouse, landing, fetch([order("A")], controls=control(d0=1, d1=0, d2=0)))
    assert warehouse.read("ops", "dead_letters").is_empty()
    assert set(rows(warehouse)) == {"A"}


def test_a_row_that_vanished_at_the_platform_vanishes_here(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse
) -> None:
    loaded(warehouse, landing, fetch([order("A"), order("B", 1)], controls=control(d0=1, d1=1, d2=0)))
    loaded(warehouse, landing, fetch([order("A")], controls=control(d0=1, d1=0, d2=0)))
    assert set(rows(warehouse)) == {"A"}


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (control(d0=2, d1=0, d2=0), "2026-11-01: rows is 1, the platform says 2"),
        (control(d0=1, d1=5, d2=0), "2026-11-02: rows is 0, the platform says 5"),
        (control(d0=1, d1=0), "2026-11-03: the platform gave no count of its own"),
        (control(d0=0, d1=0, d2=0), "2026-11-01: rows is 1, the platform says 0"),
    ],
)
def test_what_the_platform_counts_otherwise_is_a_finding(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse, said: list[Control], complaint: str
) -> None:
    outcome = loaded(warehouse, landing, fetch([order("A")], controls=said))
    assert [complaint] == [str(d)[: len(complaint)] for d in outcome.differences]


def test_a_day_without_orders_is_fine_where_the_platform_says_so(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse
) -> None:
    outcome = loaded(warehouse, landing, fetch(controls=control(d0=0, d1=0, d2=0)))
    assert outcome.differences == []
    assert warehouse.read("raw", "shopee_orders").is_empty()


def test_a_replay_takes_each_day_from_its_newest_complete_fetch(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse, siam: Tenant
) -> None:
    platform = PLATFORMS["shopee"]
    table = next(t for t in platform.tables if t.name == "shopee_orders")
    fetch([order("old-0"), order("old-1", 1), order("old-2", 2)], controls=control(d0=1, d1=1, d2=1))
    middle = DayRange(FIRST + timedelta(days=1), FIRST + timedelta(days=1))
    fetch([order("new-1", 1)], controls=control(d1=1), days=middle)
    outcome = replay_raw(warehouse, landing, siam, platform, table, DAYS)
    assert set(rows(warehouse)) == {"old-0", "new-1", "old-2"}
    assert outcome.differences == []
    before = rows(warehouse)
    replay_raw(warehouse, landing, siam, platform, table, DAYS)
    assert rows(warehouse) == before


def test_a_replay_names_the_days_that_never_landed(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse, siam: Tenant
) -> None:
    platform = PLATFORMS["shopee"]
    table = next(t for t in platform.tables if t.name == "shopee_orders")
    fetch(controls=control(d0=0, d1=0, d2=0))
    asked = DayRange(FIRST, FIRST + timedelta(days=4))
    with pytest.raises(LookupError, match=r"siam/shopee/220011881: .*2026-11-04\.\.2026-11-05"):
        replay_raw(warehouse, landing, siam, platform, table, asked)


def test_a_fetch_that_fails_leaves_nothing_that_counts(landing: Landing, siam: Tenant) -> None:
    def breaks(_client: Any, _window: Any) -> Iterator[Page | Control]:
        yield Page({}, [order("A")])
        raise RuntimeError("gone")

    client: Any = SimpleNamespace(transport=SimpleNamespace(counters=Counters()))
    connection = siam.connections_to("shopee")[0]
    with pytest.raises(RuntimeError, match="gone"):
        land(
            landing,
            siam,
            PLATFORMS["shopee"],
            RawTable(ORDERS, Refresh.CHANGED, breaks),
            connection,
            DAYS,
            b"key",
            client,
        )
    assert landing.newest("siam", "shopee", "shopee_orders", connection.account_id, DAYS) == {}
    assert list(Path(landing.root).rglob("*.zst")) == []


def test_a_landed_part_cut_short_is_refused(
    fetch: Fetcher, landing: Landing, warehouse: DuckDBWarehouse
) -> None:
    manifest = fetch([order(str(i)) for i in range(500)], controls=control(d0=500, d1=0, d2=0))
    part = Path(landing.path(manifest.files[0].path))
    part.write_bytes(part.read_bytes()[:-4])
    with pytest.raises(LandingError, match="part-00001"):
        loaded(warehouse, landing, manifest)
    assert warehouse.count_by_day("raw", "shopee_orders", DAYS) == dict.fromkeys(DAYS, 0)


def test_what_is_fetched_depends_on_how_a_table_refreshes() -> None:
    today = FIRST + timedelta(days=2)
    tables = {r: RawTable(ORDERS, r, lambda *_: iter(())) for r in Refresh}
    assert ranges_to_fetch(tables[Refresh.RESTATED], DAYS, today, [FIRST]) == [DAYS]
    assert ranges_to_fetch(tables[Refresh.CHANGED], DAYS, today, None) == [DAYS]
    assert ranges_to_fetch(tables[Refresh.CHANGED], DAYS, today, [FIRST]) == [DayRange(FIRST, FIRST)]
    assert ranges_to_fetch(tables[Refresh.CHANGED], DAYS, today, []) == []
    assert ranges_to_fetch(tables[Refresh.SNAPSHOT], DAYS, today, None) == [DayRange(today, today)]
    assert ranges_to_fetch(tables[Refresh.SNAPSHOT], DAYS, today + timedelta(days=1), None) == []
