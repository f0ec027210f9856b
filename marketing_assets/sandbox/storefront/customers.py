"""Who buys in a storefront. Names, addresses and numbers are invented."""

import random

from marketing_assets.sandbox.accounts import ShopifyShop
from marketing_assets.sandbox.catalogue import digest
from marketing_assets.sandbox.storefront.orders import Customer
from marketing_assets.sandbox.trade import Basket

FIRST_NAMES = ("Avery", "Mateo", "Harper", "Noah", "Zoë", "Elijah", "Priya", "Chloé", "Liam", "Mei")
LAST_NAMES = ("Whitfield", "Okafor", "Nguyen", "Hartmann", "O'Connor", "Delgado", "Åkerström", "Brooks")
PROVINCES = ("NY", "CA", "TX", "FL", "WA", "IL", "MA")

CONSUMERS_PER_CUSTOMER = 3
"""A wholesale customer of the source stands for this many consumers, who come back as the customer did."""


def customer(shop: ShopifyShop, basket: Basket, rng: random.Random) -> Customer:
    """One consumer of a source customer; without a customer, somebody new."""
    number = rng.randrange(CONSUMERS_PER_CUSTOMER) if basket.customer else rng.getrandbits(40)
    key = digest(shop.shop_id, basket.customer, number)
    first, last = FIRST_NAMES[key % 10], LAST_NAMES[key // 10 % 8]
    return Customer(
        customer_id=7_000_000_000_000 + key % 10**12,
        first_name=first,
        last_name=last,
        email=f"shopper.{key % 10**9:09d}@mail.example",
        phone=f"+1555{key % 10**7:07d}",
        province=PROVINCES[key // 80 % 7],
    )
