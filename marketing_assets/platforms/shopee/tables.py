"""What lands from Shopee: table contracts.

Source: Shopee Open Platform v2. Money is in the shop's currency, major units, written on the wire as JSON
numbers. Timestamps are Unix seconds. Personal values are masked before landing.
"""

from __future__ import annotations

from marketing_assets.schema import Column, Masked, Pii, Table, Type, Wire

SHOP_ID = Column("shop_id", Type.STRING, "The shop.", required=True, source="_context.shop_id")


def _money(name: str, description: str, source: str | None = None) -> Column:
    return Column(name, Type.NUMERIC, description, source=source)


def _instant(name: str, description: str, required: bool = False, source: str | None = None) -> Column:
    return Column(name, Type.TIMESTAMP, description, required=required, source=source, wire=Wire.UNIX_SECONDS)


_ITEM = (
    Column("order_item_id", Type.STRING, "The item's id inside the order."),
    Column("line_item_id", Type.STRING, "The line's id, where the platform gives one."),
    Column("item_id", Type.STRING, "The product.", required=True),
    Column("item_name", Type.STRING, "The product's name when it was bought."),
    Column("item_sku", Type.STRING, "The seller's SKU of the product."),
    Column("model_id", Type.STRING, "The variant; 0 where the product has none."),
    Column("model_name", Type.STRING, "The variant's name."),
    Column("model_sku", Type.STRING, "The seller's SKU of the variant."),
    Column("model_quantity_purchased", Type.INT64, "Units bought.", required=True),
    Column("model_original_price", Type.NUMERIC, "List price of one unit.", required=True),
    Column("model_discounted_price", Type.NUMERIC, "Price of one unit after the seller's discount."),
    Column("weight", Type.NUMERIC, "Weight of one unit in kilograms."),
    Column("promotion_type", Type.STRING, "Kind of promotion the item was bought under."),
    Column("promotion_id", Type.STRING, "The promotion."),
    Column("cancelled_qty", Type.INT64, "Units cancelled."),
    Column("returned_qty", Type.INT64, "Units returned."),
    Column("return_requested_qty", Type.INT64, "Units whose return was asked for."),
)

ORDERS = Table(
    name="shopee_orders",
    description="Orders with their items, one row an order, on the day it was created.",
    columns=(
        SHOP_ID,
        Column("order_sn", Type.STRING, "The order.", required=True),
        Column("region", Type.STRING, "Region of the shop (TH, SG, …)."),
        Column("currency", Type.STRING, "ISO 4217 currency of the order's amounts.", required=True),
        Column("cod", Type.BOOL, "Whether it is paid on delivery."),
        Column("order_status", Type.STRING, "Shopee's status of the order.", required=True),
        _money("total_amount", "What the buyer pays in total."),
        _instant("create_time", "When the order was created.", required=True),
        _instant("update_time", "When the order last changed.", required=True),
        _instant("pay_time", "When it was paid; null while unpaid."),
        _instant("ship_by_date", "Until when it must be shipped."),
        Column("days_to_ship", Type.INT64, "Days the seller has to ship."),
        Column("buyer_user_id", Type.STRING, "Keyed hash of the buyer's id.", pii=Pii.HASH),
        Column("buyer_username", Type.STRING, "Keyed hash of the buyer's user name.", pii=Pii.HASH),
        Column("payment_method", Type.STRING, "How the buyer pays."),
        _money("estimated_shipping_fee", "Shipping fee estimated when the order was placed."),
        _money("actual_shipping_fee", "Shipping fee as charged by the carrier."),
        Column("cancel_by", Type.STRING, "Who cancelled it."),
        Column("cancel_reason", Type.STRING, "Why it was cancelled."),
        Column("fulfillment_flag", Type.STRING, "Who fulfils it."),
        Column("checkout_shipping_carrier", Type.STRING, "Carrier chosen at checkout."),
        Column("recipient_region", Type.STRING, "Country of delivery.", source="recipient_address.region"),
        Column("recipient_state", Type.STRING, "State of delivery.", source="recipient_address.state"),
        Column("item_list", Type.RECORD, "The order's items.", required=True, fields=_ITEM, repeated=True),
    ),
    key=("shop_id", "order_sn"),
    day_from="create_time",
    version="update_time",
    control={"rows": "rows"},
    masked=(
        Masked("recipient_address.name", Pii.HASH),
        Masked("recipient_address.phone", Pii.HASH),
        Masked("recipient_address.full_address", Pii.DROP),
        Masked("recipient_address.town", Pii.DROP),
        Masked("recipient_address.district", Pii.DROP),
        Masked("recipient_address.city", Pii.DROP),
        Masked("recipient_address.zipcode", Pii.DROP),
        Masked("recipient_address.geolocation", Pii.DROP),
        Masked("message_to_seller", Pii.DROP),
        Masked("note", Pii.DROP),
        Masked("invoice_data", Pii.DROP),
        Masked("buyer_cpf_id", Pii.DROP),
    ),
    ignored=(
        "package_list",
        "order_chargeable_weight_gram",
        "note_update_time",
        "reverse_shipping_fee",
        "booking_sn",
        "hot_listing_order",
        "item_list.image_info",
        "item_list.wholesale",
        "item_list.add_on_deal",
        "item_list.add_on_deal_id",
        "item_list.main_item",
        "item_list.product_location_id",
        "item_list.promotion_group_id",
        "item_list.is_prescription_item",
        "item_list.is_b2c_owned_item",
        "item_list.consultation_id",
        "item_list.hot_listing_item",
    ),
)

_ADJUSTMENT = (
    Column("amount", Type.NUMERIC, "Signed amount in the order's currency."),
    _instant("date", "When it was made."),
    Column("currency", Type.STRING, "Currency of the amount."),
    Column("adjustment_reason", Type.STRING, "Why it was made."),
)


def _income(name: str, description: str) -> Column:
    return _money(name, description, source=f"order_income.{name}")


ESCROW = Table(
    name="shopee_escrow",
    description=(
        "Settlement and fees of each order, on the day the order was created. Shopee's estimates until "
        "the order is completed, settled figures afterwards."
    ),
    columns=(
        SHOP_ID,
        Column("order_sn", Type.STRING, "The order.", required=True),
        _instant("order_create_time", "When the order was created.", True, "_context.create_time"),
        Column("order_status", Type.STRING, "Status at the fetch.", source="_context.order_status"),
        Column("currency", Type.STRING, "Currency of the amounts.", True, source="_context.currency"),
        Column("buyer_user_name", Type.STRING, "Keyed hash of the buyer's user name.", pii=Pii.HASH),
        Column("return_order_sn_list", Type.STRING, "Returns of the order.", repeated=True),
        _income("escrow_amount", "What the seller receives."),
        _income("escrow_amount_after_adjustment", "What the seller receives after adjustments."),
        _income("buyer_total_amount", "What the buyer paid in total."),
        _income("original_price", "Goods at list price."),
        _income("seller_discount", "Product discounts that the seller bears."),
        _income("shopee_discount", "Product discounts that Shopee bears."),
        _income("voucher_from_seller", "Vouchers that the seller bears."),
        _income("voucher_from_shopee", "Vouchers that Shopee bears."),
        _income("coins", "Paid with Shopee coins."),
        _income("commission_fee", "Commission."),
        _income("service_fee", "Service fee."),
        _income("seller_transaction_fee", "Payment transaction fee."),
        _income("order_ams_commission_fee", "Affiliate commission."),
        _income("actual_shipping_fee", "Shipping as charged by the carrier."),
        _income("shopee_shipping_rebate", "Shipping that Shopee bears."),
        _income("buyer_paid_shipping_fee", "Shipping that the buyer paid."),
        _income("escrow_tax", "Tax withheld from the settlement."),
        _income("withholding_tax", "Withholding tax."),
        _income("vat_on_imported_goods", "VAT on imported goods (Thailand)."),
        _income("seller_return_refund", "Refunded to the buyer for returns; zero or negative."),
        Column(
            "order_adjustment",
            Type.RECORD,
            "Adjustments after settlement.",
            source="order_income.order_adjustment",
            fields=_ADJUSTMENT,
            repeated=True,
        ),
    ),
    key=("shop_id", "order_sn"),
    day_from="order_create_time",
    control={"rows": "rows"},
    ignored=("order_income.items",),
)

_PRICE = (
    Column("currency", Type.STRING, "Currency of the prices."),
    Column("original_price", Type.NUMERIC, "List price."),
    Column("current_price", Type.NUMERIC, "Price now, promotions applied."),
)

_MODEL = (
    Column("model_id", Type.STRING, "The variant."),
    Column("model_name", Type.STRING, "The variant's name."),
    Column("model_sku", Type.STRING, "The seller's SKU of the variant."),
    Column("model_status", Type.STRING, "The variant's status."),
    Column("price_info", Type.RECORD, "Prices of the variant.", fields=_PRICE, repeated=True),
    Column(
        "total_available_stock",
        Type.INT64,
        "Units that can be sold.",
        source="stock_info_v2.summary_info.total_available_stock",
    ),
)

PRODUCTS = Table(
    name="shopee_products",
    description="Products with their variants, prices and stock, as of the fetch.",
    columns=(
        SHOP_ID,
        Column("item_id", Type.STRING, "The product.", required=True),
        Column("item_name", Type.STRING, "The product's name."),
        Column("item_sku", Type.STRING, "The seller's SKU of the product."),
        Column("item_status", Type.STRING, "NORMAL, UNLIST, BANNED, REVIEWING or deleted."),
        Column("category_id", Type.STRING, "Shopee's category."),
        Column("brand", Type.STRING, "Brand.", source="brand.original_brand_name"),
        Column("has_model", Type.BOOL, "Whether the product has variants."),
        Column("has_promotion", Type.BOOL, "Whether a promotion runs."),
        _instant("create_time", "When the product was created."),
        _instant("update_time", "When the product last changed."),
        Column("price_info", Type.RECORD, "Prices, without variants.", fields=_PRICE, repeated=True),
        Column(
            "total_available_stock",
            Type.INT64,
            "Units that can be sold.",
            source="stock_info_v2.summary_info.total_available_stock",
        ),
        Column("models", Type.RECORD, "Variants.", source="_context.models", fields=_MODEL, repeated=True),
    ),
    key=("shop_id", "item_id"),
    day_from=None,
    version="update_time",
    control={"rows": "rows"},
    ignored=(
        "description",
        "image",
        "weight",
        "dimension",
        "logistic_info",
        "pre_order",
        "condition",
        "attribute_list",
        "item_dangerous",
        "description_type",
        "brand.brand_id",
        "stock_info_v2",
        "_context.models.stock_info_v2",
        "_context.models.tier_index",
        "_context.models.pre_order",
        "_context.models.has_promotion",
        "_context.models.promotion_id",
    ),
)

SHOPS = Table(
    name="shopee_shops",
    description="The shop, as of the fetch.",
    columns=(
        SHOP_ID,
        Column("shop_name", Type.STRING, "The shop's name.", required=True),
        Column("region", Type.STRING, "Region of the shop."),
        Column("status", Type.STRING, "NORMAL, BANNED or FROZEN."),
        Column("is_cb", Type.BOOL, "Whether it sells across borders."),
        Column("merchant_id", Type.STRING, "The merchant it belongs to."),
        _instant("auth_time", "When access was granted."),
        _instant("expire_time", "When access lapses."),
    ),
    key=("shop_id",),
    day_from=None,
    control={"rows": "rows"},
    ignored=("request_id", "error", "message", "response", "is_cnsc", "is_sip", "is_upgraded_cbsc"),
)
