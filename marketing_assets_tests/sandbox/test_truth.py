"""The truth against an independent count of what the wire says."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.sandbox.conftest import Seller, Sellers

ZONES = {"siam": "Asia/Bangkok", "northwind": "America/New_York"}
NONE = {"orders": 0, "units": 0, "revenue": Decimal(0), "refunds": Decimal(0)}


def truth(
    running: Sandbox, tenant: str, first: date, last: date, platform: str = "shopee"
) -> list[dict[str, Any]]:
    asked = {"tenant": tenant, "platform": platform, "from": first.isoformat(), "to": last.isoformat()}
    rows: list[dict[str, Any]] = httpx.get(
        f"{running.control_url}/_world/truth", params=asked, timeout=60
    ).json()
    return rows


def money(value: float) -> Decimal:
    return Decimal(str(value))


def counted(seller: Seller, tenant: str, first: date, last: date) -> dict[str, dict[str, Any]]:
    """Days counted from order lists, details and escrow alone."""
    zone = ZoneInfo(ZONES[tenant])
    start = int(datetime(first.year, first.month, first.day, tzinfo=zone).timestamp())
    numbers = [row["order_sn"] for row in seller.listed("create_time", start, start + 15 * 86_400)]
    incomes = seller.incomes(numbers)
    days: dict[str, dict[str, Any]] = defaultdict(lambda: dict(NONE))
    for order in seller.details(numbers):
        day = datetime.fromtimestamp(order["create_time"], zone).date()
        if order["order_status"] in ("UNPAID", "CANCELLED") or day > last:
            continue
        income, items = incomes[order["order_sn"]], order["item_list"]
        gross = sum(money(item["model_original_price"]) * item["model_quantity_purchased"] for item in items)
        total = days[day.isoformat()]
        total["orders"] += 1
        total["units"] += sum(item["model_quantity_purchased"] for item in items)
        total["revenue"] += gross - money(income["seller_discount"]) - money(income["voucher_from_seller"])
        total["refunds"] -= money(income["seller_return_refund"])
    return days


@pytest.mark.parametrize("tenant", ["siam", "northwind"])
@pytest.mark.parametrize("first", [date(2026, 10, 26), date(2025, 12, 26)])
def test_the_truth_is_what_the_wire_says(
    sandbox: Sandbox, seller_of: Sellers, tenant: str, first: date
) -> None:
    """Fourteen days over New York's change of clocks, and over the closed days at New Year."""
    last = first + timedelta(days=13)
    days = counted(seller_of(sandbox, tenant), tenant, first, last)
    rows = truth(sandbox, tenant, first, last)
    assert [row["date"] for row in rows] == [(first + timedelta(days=n)).isoformat() for n in range(14)]
    for row in rows:
        told = {"orders": row["orders"], "units": row["units"]}
        told |= {name: Decimal(row[name]) for name in ("revenue", "refunds")}
        assert told == days.get(row["date"], NONE), row["date"]
        assert row["currency"] == {"siam": "THB", "northwind": "SGD"}[tenant]
    assert any(row["orders"] == 0 for row in rows) == (first.year == 2025)


def test_a_late_cancellation_changes_an_old_day(own_sandbox: Sandbox, seller_of: Sellers) -> None:
    day = date(2026, 9, 1)
    before = truth(own_sandbox, "siam", day, day)[0]
    seller = seller_of(own_sandbox, "siam")
    noon = int(datetime(2026, 9, 1, 5, tzinfo=ZoneInfo("UTC")).timestamp())
    sn = seller.listed("create_time", noon, noon + 3 * 3600, order_status="COMPLETED")[0]["order_sn"]
    order, income = seller.details([sn])[0], seller.incomes([sn])[sn]
    wish = {"order_sn": sn, "amend": True, "status": "CANCELLED"}
    assert httpx.post(f"{own_sandbox.control_url}/_world/orders/siam", json=wish).status_code == 201
    after = truth(own_sandbox, "siam", day, day)[0]
    net = (
        money(income["original_price"])
        - money(income["seller_discount"])
        - money(income["voucher_from_seller"])
    )
    assert after["orders"] == before["orders"] - 1
    assert after["units"] == before["units"] - sum(i["model_quantity_purchased"] for i in order["item_list"])
    assert Decimal(after["revenue"]) == Decimal(before["revenue"]) - net
    now = int(own_sandbox.world.clock.as_of.timestamp())
    assert sn in {row["order_sn"] for row in seller.listed("update_time", now - 60, now)}
    assert seller.details([sn])[0]["order_status"] == "CANCELLED"


def test_the_world_cancels_late_by_itself(own_sandbox: Sandbox) -> None:
    first, last = date(2026, 10, 25), date(2026, 11, 10)
    before = truth(own_sandbox, "siam", first, last)
    own_sandbox.world.clock.set_as_of(date(2026, 12, 20))
    after = truth(own_sandbox, "siam", first, last)
    assert sum(row["orders"] for row in after) < sum(row["orders"] for row in before)
    assert sum(Decimal(row["refunds"]) for row in after) > sum(Decimal(row["refunds"]) for row in before)


def test_ads_have_a_row_for_every_day(sandbox: Sandbox) -> None:
    rows = truth(sandbox, "northwind", date(2026, 11, 1), date(2026, 11, 7), platform="meta_ads")
    assert len(rows) == 7
    assert all(row["currency"] == "USD" and row["orders"] is None for row in rows)
    assert any(Decimal(row["spend"]) > 0 and row["conversions"] > 0 for row in rows)
