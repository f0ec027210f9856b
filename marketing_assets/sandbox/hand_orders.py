"""Orders placed or amended through ``POST /_world/orders/{tenant}``, for tests.

Place one: ``{"lines": [{"sku"?, "quantity"?, "list_price"?, "paid_price"?, "returned"?}], "created"?,
"status"?, "currency"?, "cod"?, "buyer_name"?, "message"?, "seller_voucher"?, "order_sn"?, "wire"?,
"wire_item"?, "in_truth"?}``. ``created`` is an ISO instant or Unix seconds, now when left out. An order
created in the past is touched now, so that a listing by update time finds it.

Amend one: ``{"order_sn": ..., "amend": true, "status"?, "at"?, "returned"?: true, "wire"?, "wire_item"?,
"in_truth"?}``. A new status holds from ``at`` (now when left out) and ends the order's foreseen life;
``returned`` sends everything back.

``wire`` and ``wire_item`` overwrite or add fields of the order and of its items as sent on the wire, for
answers that break the contract, such as ``{"wire_item": {"model_original_price": "abc"}}``. They do not
change the truth; ``"in_truth": false`` leaves the order out of it.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marketing_assets.sandbox.accounts import Tenant
from marketing_assets.sandbox.book import stepped, touched
from marketing_assets.sandbox.catalogue import catalogue, digest
from marketing_assets.sandbox.orders import Buyer, Extras, Line, Order, Step, status, updated
from marketing_assets.sandbox.world import World

UNPAID_STATUSES = frozenset({"UNPAID"})


def apply(world: World, tenant: str, wish: dict[str, Any]) -> Order:
    """Write the order into the world's book; raises ValueError on a wish that makes no sense."""
    now = world.clock.as_of_seconds
    order = _amended(world, tenant, wish, now) if wish.get("amend") else _placed(world, tenant, wish, now)
    world.book.put(tenant, order)
    return order


def report(order: Order, at: int) -> dict[str, Any]:
    return {
        "order_sn": order.sn,
        "order_status": status(order, at),
        "create_time": order.created,
        "update_time": updated(order, at),
        "net": f"{Decimal(order.net) / 100:.2f}",
        "units": order.units,
    }


def _seconds(value: Any, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, int):
        return value
    moment = datetime.fromisoformat(value)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _cents(value: Any) -> int:
    return int(Decimal(str(value)) * 100)


def _line(tenant: Tenant, wish: dict[str, Any]) -> Line:
    """A line of a catalogue SKU, the shop's best seller unless told; other SKUs are sold as told."""
    known = catalogue(tenant.shopee)
    best = known.items[0].models[0]
    sku = wish.get("sku", best.sku)
    model = known.by_sku.get(sku, best)
    item = known.by_id[model.item_id]
    list_price = _cents(wish["list_price"]) if "list_price" in wish else model.list_price
    return Line(
        item_id=item.item_id,
        item_name=wish.get("name", item.name),
        item_sku=item.sku if item.has_model else sku,
        model_id=model.model_id,
        model_name=model.name,
        sku=sku,
        quantity=int(wish.get("quantity", 1)),
        list_price=list_price,
        paid_price=_cents(wish["paid_price"]) if "paid_price" in wish else list_price,
        returned=int(wish.get("returned", 0)),
        weight_gram=model.weight_gram,
    )


def _placed(world: World, tenant: str, wish: dict[str, Any], now: int) -> Order:
    account = world.accounts[tenant]
    created = _seconds(wish.get("created"), now)
    state = wish.get("status", "READY_TO_SHIP")
    number = world.book.next_number()
    local = datetime.fromtimestamp(created, account.shopee.zone)
    lines = tuple(_line(account, line) for line in wish.get("lines", [{}]))
    touch = (Step(now, state),) if created < now else ()
    name = wish.get("buyer_name", "Ploy 🌸 พลอย")
    return Order(
        sn=wish.get("order_sn", f"{local:%y%m%d}HAND{number:04d}"),
        created=created,
        currency=wish.get("currency", account.shopee.currency),
        buyer=Buyer(100_000_000 + digest(name) % 10**8, f"hand.{number:04d}", name, "66810000000"),
        payment_method="Cash on Delivery" if wish.get("cod") else "ShopeePay",
        cod=bool(wish.get("cod", False)),
        lines=lines,
        steps=(Step(created, state), *touch),
        paid_at=None if state in UNPAID_STATUSES else created,
        shipped_at=None,
        completed_at=created if state == "COMPLETED" else None,
        returned_at=created if any(line.returned for line in lines) else None,
        cancel_by="seller" if state == "CANCELLED" else "",
        cancel_reason="OUT_OF_STOCK" if state == "CANCELLED" else "",
        extras=Extras(seller_voucher=_cents(wish.get("seller_voucher", 0))),
        message=wish.get("message", ""),
        in_truth=bool(wish.get("in_truth", True)),
        wire=dict(wish.get("wire", {})),
        wire_item=dict(wish.get("wire_item", {})),
    )


def _amended(world: World, tenant: str, wish: dict[str, Any], now: int) -> Order:
    order = world.order(tenant, wish.get("order_sn", ""))
    if order is None:
        raise ValueError(f"no order {wish.get('order_sn')!r} exists by now")
    at = max(order.created, _seconds(wish.get("at"), now))
    if "status" in wish:
        order = stepped(order, at, wish["status"])
        if wish["status"] == "CANCELLED":
            order = replace(order, cancel_by="seller", cancel_reason="OUT_OF_STOCK")
    else:
        order = touched(order, at)
    if wish.get("returned"):
        order = replace(
            order, returned_at=at, lines=tuple(replace(line, returned=line.quantity) for line in order.lines)
        )
    return replace(
        order,
        in_truth=bool(wish.get("in_truth", order.in_truth)),
        wire={**order.wire, **wish.get("wire", {})},
        wire_item={**order.wire_item, **wish.get("wire_item", {})},
    )
