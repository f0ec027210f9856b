"""Shopify's raw orders written by hand: an order, its lines, movements of money and refunds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.shopify import tables as shopify
from marketing_assets.schema import Column
from marketing_assets_tests.transform.conftest import House
from marketing_assets_tests.transform.raw import Row, noon, write

STORE = "siam-store"
CONNECTION = {"platform": "shopify", "account_id": STORE, "settings": {"client_id": "c"}}


def _filled(fields: Sequence[Column], **given: object) -> Row:
    return {f.name: given.get(f.name) for f in fields}


def line(number: int, quantity: int, price: str, *discounts: str, left: int | None = None) -> Row:
    """`discounts`: allocations of the whole line; `left`: units after returns and edits, else all."""
    columns = shopify.ORDERS.column("line_items").fields
    allocations = next(f for f in columns if f.name == "discount_allocations").fields
    return _filled(
        columns,
        id=f"gid://shopify/LineItem/{number}",
        title="Lamp",
        sku="LAMP-01",
        quantity=quantity,
        current_quantity=quantity if left is None else left,
        original_unit_price=Decimal(price),
        discount_allocations=[_filled(allocations, amount=Decimal(amount)) for amount in discounts],
        taxes=[],
        product_id="gid://shopify/Product/1",
        variant_id="gid://shopify/ProductVariant/1",
    )


def money_moved(day: date, kind: str, amount: str, fee: str = "0", **fields: object) -> Row:
    """A transaction of an order; a fee of zero is one that was not told."""
    columns = shopify.ORDERS.column("transactions").fields
    fees = next(f for f in columns if f.name == "fees").fields
    told = [_filled(fees, amount=Decimal(fee), currency="THB")] if fee != "0" else []
    given = {"kind": kind, "status": "SUCCESS", "gateway": "cards"} | fields
    return _filled(columns, amount=Decimal(amount), processed_at=noon(day), fees=told, **given)


def refund(amount: str, *units: tuple[int, int], shipping: str = "0", tax: str = "0") -> Row:
    """Money given back for units of lines; `tax` is that of each of the lines."""
    columns = shopify.ORDERS.column("refunds").fields
    nested = {f.name: f.fields for f in columns}
    lines = [
        _filled(
            nested["refund_line_items"],
            line_item_id=f"gid://shopify/LineItem/{number}",
            quantity=count,
            tax=Decimal(tax),
        )
        for number, count in units
    ]
    back = [_filled(nested["refund_shipping_lines"], subtotal=Decimal(shipping), tax=Decimal(0))]
    return _filled(
        columns,
        total_refunded=Decimal(amount),
        refund_line_items=lines,
        refund_shipping_lines=back if shipping != "0" else [],
        transactions=[],
    )


def store_order(day: date, number: int, *lines: Row, **fields: object) -> Row:
    return {
        "day": day,
        "shop_id": STORE,
        "order_id": f"gid://shopify/Order/{number}",
        "created_at": noon(day),
        "updated_at": noon(day),
        "test": False,
        "currency": "THB",
        "presentment_currency": "THB",
        "financial_status": "PAID",
        "fulfillment_status": "FULFILLED",
        "taxes_included": False,
        "payment_gateway_names": ["cards"],
        "discount_codes": [],
        "total_tax": Decimal(0),
        "total_shipping": Decimal(0),
        "line_items": list(lines),
        "transactions": [],
        "refunds": [],
    } | fields


def open_store(house: House, days: DayRange) -> None:
    """The store's tables, in which nothing has happened on the days."""
    for table in (shopify.ORDERS, shopify.PRODUCTS, shopify.SHOP):
        write(house.warehouse, table, [], days)


def sell(house: House, days: DayRange, *orders: Row) -> None:
    write(house.warehouse, shopify.ORDERS, list(orders), days)
