"""Products, customers and the shop itself as Shopify's objects, as of now."""

from collections import defaultdict
from typing import Any

from marketing_assets.sandbox.apis.shopify.objects import decimal, gid, instant, money
from marketing_assets.sandbox.apis.shopify.reader import Nodes
from marketing_assets.sandbox.catalogue import Item, Model, status, stock, updated
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets.sandbox.storefront.making import variant_id
from marketing_assets.sandbox.storefront.orders import Order, counted

STATUSES = {"NORMAL": "ACTIVE", "UNLIST": "DRAFT"}
KNOWN_DAYS = 90
"""Customers are those who ordered within these many days; their orders and spend count within them."""


def products(store: Storefront, at: int) -> Nodes:
    """What the shop sells; deleted products are not shown."""
    shown = [item for item in store.sold.items if status(item, at) in STATUSES]
    return Nodes(
        sorted(shown, key=lambda item: item.item_id),
        lambda item: product(store, item, at),
        lambda item: str(item.item_id),
    )


def product(store: Storefront, item: Item, at: int) -> dict[str, Any]:
    return {
        "__typename": "Product",
        "id": gid("Product", item.item_id),
        "title": item.name,
        "handle": item.name.lower().replace(" ", "-"),
        "vendor": item.brand,
        "productType": item.category,
        "status": STATUSES[status(item, at)],
        "createdAt": instant(item.listed_at),
        "updatedAt": instant(updated(item, at)),
        "variants": lambda _: Nodes([_variant(store, model, at) for model in item.models]),
    }


def _variant(store: Storefront, model: Model, at: int) -> dict[str, Any]:
    number = variant_id(model.item_id, model.model_id)
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", number),
        "title": model.name or "Default Title",
        "sku": model.sku,
        "price": decimal(model.list_price),
        "compareAtPrice": None,
        "inventoryQuantity": stock(model, at),
        "inventoryItem": {
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", number),
            "sku": model.sku,
            "tracked": True,
            "unitCost": money(model.cost, store.shop.currency),
        },
    }


def customers(store: Storefront, at: int) -> Nodes:
    orders: dict[int, list[Order]] = defaultdict(list)
    for order in store.created(at - KNOWN_DAYS * 86_400, at):
        orders[order.customer.customer_id].append(order)
    return Nodes(
        sorted(orders.items()), lambda pair: _customer(store, pair[1], at), lambda pair: str(pair[0])
    )


def _customer(store: Storefront, orders: list[Order], at: int) -> dict[str, Any]:
    who = orders[0].customer
    bought = [order for order in orders if counted(order, at)]
    return {
        "__typename": "Customer",
        "id": gid("Customer", who.customer_id),
        "createdAt": instant(min(order.created for order in orders)),
        "updatedAt": instant(max(store.updated(order) for order in orders)),
        "firstName": who.first_name,
        "lastName": who.last_name,
        "numberOfOrders": str(len(bought)),
        "amountSpent": money(sum(order.total for order in bought), store.shop.currency),
        "tags": [],
        "defaultEmailAddress": {
            "__typename": "CustomerEmailAddress",
            "emailAddress": who.email,
            "marketingState": "SUBSCRIBED" if who.customer_id % 3 else "NOT_SUBSCRIBED",
        },
        "defaultPhoneNumber": {"__typename": "CustomerPhoneNumber", "phoneNumber": who.phone},
    }


def shop(store: Storefront) -> dict[str, Any]:
    own = store.shop
    return {
        "__typename": "Shop",
        "id": gid("Shop", 90_000_000_001),
        "name": own.name,
        "myshopifyDomain": own.domain,
        "currencyCode": own.currency,
        "ianaTimezone": own.time_zone,
        "url": f"https://{own.domain}",
        "taxesIncluded": False,
        "plan": {"__typename": "ShopPlan", "publicDisplayName": "Basic"},
    }
