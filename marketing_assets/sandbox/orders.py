"""An order and its life. All money in integer cents of the order's currency, all times in Unix seconds.

``steps`` is everything that will ever happen to the order, written down when it is made; what is true at an
instant is read off with the functions below. So the past never changes when the world moves on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNCOUNTED = frozenset({"UNPAID", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class Line:
    """``list_price`` and ``paid_price`` per unit; the difference is the seller's. ``returned`` units come
    back at the order's ``returned_at``. ``sku`` as the platform tells it, sometimes messily typed."""

    item_id: int
    item_name: str
    item_sku: str
    model_id: int
    model_name: str
    sku: str
    quantity: int
    list_price: int
    paid_price: int
    returned: int
    weight_gram: int


@dataclass(frozen=True, slots=True)
class Step:
    """From ``at`` on the order has ``status``; a step with the same status only touches the update time."""

    at: int
    status: str


@dataclass(frozen=True, slots=True)
class Buyer:
    user_id: int
    username: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Extras:
    """What stands beside the goods' prices. Platform-funded: ``shopee_discount shopee_voucher coins
    shipping_rebate``. Seller-funded: ``seller_voucher``. ``settled_shipping`` replaces ``shipping`` when the
    order is completed."""

    seller_voucher: int = 0
    shopee_discount: int = 0
    shopee_voucher: int = 0
    coins: int = 0
    buyer_shipping: int = 0
    shipping: int = 0
    shipping_rebate: int = 0
    settled_shipping: int = 0
    adjustment: int = 0
    adjustment_reason: str = ""
    by_affiliate: bool = False
    imported: bool = False
    fee_drift: int = 0
    """Basis points by which settled fees differ from their estimate."""


@dataclass(frozen=True, slots=True)
class Order:
    sn: str
    created: int
    currency: str
    buyer: Buyer
    payment_method: str
    cod: bool
    lines: tuple[Line, ...]
    steps: tuple[Step, ...]
    paid_at: int | None
    shipped_at: int | None
    completed_at: int | None
    returned_at: int | None
    cancel_by: str
    cancel_reason: str
    extras: Extras
    message: str = ""
    in_truth: bool = True
    wire: Mapping[str, Any] = field(default_factory=dict)
    """Overwrites or adds fields of the order on the wire; None values are sent as null."""
    wire_item: Mapping[str, Any] = field(default_factory=dict)
    """The same for each of its items."""

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def gross(self) -> int:
        return sum(line.list_price * line.quantity for line in self.lines)

    @property
    def seller_discount(self) -> int:
        return sum((line.list_price - line.paid_price) * line.quantity for line in self.lines)

    @property
    def net(self) -> int:
        return self.gross - self.seller_discount - self.extras.seller_voucher

    @property
    def buyer_total(self) -> int:
        """What the buyer is asked to pay, shipping included."""
        platform = self.extras.shopee_discount + self.extras.shopee_voucher + self.extras.coins
        return self.net - platform + self.extras.buyer_shipping


def _last_step(order: Order, at: int) -> Step:
    return next((step for step in reversed(order.steps) if step.at <= at), order.steps[0])


def status(order: Order, at: int) -> str:
    return _last_step(order, at).status


def updated(order: Order, at: int) -> int:
    return _last_step(order, at).at


def happened(moment: int | None, at: int) -> bool:
    return moment is not None and moment <= at


def counted(order: Order, at: int) -> bool:
    """Neither unpaid nor cancelled."""
    return status(order, at) not in UNCOUNTED


def settled(order: Order, at: int) -> bool:
    return happened(order.completed_at, at) and status(order, at) != "CANCELLED"


def refund(order: Order, at: int) -> int:
    """Paid price of the units that had come back."""
    if not happened(order.returned_at, at):
        return 0
    return sum(line.returned * line.paid_price for line in order.lines)
