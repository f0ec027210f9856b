"""A disk that fills up, and a page of 100 MB."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest

from marketing_assets.partitions import DayRange
from marketing_assets_tests.e2e.children import Told, heard_from, run_asset
from marketing_assets_tests.e2e.house import House
from marketing_assets_tests.installation import shipped, write_tenant

pytestmark = pytest.mark.xdist_group("e2e_bad")

ORDERS = "siam/raw/shopee_orders"
FULL = DayRange(date(2026, 6, 1), date(2026, 6, 30))
KEPT = DayRange(date(2026, 6, 1), date(2026, 6, 2))


@pytest.mark.parametrize(
    ("largest", "place", "advice"),
    [
        (4_096, "landing/siam/raw/shopee/shopee_orders", "free space or set MARKETING_LANDING_URL elsewhere"),
        (1_000_000, "warehouse/siam", "The old content stands; free space on that disk"),
    ],
)
def test_a_disk_that_fills_up_keeps_the_old_rows(house: House, largest: int, place: str, advice: str) -> None:
    """The limit is on the size of a file, which fails as a full disk does, and needs no disk to fill."""
    assert house.run("siam", KEPT, f"key:{ORDERS}").success
    old = house.rows("siam", "raw.shopee_orders", FULL)
    landed = _fetches(house)
    told: Told = heard_from(run_asset, house.installation.env, ORDERS, FULL.first, FULL.last, largest)
    [said] = told.failures
    assert said.startswith(f"siam/shopee/shopee_orders, days {FULL}: no ")
    assert f"{house.home}/{place}" in said and advice in said
    assert house.rows("siam", "raw.shopee_orders", FULL) == old
    if place.startswith("landing"):
        assert _fetches(house) == landed, "half a fetch stays behind"
    healed = house.run("siam", FULL, f"key:{ORDERS}")
    assert healed.success, healed.complaint
    truth = house.truth("siam", FULL)
    rows = house.rows("siam", "raw.shopee_orders", FULL)
    for day in FULL:
        sold = [r for r in rows if r["day"] == day and r["order_status"] not in {"UNPAID", "CANCELLED"}]
        assert len(sold) == truth["shopee", day]["orders"]


def _fetches(house: House) -> list[str]:
    root = house.home / "landing" / "siam" / "raw" / "shopee" / "shopee_orders"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


LARGE_DAY = date(2026, 5, 5)
LARGE_ORDERS, ITEMS = 50, 4_000
"""One answer of order details holds 50 orders at most; of 2 MB each, they make a page of 100 MB."""


def _large_page() -> bytes:
    created = int(datetime(2026, 5, 5, 5, tzinfo=UTC).timestamp())
    items = [
        {
            "item_id": number,
            "item_name": f"ผ้าขนหนู {number} " + "🛁" * 80,
            "model_id": number,
            "model_sku": f"SKU-{number}",
            "model_quantity_purchased": 1,
            "model_original_price": 10.25,
            "model_discounted_price": 10.25,
        }
        for number in range(ITEMS)
    ]
    orders = [
        {
            "order_sn": f"LARGE{number:03d}",
            "order_status": "COMPLETED",
            "currency": "THB",
            "region": "TH",
            "total_amount": 10.25 * ITEMS,
            "create_time": created,
            "update_time": created,
            "buyer_username": f"somebody.{number}",
            "item_list": items,
        }
        for number in range(LARGE_ORDERS)
    ]
    return orjson.dumps({"error": "", "message": "", "request_id": "1", "response": {"order_list": orders}})


@pytest.fixture(scope="module")
def large_shop() -> Iterator[tuple[str, int]]:
    """A shop that answers every question for details with one page of 100 MB; its address and the size."""
    details = _large_page()
    numbers = [{"order_sn": f"LARGE{n:03d}", "order_status": "COMPLETED"} for n in range(LARGE_ORDERS)]
    listing = orjson.dumps(
        {"error": "", "response": {"more": False, "next_cursor": "", "order_list": numbers}}
    )

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = details if "get_order_detail" in self.path else listing
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", len(details)
        server.shutdown()
        thread.join()


def test_a_page_of_100_mb_comes_through_in_bounded_memory(
    house: House, large_shop: tuple[str, int], tmp_path: Path
) -> None:
    address, size = large_shop
    assert size > 100_000_000
    content = shipped("siam", house.sandbox)
    content["connections"][0]["base_url"] = address
    write_tenant(tmp_path, "siam", content)
    env = house.installation.env | {"MARKETING_TENANTS_DIR": str(tmp_path)}
    told: Told = heard_from(run_asset, env, ORDERS, LARGE_DAY, LARGE_DAY, None)
    assert (told.failures, told.failed_checks) == ([], [])
    assert told.mebibytes < 900, f"{told.mebibytes:.0f} MiB for a page of {size / 2**20:.0f} MiB"
    warehouse = house.installation.warehouse("siam")
    orders = warehouse.relation("raw", "shopee_orders")
    stored = warehouse.query(
        f"select count(*) as orders, sum(len(item_list)) as items from {orders} where day = $day",
        {"day": LARGE_DAY},
    )
    assert stored.row(0) == (LARGE_ORDERS, LARGE_ORDERS * ITEMS)
    staged = house.run("siam", DayRange(LARGE_DAY, LARGE_DAY), "key:siam/staging/stg_shopee__order_items")
    assert staged.success, staged.complaint
    items = warehouse.relation("staging", "stg_shopee__order_items")
    counted = warehouse.query(f"select count(*) as n from {items} where day = $day", {"day": LARGE_DAY})
    assert counted["n"].item() == LARGE_ORDERS * ITEMS
