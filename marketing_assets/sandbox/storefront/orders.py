"""An order of a storefront and its life. Money in integer cents of the shop's currency, times in Unix time.

Everything that will ever happen to the order is written down when it is made; what is true at an instant is
read off with the functions below.
"""

from collections.abc import Iterator
from dataclasses import dataclass

UNPAID = frozenset({"PENDING", "VOIDED"})


@dataclass(frozen=True, slots=True)
class Line:
    """``line_discount`` and ``order_discount`` are those of the whole line; ``tax`` is what it was taxed."""

    line_id: int
    product_id: int
    variant_id: int
    title: str
    variant_title: str
    sku: str
    quantity: int
    price: int
    line_discount: int
    order_discount: int
    tax: int

    @property
    def charged(self) -> int:
        """What the line costs after every discount."""
        return self.price * self.quantity - self.line_discount - self.order_discount


@dataclass(frozen=True, slots=True)
class Transaction:
    """``fee`` is the gateway's, told from ``fee_at`` on."""

    transaction_id: int
    kind: str
    status: str
    gateway: str
    amount: int
    at: int
    parent_id: int | None = None
    fee: int = 0
    fee_at: int | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """Units of a line that came back; ``subtotal`` as they were charged, ``tax`` as they were taxed."""

    line_id: int
    quantity: int
    subtotal: int
    tax: int


@dataclass(frozen=True, slots=True)
class Refund:
    """``transactions`` are ids of the order's own transactions."""

    refund_id: int
    at: int
    lines: tuple[Returned, ...]
    shipping: int
    transactions: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    province: str


@dataclass(frozen=True, slots=True)
class Visit:
    """The last visit before the order: the campaign it came from and the page it began on."""

    at: int
    landing_page: str
    referrer: str
    source: str = ""
    medium: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """``rate``: millionths of the presentment currency for one unit of the shop's.

    ``taxes_included``: the prices hold their tax. ``discount_code`` is the one behind the order's discount.
    """

    order_id: int
    number: int
    created: int
    currency: str
    presentment: str
    rate: int
    customer: Customer
    lines: tuple[Line, ...]
    shipping: int
    taxes_included: bool
    discount_code: str
    source_name: str
    visit: Visit | None
    test: bool
    transactions: tuple[Transaction, ...]
    refunds: tuple[Refund, ...]
    fulfilled_at: int | None
    cancelled_at: int | None
    cancel_reason: str

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def net(self) -> int:
        """Goods after every discount, in prices as charged."""
        return sum(line.charged for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        return self.net + self.shipping + (0 if self.taxes_included else self.tax)


def moments(order: Order) -> Iterator[int]:
    """Every instant at which the order changes."""
    yield order.created
    yield from (one.at for one in order.transactions)
    yield from (one.fee_at for one in order.transactions if one.fee_at is not None)
    yield from (one.at for one in order.refunds)
    yield from (at for at in (order.fulfilled_at, order.cancelled_at) if at is not None)


def updated(order: Order, at: int) -> int:
    return max(moment for moment in moments(order) if moment <= at)


def cancelled(order: Order, at: int) -> bool:
    return order.cancelled_at is not None and order.cancelled_at <= at


def taken(order: Order, at: int, *kinds: str) -> int:
    """The successful transactions of some kinds up to an instant, added up."""
    return sum(
        one.amount
        for one in order.transactions
        if one.kind in kinds and one.status == "SUCCESS" and one.at <= at
    )


def financial_status(order: Order, at: int) -> str:
    captured, refunded = taken(order, at, "SALE", "CAPTURE"), taken(order, at, "REFUND")
    if refunded:
        return "REFUNDED" if refunded >= captured else "PARTIALLY_REFUNDED"
    if captured:
        return "PAID" if captured >= order.total else "PARTIALLY_PAID"
    if any(one.kind == "VOID" and one.at <= at for one in order.transactions):
        return "VOIDED"
    return "AUTHORIZED" if taken(order, at, "AUTHORIZATION") else "PENDING"


def counted(order: Order, at: int) -> bool:
    """Neither a test, nor cancelled, nor unpaid."""
    return not order.test and not cancelled(order, at) and financial_status(order, at) not in UNPAID


def refunded_goods(order: Order, at: int) -> int:
    """What was given back for goods: without shipping, and without tax that stands beside the prices."""
    paid_back = taken(order, at, "REFUND")
    past = [refund for refund in order.refunds if refund.at <= at and _paid(order, refund)]
    shipping = sum(refund.shipping for refund in past)
    tax = sum(line.tax for refund in past for line in refund.lines)
    return paid_back - shipping - (0 if order.taxes_included else tax)


def _paid(order: Order, refund: Refund) -> bool:
    """Whether money went back; none does where a payment was only authorised and is voided."""
    return any(
        one.kind == "REFUND" for one in order.transactions if one.transaction_id in refund.transactions
    )


def returned_units(order: Order, line: Line, at: int) -> int:
    return sum(
        one.quantity
        for refund in order.refunds
        if refund.at <= at
        for one in refund.lines
        if one.line_id == line.line_id
    )
