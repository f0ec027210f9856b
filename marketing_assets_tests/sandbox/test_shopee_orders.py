"""Order listings, details and escrow as they come over the wire."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.sandbox.conftest import Seller, Sellers

DAY = 86_400


def money(value: float) -> Decimal:
    return Decimal(str(value))


@pytest.mark.parametrize("field", ["create_time", "update_time"])
def test_paging_loses_and_repeats_nothing(siam: Seller, now: int, field: str) -> None:
    window = now - 14 * DAY, now
    by_many = [row["order_sn"] for row in siam.listed(field, *window, size=100)]
    by_few = [row["order_sn"] for row in siam.listed(field, *window, size=37)]
    assert by_few == by_many
    assert len(set(by_many)) == len(by_many) > 500


def test_listings_are_sorted_by_their_time_and_keep_to_the_window(siam: Seller, now: int) -> None:
    first, last = now - 3 * DAY, now - DAY
    numbers = [row["order_sn"] for row in siam.listed("update_time", first, last)]
    times = {row["order_sn"]: row["update_time"] for row in siam.details(numbers)}
    assert [times[sn] for sn in numbers] == sorted(times.values())
    assert first <= min(times.values()) and max(times.values()) <= last


def test_cursors_are_opaque_and_belong_to_their_window(siam: Seller, now: int) -> None:
    asked: dict[str, Any] = {"time_range_field": "create_time", "time_to": now, "page_size": 10}
    answer = siam.get("order/get_order_list", **asked, time_from=now - DAY).json()["response"]
    assert answer["more"] and not answer["next_cursor"].isdigit()
    other = siam.get(
        "order/get_order_list", **asked, time_from=now - 2 * DAY, cursor=answer["next_cursor"]
    ).json()
    guessed = siam.get("order/get_order_list", **asked, time_from=now - DAY, cursor="20").json()
    assert other["error"] == guessed["error"] == "error_param"


@pytest.mark.parametrize("span", [15 * DAY + 1, 0, -5])
def test_windows_over_fifteen_days_are_refused(siam: Seller, now: int, span: int) -> None:
    asked = {"time_range_field": "create_time", "time_from": now - span, "time_to": now, "page_size": 10}
    answer = siam.get("order/get_order_list", **asked)
    assert answer.status_code == 200
    assert answer.json()["error"] == "order.order_list_invalid_time"
    assert answer.json()["message"] == "Start time must be earlier than end time and diff in 15days."
    assert answer.json()["request_id"]


@pytest.mark.parametrize("size", [0, 101, "many"])
def test_page_sizes_have_limits(siam: Seller, now: int, size: object) -> None:
    asked = {"time_range_field": "create_time", "time_from": now - DAY, "time_to": now, "page_size": size}
    assert siam.get("order/get_order_list", **asked).json()["error"] == "error_param"


def test_the_status_filter_and_the_optional_status_agree(siam: Seller, now: int) -> None:
    window = now - 15 * DAY, now
    told = siam.listed("create_time", *window, response_optional_fields="order_status")
    cancelled = siam.listed("create_time", *window, order_status="CANCELLED")
    assert [row["order_sn"] for row in told if row["order_status"] == "CANCELLED"] == [
        row["order_sn"] for row in cancelled
    ]
    assert {"UNPAID", "READY_TO_SHIP", "SHIPPED", "COMPLETED", "CANCELLED"} <= {
        row["order_status"] for row in told
    }


def test_details_carry_base_fields_unless_asked(siam: Seller, now: int) -> None:
    sn = siam.listed("create_time", now - DAY, now)[0]["order_sn"]
    bare = siam.get("order/get_order_detail", order_sn_list=sn).json()["response"]["order_list"][0]
    assert {"order_sn", "currency", "order_status", "create_time", "update_time"} <= set(bare)
    assert not {"item_list", "total_amount", "buyer_user_id", "recipient_address"} & set(bare)
    full = siam.details([sn])[0]
    assert full["item_list"] and "****" in full["recipient_address"]["name"]


def test_details_take_fifty_orders(siam: Seller, now: int) -> None:
    numbers = [row["order_sn"] for row in siam.listed("create_time", now - 3 * DAY, now)][:51]
    assert len(numbers) == 51
    assert (
        siam.get("order/get_order_detail", order_sn_list=",".join(numbers)).json()["error"] == "error_param"
    )
    assert len(siam.details(numbers)) == 51


def test_escrow_and_items_tell_the_same_money(siam: Seller, now: int) -> None:
    numbers = [row["order_sn"] for row in siam.listed("create_time", now - 60 * DAY, now - 46 * DAY)]
    incomes = siam.incomes(numbers)
    seen_vouchers = seen_refunds = 0
    for order in siam.details(numbers):
        income, items = incomes[order["order_sn"]], order["item_list"]
        gross = sum(money(i["model_original_price"]) * i["model_quantity_purchased"] for i in items)
        paid = sum(money(i["model_discounted_price"]) * i["model_quantity_purchased"] for i in items)
        back = sum(money(i["model_discounted_price"]) * i["returned_qty"] for i in items)
        assert money(income["original_price"]) == gross
        assert money(income["seller_discount"]) == gross - paid
        assert -money(income["seller_return_refund"]) == back
        platform = sum(money(income[name]) for name in ("shopee_discount", "voucher_from_shopee", "coins"))
        voucher = money(income["voucher_from_seller"])
        shipping = money(income["buyer_paid_shipping_fee"])
        assert money(order["total_amount"]) == paid - voucher - platform + shipping
        assert sum(money(i["discount_from_voucher_seller"]) for i in income["items"]) == voucher
        assert not (back and voucher)
        seen_vouchers += voucher > 0
        seen_refunds += back > 0
    assert seen_vouchers and seen_refunds


def test_escrow_amount_is_what_is_left(siam: Seller, now: int) -> None:
    rows = siam.listed("create_time", now - 60 * DAY, now - 50 * DAY, order_status="COMPLETED")
    for income in siam.incomes([row["order_sn"] for row in rows]).values():
        taken = (
            "seller_discount",
            "voucher_from_seller",
            "commission_fee",
            "service_fee",
            "seller_transaction_fee",
            "order_ams_commission_fee",
            "escrow_tax",
            "withholding_tax",
            "vat_on_imported_goods",
            "actual_shipping_fee",
        )
        given = (
            "original_price",
            "buyer_paid_shipping_fee",
            "shopee_shipping_rebate",
            "seller_return_refund",
        )
        left = sum(money(income[name]) for name in given) - sum(money(income[name]) for name in taken)
        assert money(income["escrow_amount"]) == left
        corrected = left + sum(money(entry["amount"]) for entry in income["order_adjustment"])
        assert money(income["escrow_amount_after_adjustment"]) == corrected


def test_settled_fees_differ_from_their_estimates(own_sandbox: Sandbox, seller_of: Sellers, now: int) -> None:
    seller = seller_of(own_sandbox, "siam")
    rows = seller.listed("create_time", now - 3 * DAY, now - 2 * DAY, response_optional_fields="order_status")
    alive = [row["order_sn"] for row in rows if row["order_status"] not in ("CANCELLED", "COMPLETED")]
    before = seller.incomes(alive)
    own_sandbox.world.clock.set_as_of(datetime.fromtimestamp(now + 30 * DAY, UTC))
    after = seller.incomes(alive)
    changed = [sn for sn in alive if before[sn]["commission_fee"] != after[sn]["commission_fee"]]
    assert 0 < len(changed) < len(alive)


def test_single_and_batch_escrow_agree(siam: Seller, now: int) -> None:
    sn = siam.listed("create_time", now - 40 * DAY, now - 39 * DAY)[0]["order_sn"]
    single = siam.get("payment/get_escrow_detail", order_sn=sn).json()["response"]
    assert single["order_income"] == siam.incomes([sn])[sn]


def test_released_payouts_are_paged_by_number(siam: Seller, now: int) -> None:
    asked = {"release_time_from": now - 5 * DAY, "release_time_to": now}
    numbers: list[str] = []
    page, more = 1, True
    while more:
        answer = siam.get("payment/get_escrow_list", **asked, page_no=page).json()["response"]
        numbers += [row["order_sn"] for row in answer["escrow_list"]]
        more, page = answer["more"], page + 1
    assert page > 2
    assert len(numbers) == len(set(numbers))
    assert {row["order_status"] for row in siam.details(numbers)} == {"COMPLETED"}


def test_texts_hold_thai_and_emoji_and_some_skus_are_messy(siam: Seller, now: int) -> None:
    numbers = [row["order_sn"] for row in siam.listed("create_time", now - 15 * DAY, now)]
    items = [item for order in siam.details(numbers) for item in order["item_list"]]
    names = "".join(item["item_name"] for item in items)
    assert "กระเป๋า" in names and "👜" in names
    skus = {item["model_sku"] or item["item_sku"] for item in items}
    assert any(sku != sku.strip().upper() for sku in skus)


def test_orders_have_both_sides_of_midnight(siam: Seller, now: int) -> None:
    orders = siam.details([row["order_sn"] for row in siam.listed("create_time", now - 15 * DAY, now)])
    hours = {(order["create_time"] // 3600 + 7) % 24 for order in orders}
    assert {22, 23, 0, 1} <= hours
    assert {order["cod"] for order in orders} == {True, False}


def test_an_unknown_path_and_order_are_told_in_the_envelope(siam: Seller) -> None:
    assert siam.get("order/get_nothing").json()["error"] == "error_not_found"
    assert (
        siam.get("order/get_order_detail", order_sn_list="261101XXXXXXXX").json()["error"]
        == "error_not_found"
    )
