"""What the marketplace keeps of an order and what the seller gets. Integer cents, rates in basis points.

While an order runs the figures are estimates; at its completion they settle and differ a little: fees drift,
the carrier's bill replaces the quoted shipping, returned goods carry no commission.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from marketing_assets.sandbox.accounts import Fees
from marketing_assets.sandbox.orders import Line, Order, refund, settled, status

RELEASE_AFTER = 3600
"""Seconds from completion to payout."""


@dataclass(frozen=True, slots=True)
class Charges:
    commission: int = 0
    service: int = 0
    transaction: int = 0
    affiliate: int = 0
    withholding: int = 0
    import_vat: int = 0

    @property
    def total(self) -> int:
        parts = (self.commission, self.service, self.transaction, self.affiliate)
        return sum(parts) + self.withholding + self.import_vat


def rate(amount: int, basis_points: int) -> int:
    """A share of an amount, rounded half up."""
    return (amount * basis_points + 5000) // 10_000


def charges(order: Order, fees: Fees, at: int) -> Charges:
    """Nothing is charged on a cancelled order."""
    if status(order, at) == "CANCELLED":
        return Charges()
    final = settled(order, at)
    drift = order.extras.fee_drift if final else 0
    goods = max(0, order.net - (refund(order, at) if final else 0))

    def drifted(basis_points: int) -> int:
        return basis_points * (10_000 + drift) // 10_000

    return Charges(
        commission=rate(goods, drifted(fees.commission)),
        service=rate(goods, drifted(fees.service)),
        transaction=rate(max(0, order.buyer_total), fees.transaction),
        affiliate=rate(goods, fees.affiliate) if order.extras.by_affiliate else 0,
        withholding=rate(goods, fees.withholding),
        import_vat=rate(goods, fees.import_vat) if order.extras.imported else 0,
    )


def shipping_bill(order: Order, at: int) -> int:
    """The carrier's bill: quoted until completion, then measured; none for a cancelled order."""
    if status(order, at) == "CANCELLED":
        return 0
    return order.extras.settled_shipping if settled(order, at) else order.extras.shipping


def adjustment(order: Order, at: int) -> int:
    """A later correction of the payout, known once the order is settled."""
    return order.extras.adjustment if settled(order, at) else 0


def payout(order: Order, fees: Fees, at: int) -> int:
    """``escrow_amount``: goods less returns, charges and the shipping nobody else pays."""
    if status(order, at) == "CANCELLED":
        return 0
    shipping = order.extras.buyer_shipping + order.extras.shipping_rebate - shipping_bill(order, at)
    return order.net - refund(order, at) - charges(order, fees, at).total + shipping


def released_at(order: Order, at: int) -> int | None:
    """When the payout went to the seller, None while it has not."""
    if not settled(order, at) or order.completed_at is None:
        return None
    release = order.completed_at + RELEASE_AFTER
    return release if release <= at else None


def voucher_shares(order: Order) -> Iterator[tuple[Line, int]]:
    """Each line with its part of the seller's voucher; the parts add up to the voucher."""
    voucher, goods = order.extras.seller_voucher, order.gross - order.seller_discount
    left = voucher
    for place, line in enumerate(order.lines, start=1):
        share = (
            left if place == len(order.lines) else voucher * line.paid_price * line.quantity // max(1, goods)
        )
        left -= share
        yield line, share
