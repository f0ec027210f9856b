"""Shopee: orders, settlements and products of one shop."""

from marketing_assets.platforms.platform import Platform, RawTable, Refresh
from marketing_assets.platforms.shopee import orders, products, resource, tables, webhooks
from marketing_assets.platforms.shopee.authorize import authorize as authorize_shop
from marketing_assets.platforms.webhooks import WEBHOOK_SECRETS

PLATFORM = Platform(
    name=resource.NAME,
    title="Shopee",
    kind="commerce",
    base_url=resource.BASE_URL,
    tables=(
        RawTable(tables.ORDERS, Refresh.CHANGED, orders.fetch_orders),
        RawTable(tables.ESCROW, Refresh.CHANGED, orders.fetch_escrow),
        RawTable(tables.PRODUCTS, Refresh.SNAPSHOT, products.fetch_products),
        RawTable(tables.SHOPS, Refresh.SNAPSHOT, products.fetch_shops),
    ),
    connect=resource.connect,
    prove=resource.prove,
    settings=resource.ShopeeSettings,
    secrets=resource.SECRETS,
    optional_secrets=WEBHOOK_SECRETS,
    changed_days=orders.changed_days,
    order_times=orders.order_times,
    webhooks=webhooks.SCHEME,
    authorize=authorize_shop,
    backfill_days=15,
)
