"""Orders of the storefront as Shopify's objects. Money in both currencies, ids as `gid://shopify/…`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marketing_assets.sandbox.apis.shopify.reader import Nodes
from marketing_assets.sandbox.storefront.orders import (
    Line,
    Order,
    Refund,
    Transaction,
    cancelled,
    financial_status,
    returned_units,
    taken,
)

MILLION = 1_000_000


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def instant(at: int | None) -> str | None:
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def decimal(cents: int) -> str:
    """As Shopify writes amounts: at least one decimal, no more than needed."""
    whole, part = divmod(abs(cents), 100)
    text = f"{whole}.{part:02d}"
    return ("-" if cents < 0 else "") + (text[:-1] if text.endswith("0") else text)


def money(cents: int, currency: str) -> dict[str, Any]:
    return {"__typename": "MoneyV2", "amount": decimal(cents), "currencyCode": currency}


class OrderWire:
    """One order as of an instant."""

    def __init__(self, order: Order, at: int, updated: int) -> None:
        self.order, self.at, self.updated = order, at, updated

    def bag(self, cents: int) -> dict[str, Any]:
        order = self.order
        presented = (cents * order.rate + MILLION // 2) // MILLION
        return {
            "__typename": "MoneyBag",
            "shopMoney": money(cents, order.currency),
            "presentmentMoney": money(presented, order.presentment),
        }

    def told(self) -> dict[str, Any]:
        """The whole order."""
        order, at = self.order, self.at
        goods_refunded = taken(order, at, "REFUND")
        discounts = sum(line.line_discount + line.order_discount for line in order.lines)
        shipped = order.fulfilled_at is not None and order.fulfilled_at <= at
        gone = cancelled(order, at)
        abroad = {"EUR": ("DE", "BE"), "GBP": ("GB", "ENG")}
        country, province = abroad.get(order.presentment, ("US", order.customer.province))
        return {
            "__typename": "Order",
            "id": gid("Order", order.order_id),
            "name": f"#{order.number}",
            "createdAt": instant(order.created),
            "updatedAt": instant(self.updated),
            "processedAt": instant(order.created),
            "cancelledAt": instant(order.cancelled_at) if gone else None,
            "cancelReason": order.cancel_reason if gone else None,
            "closedAt": None,
            "test": order.test,
            "currencyCode": order.currency,
            "presentmentCurrencyCode": order.presentment,
            "displayFinancialStatus": financial_status(order, at),
            "displayFulfillmentStatus": "FULFILLED" if shipped else "UNFULFILLED",
            "sourceName": order.source_name,
            "tags": [],
            "discountCodes": [order.discount_code] if order.discount_code else [],
            "taxesIncluded": order.taxes_included,
            "paymentGatewayNames": list(dict.fromkeys(one.gateway for one in order.transactions)),
            "email": order.customer.email,
            "phone": order.customer.phone,
            "totalPriceSet": self.bag(order.total),
            "subtotalPriceSet": self.bag(order.net),
            "totalDiscountsSet": self.bag(discounts),
            "totalTaxSet": self.bag(order.tax),
            "totalShippingPriceSet": self.bag(order.shipping),
            "totalRefundedSet": self.bag(goods_refunded),
            "currentTotalPriceSet": self.bag(0 if gone else order.total - goods_refunded),
            "customer": {"__typename": "Customer", "id": gid("Customer", order.customer.customer_id)},
            "shippingAddress": {
                "__typename": "MailingAddress",
                "countryCodeV2": country,
                "provinceCode": province,
            },
            "customerJourneySummary": self._journey(),
            "lineItems": lambda _: Nodes([self.line(line) for line in order.lines]),
            "transactions": lambda asked: self._cut(self._transactions(), asked),
            "refunds": lambda asked: self._cut(self.refunds(), asked),
        }

    def _cut(self, items: list[dict[str, Any]], asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        return items[: asked.get("first")]

    def line(self, line: Line) -> dict[str, Any]:
        amounts = [amount for amount in (line.line_discount, line.order_discount) if amount]
        return {
            "__typename": "LineItem",
            "id": gid("LineItem", line.line_id),
            "title": line.title,
            "variantTitle": line.variant_title or None,
            "sku": line.sku,
            "quantity": line.quantity,
            "currentQuantity": line.quantity - returned_units(self.order, line, self.at),
            "originalUnitPriceSet": self.bag(line.price),
            "discountedTotalSet": self.bag(line.price * line.quantity - line.line_discount),
            "totalDiscountSet": self.bag(line.line_discount),
            "discountAllocations": [
                {"__typename": "DiscountAllocation", "allocatedAmountSet": self.bag(amount)}
                for amount in amounts
            ],
            "taxLines": lambda _: [self._tax(line)],
            "product": {"__typename": "Product", "id": gid("Product", line.product_id)},
            "variant": {"__typename": "ProductVariant", "id": gid("ProductVariant", line.variant_id)},
        }

    def _tax(self, line: Line) -> dict[str, Any]:
        names = {"USD": ("NY Sales Tax", 0.0888), "EUR": ("MwSt", 0.19), "GBP": ("VAT", 0.2)}
        title, rate = names[self.order.presentment]
        return {"__typename": "TaxLine", "title": title, "rate": rate, "priceSet": self.bag(line.tax)}

    def _transactions(self) -> list[dict[str, Any]]:
        return [self.transaction(one) for one in self.order.transactions if one.at <= self.at]

    def transaction(self, one: Transaction) -> dict[str, Any]:
        parent = {"__typename": "OrderTransaction", "id": gid("OrderTransaction", one.parent_id or 0)}
        known = one.fee_at is not None and one.fee_at <= self.at
        fee = {
            "__typename": "TransactionFee",
            "id": gid("TransactionFee", one.transaction_id),
            "amount": money(one.fee, self.order.currency),
            "rate": "0.029",
            "type": "processing_fee",
        }
        return {
            "__typename": "OrderTransaction",
            "id": gid("OrderTransaction", one.transaction_id),
            "kind": one.kind,
            "status": one.status,
            "gateway": one.gateway,
            "formattedGateway": one.gateway.replace("_", " ").title(),
            "test": self.order.test,
            "createdAt": instant(one.at),
            "processedAt": instant(one.at),
            "amountSet": self.bag(one.amount),
            "fees": [fee] if known else [],
            "parentTransaction": parent if one.parent_id else None,
            "errorCode": "CARD_DECLINED" if one.status == "FAILURE" else None,
        }

    def refunds(self) -> list[dict[str, Any]]:
        return [self.refund(one) for one in self.order.refunds if one.at <= self.at]

    def refund(self, refund: Refund) -> dict[str, Any]:
        lines = {line.line_id: line for line in self.order.lines}
        moved = [one for one in self.order.transactions if one.transaction_id in refund.transactions]
        given = sum(one.amount for one in moved if one.kind == "REFUND")
        items = [
            {
                "__typename": "RefundLineItem",
                "id": gid("RefundLineItem", f"{refund.refund_id}{place:02d}"),
                "quantity": one.quantity,
                "restockType": "RETURN",
                "subtotalSet": self.bag(one.subtotal),
                "totalTaxSet": self.bag(one.tax),
                "lineItem": self.line(lines[one.line_id]),
            }
            for place, one in enumerate(refund.lines, start=1)
        ]
        postage = {
            "__typename": "RefundShippingLine",
            "id": gid("RefundShippingLine", refund.refund_id),
            "subtotalAmountSet": self.bag(refund.shipping),
            "taxAmountSet": self.bag(0),
        }
        return {
            "__typename": "Refund",
            "id": gid("Refund", refund.refund_id),
            "createdAt": instant(refund.at),
            "updatedAt": instant(refund.at),
            "note": refund.note or None,
            "totalRefundedSet": self.bag(given),
            "refundLineItems": lambda _: Nodes(items),
            "refundShippingLines": lambda _: Nodes([postage] if refund.shipping else []),
            "transactions": lambda _: Nodes([self.transaction(one) for one in moved]),
        }

    def _journey(self) -> dict[str, Any]:
        visit = self.order.visit
        if visit is None:
            return {"__typename": "CustomerJourneySummary", "ready": True, "lastVisit": None}
        utm = {
            "__typename": "UTMParameters",
            "campaign": visit.campaign,
            "content": None,
            "medium": visit.medium,
            "source": visit.source,
            "term": None,
        }
        last = {
            "__typename": "CustomerVisit",
            "id": gid("CustomerVisit", self.order.order_id),
            "occurredAt": instant(visit.at),
            "landingPage": visit.landing_page,
            "referrerUrl": visit.referrer or None,
            "source": visit.source or "direct",
            "utmParameters": utm if visit.campaign else None,
        }
        return {"__typename": "CustomerJourneySummary", "ready": True, "lastVisit": last}
