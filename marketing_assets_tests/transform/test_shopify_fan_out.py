"""However often an order is paid, captured, refunded, discounted or edited: one row, and its money once.

The cases are those in which other models of such data counted twice: a line's total that was multiplied by
its quantity again (fivetran/dbt_shopify, issue 165), and a join to transactions by kind that doubled refunds,
taxes, discounts and shipping of orders with a sale and a capture (issue 176).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from marketing_assets.partitions import DayRange
from marketing_assets_tests.transform.conftest import House
from marketing_assets_tests.transform.raw import SHOP, Row
from marketing_assets_tests.transform.raw_shopify import (
    CONNECTION,
    line,
    money_moved,
    open_store,
    refund,
    sell,
    store_order,
)

DAY = date(2026, 2, 10)
"""Weeks before the payload was fetched: a fee that is not told by then never will be."""
DAYS = DayRange(DAY, DAY)
CONNECTIONS = [{"platform": "shopee", "account_id": SHOP}, CONNECTION]


def moved(kind: str, amount: str, fee: str = "0", **fields: object) -> Row:
    return money_moved(DAY, kind, amount, fee, **fields)


ORDERS = (
    # Wholesale: quantities in the thousands.
    store_order(DAY, 1, line(11, 8000, "1.95"), line(12, 800, "6.95"), transactions=[moved("SALE", "21160")]),
    # A sale and a capture by two gateways, and one refund.
    store_order(
        DAY,
        2,
        line(21, 1, "54.99", "5.00"),
        line(22, 1, "20.00"),
        financial_status="PARTIALLY_REFUNDED",
        payment_gateway_names=["cards", "paypal"],
        total_shipping=Decimal(7),
        total_tax=Decimal(2),
        transactions=[
            moved("SALE", "58.99", "1.71"),
            moved("AUTHORIZATION", "20", gateway="paypal"),
            moved("CAPTURE", "20", "0.88", gateway="paypal"),
            moved("REFUND", "10"),
        ],
        refunds=[refund("10")],
    ),
    # Authorised twice, captured in three parts, a part that failed, several refunds with several lines.
    store_order(
        DAY,
        3,
        line(31, 3, "50", "10", "5", left=1),
        line(32, 2, "110", "11", left=1),
        financial_status="PARTIALLY_REFUNDED",
        total_shipping=Decimal(30),
        transactions=[
            moved("AUTHORIZATION", "374", status="FAILURE"),
            moved("AUTHORIZATION", "374"),
            moved("CAPTURE", "100", "3.20"),
            moved("CAPTURE", "200", status="ERROR"),
            moved("CAPTURE", "200", "6.10"),
            moved("CAPTURE", "74", "2.45"),
            moved("REFUND", "45"),
            moved("REFUND", "20"),
            moved("REFUND", "129.50"),
        ],
        refunds=[refund("65", (31, 1), shipping="20"), refund("129.50", (31, 1), (32, 1), tax="0")],
    ),
    # Two of three units edited out before they were paid for, and a line edited out whole.
    store_order(
        DAY,
        4,
        line(41, 3, "40", "12", left=1),
        line(42, 2, "99", left=0),
        line(43, 1, "10"),
        transactions=[moved("SALE", "46", "1.63")],
    ),
    # Edited down and then returned: of four units one was edited out and one came back.
    store_order(
        DAY,
        5,
        line(51, 4, "25", left=2),
        financial_status="PARTIALLY_REFUNDED",
        transactions=[moved("SALE", "75", "2.48"), moved("REFUND", "25")],
        refunds=[refund("25", (51, 1))],
    ),
    # Authorised, not yet captured, and tried again: revenue from the lines, once.
    store_order(
        DAY,
        6,
        line(61, 1, "80"),
        financial_status="AUTHORIZED",
        transactions=[moved("AUTHORIZATION", "80"), moved("AUTHORIZATION", "80")],
    ),
)

TOLD = ("gross_revenue", "discounts", "refunds", "net_revenue", "shipping_charged", "payment_fees")
EXPECTED = {
    "1": ("21160", "0", "0", "21160", "0", "0"),
    "2": ("74.99", "5", "10", "59.99", "7", "2.59"),
    "3": ("370", "26", "174.50", "169.50", "10", "11.75"),
    "4": ("50", "4", "0", "46", "0", "1.63"),
    "5": ("75", "0", "25", "50", "0", "2.48"),
    "6": ("80", "0", "0", "80", "0", "0"),
}


def test_an_order_is_one_row_and_its_money_counts_once(house: Callable[..., House]) -> None:
    h = house(connections=CONNECTIONS)
    h.raw.nothing(DAYS)
    open_store(h, DAYS)
    sell(h, DAYS, *ORDERS)
    result = h.run(DAYS)
    rows = h.rows("mart.order_profit")
    assert sorted(row["order_id"] for row in rows) == sorted(EXPECTED)
    assert {row["order_id"]: {name: row[name] for name in TOLD} for row in rows} == {
        number: {name: Decimal(amount) for name, amount in zip(TOLD, amounts, strict=True)}
        for number, amounts in EXPECTED.items()
    }
    [day] = h.rows("mart.daily_profit")
    assert day["net_revenue"] == sum(Decimal(amounts[3]) for amounts in EXPECTED.values())
    units = {row["order_id"]: (row["units"], row["returned_units"]) for row in h.rows("staging.orders")}
    assert units == {"1": (8800, 0), "2": (2, 0), "3": (5, 3), "4": (2, 0), "5": (3, 1), "6": (1, 0)}
    failed = {e.check_name for e in result.get_asset_check_evaluations() if not e.passed}
    assert failed <= {"skus_are_mapped"}
