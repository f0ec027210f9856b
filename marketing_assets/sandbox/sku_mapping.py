"""Prints the SKU mapping of all shops as CSV: ``python -m marketing_assets.sandbox.sku_mapping``.

One row for each SKU a seller would have mapped; about two in a hundred are missing, as in real life. ``cost``
is in the shop's currency.
"""

import csv
import sys
from collections.abc import Iterator

from marketing_assets.sandbox.accounts import TENANTS, Shop
from marketing_assets.sandbox.catalogue import catalogue

HEADER = (
    "platform",
    "shop_id",
    "platform_sku",
    "sku_master",
    "product_name",
    "category",
    "brand",
    "cost",
    "cost_currency",
)


def rows() -> Iterator[tuple[str, ...]]:
    """The mapping in the order of the catalogues, the same for every seed."""
    for tenant in TENANTS.values():
        yield from _of_shop("shopee", tenant.shopee)
        if tenant.shopify:
            yield from _of_shop("shopify", tenant.shopify)


def _of_shop(platform: str, shop: Shop) -> Iterator[tuple[str, ...]]:
    for item in catalogue(shop).items:
        for model in item.models:
            if model.mapped:
                name = f"{item.name} - {model.name}" if item.has_model else item.name
                cost = f"{model.cost // 100}.{model.cost % 100:02d}"
                product = (model.sku_master, name, item.category, item.brand)
                yield (platform, str(shop.shop_id), model.sku, *product, cost, shop.currency)


def main() -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows())


if __name__ == "__main__":
    main()
