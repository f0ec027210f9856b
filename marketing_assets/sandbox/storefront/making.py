"""Turns a basket into an order of a storefront, from the same source transactions as every shop's."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

from marketing_assets.sandbox import anomalies, currencies
from marketing_assets.sandbox.accounts import ShopifyShop, Tenant
from marketing_assets.sandbox.baskets import fill, returned_by_wave
from marketing_assets.sandbox.catalogue import Catalogue, digest
from marketing_assets.sandbox.orders import Line as Sold
from marketing_assets.sandbox.storefront.customers import customer
from marketing_assets.sandbox.storefront.orders import Line, Order
from marketing_assets.sandbox.storefront.origins import visit
from marketing_assets.sandbox.storefront.payments import Ledger, pay, void
from marketing_assets.sandbox.storefront.refunds import GOODWILL, Refunds
from marketing_assets.sandbox.trade import Basket

TEST_SHARE = 0.01
VOIDED_SHARE = 0.03
CANCELLED_SHARE = 0.02
FOREIGN = {"GBP": 0.05, "EUR": 0.06}
"""Share of orders that are paid in another currency; their prices hold the tax."""
TAX = {"USD": 888, "EUR": 1900, "GBP": 2000}
"""Basis points, by presentment currency."""
CODE, CODE_SHARE, CODE_RATE = "WELCOME10", 0.15, 1000
SHIPPING, FREE_SHIPPING_FROM = 595, 4000
SOURCES = (("web", 0.86), ("shopify_draft_order", 0.06), ("pos", 0.08))
REASONS = ("CUSTOMER", "INVENTORY", "FRAUD", "OTHER")


def order_id(day: date, place: int) -> int:
    """The day stands in the number, so that an order is found by it."""
    return 5_000_000_000_000 + int(f"{day:%y%m%d}") * 1_000_000 + place


def day_of(number: int) -> date | None:
    """The shop's date in an order's number."""
    text = f"{number - 5_000_000_000_000:012d}"
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None


def variant_id(item_id: int, model_id: int) -> int:
    """Every product has a variant, also the only one of its kind."""
    return model_id or 40_000_000_000 + digest("variant", item_id) % 10**10


class Maker:
    """The orders of one storefront."""

    def __init__(self, seed: int, tenant: Tenant, shop: ShopifyShop, sold: Catalogue) -> None:
        self.seed, self.tenant, self.shop, self.sold = seed, tenant, shop, sold

    def order(
        self, rng: random.Random, day: date, local_day: date, place: int, created: int, basket: Basket
    ) -> Order | None:
        """None where everything in the basket has left the catalogue. `day` is the shop's own."""
        planted = anomalies.on(self.tenant.key, local_day)
        goods = returned_by_wave(rng, fill(rng, self.sold, basket.lines, created, planted), planted)
        if not goods:
            return None
        number = order_id(day, place)
        presentment = _presentment(rng, self.shop.currency)
        included = presentment != self.shop.currency
        discounted = rng.random() < CODE_SHARE
        lines = _lines(number, goods, CODE_RATE if discounted else 0, TAX[presentment], included)
        net = sum(line.charged for line in lines)
        order = Order(
            order_id=number,
            number=int(f"{day:%y%m%d}") * 10_000 + place,
            created=created,
            currency=self.shop.currency,
            presentment=presentment,
            rate=self._rate(day, presentment),
            customer=customer(self.shop, basket, rng),
            lines=lines,
            shipping=0 if net >= FREE_SHIPPING_FROM else SHIPPING,
            taxes_included=included,
            discount_code=CODE if discounted else "",
            source_name=rng.choices([name for name, _ in SOURCES], [share for _, share in SOURCES])[0],
            visit=visit(rng, self.tenant.key, self.shop, local_day, created),
            test=rng.random() < TEST_SHARE,
            transactions=(),
            refunds=(),
            fulfilled_at=None,
            cancelled_at=None,
            cancel_reason="",
        )
        back = {line.line_id: sold.returned for line, sold in zip(lines, goods, strict=True) if sold.returned}
        return _lived(rng, order, back)

    def _rate(self, day: date, presentment: str) -> int:
        cross = currencies.cross(self.seed, day, self.shop.currency, presentment)
        return round(Decimal(cross) * 1_000_000)


def _presentment(rng: random.Random, own: str) -> str:
    drawn = rng.random()
    for name, share in FOREIGN.items():
        if drawn < share:
            return name
        drawn -= share
    return own


def _lines(number: int, goods: tuple[Sold, ...], code: int, tax: int, included: bool) -> tuple[Line, ...]:
    """Order lines: product discounts of the source, a share of the order's code, and tax."""
    made = []
    for place, sold in enumerate(goods, start=1):
        line_discount = (sold.list_price - sold.paid_price) * sold.quantity
        order_discount = sold.paid_price * sold.quantity * code // 10_000
        charged = sold.paid_price * sold.quantity - order_discount
        base = 10_000 + tax if included else 10_000
        made.append(
            Line(
                line_id=number * 100 + place,
                product_id=sold.item_id,
                variant_id=variant_id(sold.item_id, sold.model_id),
                title=sold.item_name,
                variant_title=sold.model_name,
                sku=sold.sku,
                quantity=sold.quantity,
                price=sold.list_price,
                line_discount=line_discount,
                order_discount=order_discount,
                tax=(charged * tax + base // 2) // base,
            )
        )
    return tuple(made)


def _lived(rng: random.Random, order: Order, back: dict[int, int]) -> Order:
    """The order with everything that becomes of it; `back` is the units of each line that are returned."""
    ledger = Ledger(order.order_id)
    refunds = Refunds(rng, ledger, order.lines, order.taxes_included)
    fate = rng.random()
    fulfilled: int | None = None
    cancelled: int | None = None
    if fate < VOIDED_SHARE and not back:
        cancelled, voiding = void(rng, ledger, order.total, order.created)
        refunds.voided(voiding, cancelled)
    else:
        fulfilled = pay(rng, ledger, order.total, order.created)
        if fulfilled is None:
            cancelled = order.created + 10 * 86_400
        elif fate < VOIDED_SHARE + CANCELLED_SHARE and not back:
            cancelled, fulfilled = fulfilled + 7200, None
            refunds.everything(order.shipping, cancelled)
        elif back:
            refunds.returns(back, order.shipping, fulfilled)
        elif rng.random() < GOODWILL:
            refunds.goodwill(min(order.net // 2, 500), fulfilled)
    return replace(
        order,
        transactions=tuple(ledger.entries),
        refunds=tuple(refunds.done),
        fulfilled_at=fulfilled,
        cancelled_at=cancelled,
        cancel_reason=rng.choice(REASONS) if cancelled else "",
    )
