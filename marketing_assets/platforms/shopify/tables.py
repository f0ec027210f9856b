"""What lands from Shopify: table contracts.

Source: GraphQL Admin 2026-10. Amounts are decimal text in major units: a column is in the shop's currency,
its twin ending in `_presentment` in the buyer's. Timestamps are ISO 8601 in UTC. Ids are `gid://shopify/…`.
Personal values are masked before landing; addresses are never asked for beyond country and province.
"""

from __future__ import annotations

from marketing_assets.schema import Column, Masked, Pii, Table, Type, Wire

SHOP_ID = Column(
    "shop_id",
    Type.STRING,
    "The shop: the part before .myshopify.com.",
    required=True,
    source="_context.shop_id",
)


def _text(name: str, source: str, description: str, required: bool = False) -> Column:
    return Column(name, Type.STRING, description, required=required, source=source)


def _instant(name: str, source: str, description: str, required: bool = False) -> Column:
    return Column(
        name, Type.TIMESTAMP, description, required=required, source=source, wire=Wire.ISO_TIMESTAMP
    )


def _bag(name: str, source: str, description: str, required: bool = False) -> tuple[Column, Column]:
    """An amount in both currencies."""
    return (
        Column(name, Type.NUMERIC, description, required=required, source=f"{source}.shopMoney.amount"),
        Column(
            f"{name}_presentment",
            Type.NUMERIC,
            f"{description[:-1]}, in the buyer's currency.",
            source=f"{source}.presentmentMoney.amount",
        ),
    )


def _codes(*sources: str) -> tuple[str, ...]:
    """Where bags repeat their currencies, which the order tells already."""
    kinds = ("shopMoney", "presentmentMoney")
    return tuple(f"{source}.{kind}.currencyCode" for source in sources for kind in kinds)


_ALLOCATION = _bag("amount", "allocatedAmountSet", "Part of a discount that falls on the line.")

_TAX = (
    _text("title", "title", "Name of the tax."),
    Column("rate", Type.NUMERIC, "Rate of the tax, as a share."),
    *_bag("amount", "priceSet", "The tax; inside the price where the order's taxes are included."),
)

_LINE = (
    _text("id", "id", "The line.", required=True),
    _text("title", "title", "The product's name when it was bought."),
    _text("variant_title", "variantTitle", "The variant's name."),
    _text("sku", "sku", "The seller's SKU of the variant."),
    Column("quantity", Type.INT64, "Units bought.", required=True),
    Column("current_quantity", Type.INT64, "Units left after returns and edits.", source="currentQuantity"),
    *_bag(
        "original_unit_price", "originalUnitPriceSet", "Price of one unit before discounts.", required=True
    ),
    *_bag("discounted_total", "discountedTotalSet", "All units after the line's own discounts."),
    *_bag("total_discount", "totalDiscountSet", "The line's own discounts, without shares of the order's."),
    Column(
        "discount_allocations",
        Type.RECORD,
        "Every discount on the line: its own, and its share of the order's.",
        source="discountAllocations",
        fields=_ALLOCATION,
        repeated=True,
    ),
    Column("taxes", Type.RECORD, "Taxes of the line.", source="taxLines", fields=_TAX, repeated=True),
    _text("product_id", "product.id", "The product; null where it was deleted."),
    _text("variant_id", "variant.id", "The variant; null where it was deleted."),
)

_FEE = (
    Column("amount", Type.NUMERIC, "The fee.", source="amount.amount"),
    _text("currency", "amount.currencyCode", "Currency of the fee."),
    Column("rate", Type.NUMERIC, "Rate of the fee, as a share."),
    Column("type", Type.STRING, "Kind of fee."),
)

_TRANSACTION = (
    _text("id", "id", "The transaction.", required=True),
    _text("kind", "kind", "AUTHORIZATION, SALE, CAPTURE, REFUND, VOID, …"),
    _text("status", "status", "SUCCESS, PENDING, FAILURE, ERROR, …"),
    _text("gateway", "gateway", "Who moved the money."),
    *_bag("amount", "amountSet", "The amount moved."),
    _text("currency", "amountSet.shopMoney.currencyCode", "Currency of the amount."),
    _instant("processed_at", "processedAt", "When it was processed."),
    Column("test", Type.BOOL, "Whether no real money moved."),
    _text("error_code", "errorCode", "Why it failed."),
    _text("parent_id", "parentTransaction.id", "The transaction it follows, such as the authorisation."),
    Column(
        "fees",
        Type.RECORD,
        "The gateway's fees; empty until they are settled, and always where a gateway does not tell them.",
        fields=_FEE,
        repeated=True,
    ),
)

_REFUND_LINE = (
    _text("id", "id", "The refunded line."),
    _text("line_item_id", "lineItem.id", "The order's line."),
    Column("quantity", Type.INT64, "Units that came back.", required=True),
    _text("restock_type", "restockType", "What became of the goods."),
    *_bag("subtotal", "subtotalSet", "What the units had cost after discounts."),
    *_bag("tax", "totalTaxSet", "Tax of the units."),
)

_REFUND_SHIPPING = (
    _text("id", "id", "The refunded shipping."),
    *_bag("subtotal", "subtotalAmountSet", "Shipping given back."),
    *_bag("tax", "taxAmountSet", "Tax of that shipping."),
)

_REFUND_TRANSACTION = (
    _text("id", "id", "The transaction."),
    _text("kind", "kind", "REFUND, or VOID where no money had been taken."),
    _text("status", "status", "Whether the money went back."),
    _text("gateway", "gateway", "Who moved the money."),
    *_bag("amount", "amountSet", "Amount given back."),
)

_REFUND = (
    _text("id", "id", "The refund.", required=True),
    _instant("created_at", "createdAt", "When it was made."),
    _instant("updated_at", "updatedAt", "When it last changed."),
    *_bag("total_refunded", "totalRefundedSet", "Money given back, goods, shipping and tax."),
    Column(
        "refund_line_items",
        Type.RECORD,
        "Units that came back.",
        source="refundLineItems",
        fields=_REFUND_LINE,
        repeated=True,
    ),
    Column(
        "refund_shipping_lines",
        Type.RECORD,
        "Shipping given back.",
        source="refundShippingLines",
        fields=_REFUND_SHIPPING,
        repeated=True,
    ),
    Column(
        "transactions",
        Type.RECORD,
        "How the money went back; also listed among the order's transactions.",
        fields=_REFUND_TRANSACTION,
        repeated=True,
    ),
)

_VISIT = "customerJourneySummary.lastVisit"

ORDERS = Table(
    name="shopify_orders",
    description="Orders with lines, transactions and refunds, one row an order, on the day it was created.",
    columns=(
        SHOP_ID,
        _text("order_id", "id", "The order.", required=True),
        _text("name", "name", "The order's number as people see it."),
        _instant("created_at", "createdAt", "When the order was created.", required=True),
        _instant("updated_at", "updatedAt", "When the order last changed.", required=True),
        _instant("processed_at", "processedAt", "When it was placed, for imported orders."),
        _instant("cancelled_at", "cancelledAt", "When it was cancelled."),
        _text("cancel_reason", "cancelReason", "Why it was cancelled."),
        Column("test", Type.BOOL, "Whether it is a test order.", required=True),
        _text("currency", "currencyCode", "The shop's currency, of all amounts.", required=True),
        _text("presentment_currency", "presentmentCurrencyCode", "The currency the buyer paid in."),
        _text("financial_status", "displayFinancialStatus", "PENDING, AUTHORIZED, PAID, REFUNDED, …"),
        _text("fulfillment_status", "displayFulfillmentStatus", "UNFULFILLED, FULFILLED, …"),
        _text("source_name", "sourceName", "Where it was made: web, pos, shopify_draft_order, an app."),
        Column(
            "discount_codes",
            Type.STRING,
            "Discount codes the buyer used.",
            source="discountCodes",
            repeated=True,
        ),
        Column("taxes_included", Type.BOOL, "Whether prices include tax.", source="taxesIncluded"),
        Column(
            "payment_gateway_names",
            Type.STRING,
            "Gateways that took part in the payment.",
            source="paymentGatewayNames",
            repeated=True,
        ),
        *_bag("total_price", "totalPriceSet", "What the buyer pays in total, before returns."),
        *_bag("subtotal_price", "subtotalPriceSet", "Goods after discounts, without shipping."),
        *_bag("total_discounts", "totalDiscountsSet", "Discounts, on shipping too."),
        *_bag("total_tax", "totalTaxSet", "Taxes."),
        *_bag("total_shipping", "totalShippingPriceSet", "Shipping charged."),
        *_bag("total_refunded", "totalRefundedSet", "Money given back so far."),
        *_bag("current_total_price", "currentTotalPriceSet", "The total after returns and edits."),
        Column("customer_id", Type.STRING, "Keyed hash of the customer.", pii=Pii.HASH, source="customer.id"),
        Column("email", Type.STRING, "Keyed hash of the buyer's e-mail address.", pii=Pii.HASH),
        Column("phone", Type.STRING, "Keyed hash of the buyer's telephone number.", pii=Pii.HASH),
        _text("shipping_country", "shippingAddress.countryCodeV2", "Country of delivery."),
        _text("shipping_province", "shippingAddress.provinceCode", "State or province of delivery."),
        _instant("visit_at", f"{_VISIT}.occurredAt", "When the last visit before the order began."),
        _text("visit_source", f"{_VISIT}.source", "Where that visit came from, in Shopify's words."),
        _text("utm_source", f"{_VISIT}.utmParameters.source", "utm_source of that visit."),
        _text("utm_medium", f"{_VISIT}.utmParameters.medium", "utm_medium of that visit."),
        _text("utm_campaign", f"{_VISIT}.utmParameters.campaign", "utm_campaign of that visit."),
        _text("utm_content", f"{_VISIT}.utmParameters.content", "utm_content of that visit."),
        _text("utm_term", f"{_VISIT}.utmParameters.term", "utm_term of that visit."),
        _text("gclid", "_context.gclid", "Google's click id in the landing page's address."),
        _text("fbclid", "_context.fbclid", "Facebook's click id in the landing page's address."),
        Column(
            "line_items",
            Type.RECORD,
            "The order's lines.",
            source="lineItems",
            fields=_LINE,
            repeated=True,
        ),
        Column(
            "transactions",
            Type.RECORD,
            "Every movement of money, and every attempt at one.",
            fields=_TRANSACTION,
            repeated=True,
        ),
        Column("refunds", Type.RECORD, "What was given back.", fields=_REFUND, repeated=True),
    ),
    key=("shop_id", "order_id"),
    day_from="created_at",
    version="updated_at",
    control={"rows": "rows"},
    masked=(Masked(f"{_VISIT}.landingPage", Pii.DROP),),
    ignored=(
        *_codes(
            "totalPriceSet",
            "subtotalPriceSet",
            "totalDiscountsSet",
            "totalTaxSet",
            "totalShippingPriceSet",
            "totalRefundedSet",
            "currentTotalPriceSet",
            "lineItems.originalUnitPriceSet",
            "lineItems.discountedTotalSet",
            "lineItems.totalDiscountSet",
            "lineItems.discountAllocations.allocatedAmountSet",
            "lineItems.taxLines.priceSet",
            "refunds.totalRefundedSet",
            "refunds.refundLineItems.subtotalSet",
            "refunds.refundLineItems.totalTaxSet",
            "refunds.refundShippingLines.subtotalAmountSet",
            "refunds.refundShippingLines.taxAmountSet",
            "refunds.transactions.amountSet",
        ),
        "transactions.amountSet.presentmentMoney.currencyCode",
    ),
)

_VARIANT = (
    _text("id", "id", "The variant.", required=True),
    _text("title", "title", "The variant's name."),
    _text("sku", "sku", "The seller's SKU."),
    Column("price", Type.NUMERIC, "Price now, in the shop's currency."),
    Column("compare_at_price", Type.NUMERIC, "Price before a reduction.", source="compareAtPrice"),
    Column("inventory_quantity", Type.INT64, "Units that can be sold.", source="inventoryQuantity"),
    _text("inventory_item_id", "inventoryItem.id", "What is kept in stock."),
    Column(
        "unit_cost", Type.NUMERIC, "What one unit costs the seller.", source="inventoryItem.unitCost.amount"
    ),
    _text("unit_cost_currency", "inventoryItem.unitCost.currencyCode", "Currency of that cost."),
)

PRODUCTS = Table(
    name="shopify_products",
    description="Products with their variants, prices, stock and unit cost, as of the fetch.",
    columns=(
        SHOP_ID,
        _text("product_id", "id", "The product.", required=True),
        _text("title", "title", "The product's name."),
        _text("handle", "handle", "Its name in addresses."),
        _text("vendor", "vendor", "Brand or supplier."),
        _text("product_type", "productType", "The seller's category."),
        _text("status", "status", "ACTIVE, DRAFT or ARCHIVED."),
        _instant("created_at", "createdAt", "When the product was created."),
        _instant("updated_at", "updatedAt", "When the product last changed."),
        Column("variants", Type.RECORD, "Variants.", fields=_VARIANT, repeated=True),
    ),
    key=("shop_id", "product_id"),
    day_from=None,
    version="updated_at",
    control={"rows": "rows"},
)

CUSTOMERS = Table(
    name="shopify_customers",
    description="Customers without names, with how often and how much they bought, as of the fetch.",
    columns=(
        SHOP_ID,
        Column("customer_id", Type.STRING, "Keyed hash of the customer.", True, Pii.HASH, "id"),
        _instant("created_at", "createdAt", "When the customer was first known."),
        _instant("updated_at", "updatedAt", "When the customer last changed."),
        Column("number_of_orders", Type.INT64, "Orders so far.", source="numberOfOrders"),
        Column("amount_spent", Type.NUMERIC, "Spent so far.", source="amountSpent.amount"),
        _text("currency", "amountSpent.currencyCode", "Currency of what was spent."),
        Column("tags", Type.STRING, "The seller's tags.", repeated=True),
        Column(
            "email",
            Type.STRING,
            "Keyed hash of the e-mail address.",
            pii=Pii.HASH,
            source="defaultEmailAddress.emailAddress",
        ),
        _text(
            "email_marketing_state",
            "defaultEmailAddress.marketingState",
            "Whether the customer agreed to e-mails.",
        ),
        Column(
            "phone",
            Type.STRING,
            "Keyed hash of the telephone number.",
            pii=Pii.HASH,
            source="defaultPhoneNumber.phoneNumber",
        ),
    ),
    key=("shop_id", "customer_id"),
    day_from=None,
    version="updated_at",
    control={"rows": "rows"},
)

SHOP = Table(
    name="shopify_shop",
    description="The shop, as of the fetch.",
    columns=(
        SHOP_ID,
        _text("name", "name", "The shop's name.", required=True),
        _text("domain", "myshopifyDomain", "The shop's own domain at Shopify."),
        _text("url", "url", "Where buyers find the shop."),
        _text("currency", "currencyCode", "The shop's currency."),
        _text("time_zone", "ianaTimezone", "The shop's time zone."),
        Column("taxes_included", Type.BOOL, "Whether prices include tax.", source="taxesIncluded"),
        _text("plan", "plan.publicDisplayName", "The shop's plan."),
    ),
    key=("shop_id",),
    day_from=None,
    control={"rows": "rows"},
    ignored=("id",),
)
