"""Shopify: orders, products, customers and the shop itself of one shop."""

from marketing_assets.platforms.platform import Platform, RawTable, Refresh
from marketing_assets.platforms.shopify import orders, resource, snapshots, tables, webhooks
from marketing_assets.platforms.shopify.authorize import authorize as authorize_shop
from marketing_assets.platforms.webhooks import WEBHOOK_SECRETS

PLATFORM = Platform(
    name=resource.NAME,
    title="Shopify",
    kind="commerce",
    base_url=resource.BASE_URL,
    tables=(
        RawTable(tables.ORDERS, Refresh.CHANGED, orders.fetch_orders),
        RawTable(tables.PRODUCTS, Refresh.SNAPSHOT, snapshots.fetch_products),
        RawTable(tables.CUSTOMERS, Refresh.SNAPSHOT, snapshots.fetch_customers),
        RawTable(tables.SHOP, Refresh.SNAPSHOT, snapshots.fetch_shop),
    ),
    connect=resource.connect,
    prove=resource.prove,
    settings=resource.ShopifySettings,
    optional_secrets={**resource.OPTIONAL_SECRETS, **WEBHOOK_SECRETS},
    changed_days=orders.changed_days,
    order_times=orders.order_times,
    webhooks=webhooks.SCHEME,
    authorize=authorize_shop,
)
