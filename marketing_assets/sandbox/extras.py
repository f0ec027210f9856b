"""Vouchers, platform subsidies, shipping and corrections of an order. Integer cents."""

import random

from marketing_assets.sandbox.accounts import ShopeeShop
from marketing_assets.sandbox.orders import Extras, Line

SELLER_VOUCHER_SHARE = 0.12
SELLER_VOUCHER_RATES = (0.03, 0.05, 0.08)
SHOPEE_VOUCHER_SHARE = 0.25
SHOPEE_VOUCHER_RATE = 0.06
SHOPEE_DISCOUNT_SHARE = 0.10
SHOPEE_DISCOUNT_RATE = 0.04
COINS_SHARE = 0.15
COINS_RATE = 0.02
AFFILIATE_SHARE = 0.10
IMPORTED_SHARE = 0.02
FREE_SHIPPING_SHARE = 0.60
SHIPPING_DIFFERS_SHARE = 0.15
ADJUSTED_SHARE = 0.01
ADJUSTMENTS = ("Weight Adjustment", "Lost Parcel Compensation", "Return Shipping Fee")

SHIPPING = {"THB": (2500, 20), "SGD": (99, 1)}
"""Per currency in cents: for a parcel, and for each 10 g above 500 g."""


def extras(rng: random.Random, shop: ShopeeShop, lines: tuple[Line, ...], comes_back: bool) -> Extras:
    """An order of which something comes back never carries a seller voucher, so that what is paid back is
    exactly the paid price of the returned units."""
    goods = sum(line.paid_price * line.quantity for line in lines)

    def part(share: float, rate: float) -> int:
        return int(goods * rate) if rng.random() < share else 0

    voucher = part(SELLER_VOUCHER_SHARE, rng.choice(SELLER_VOUCHER_RATES))
    shipping = _shipping(shop, lines)
    subsidised = rng.random() < FREE_SHIPPING_SHARE
    differs = rng.random() < SHIPPING_DIFFERS_SHARE
    adjusted = rng.random() < ADJUSTED_SHARE
    return Extras(
        seller_voucher=0 if comes_back else voucher,
        shopee_discount=part(SHOPEE_DISCOUNT_SHARE, SHOPEE_DISCOUNT_RATE),
        shopee_voucher=part(SHOPEE_VOUCHER_SHARE, SHOPEE_VOUCHER_RATE),
        coins=part(COINS_SHARE, COINS_RATE),
        buyer_shipping=0 if subsidised else shipping,
        shipping=shipping,
        shipping_rebate=shipping if subsidised else 0,
        settled_shipping=round(shipping * rng.uniform(1.02, 1.3)) if differs else shipping,
        adjustment=_correction(rng, shop) if adjusted else 0,
        adjustment_reason=rng.choice(ADJUSTMENTS) if adjusted else "",
        by_affiliate=rng.random() < AFFILIATE_SHARE,
        imported=rng.random() < IMPORTED_SHARE,
        fee_drift=rng.choice((0, 0, 0, 25, -15, 60)),
    )


def _correction(rng: random.Random, shop: ShopeeShop) -> int:
    """Up to a little more than a parcel costs, in either direction: it is about weights and carriers."""
    parcel, _ = SHIPPING[shop.currency]
    return rng.choice((-1, 1)) * max(1, rng.randrange(100, 3000) * parcel // 2500)


def _shipping(shop: ShopeeShop, lines: tuple[Line, ...]) -> int:
    parcel, each = SHIPPING[shop.currency]
    weight = sum(line.weight_gram * line.quantity for line in lines)
    return parcel + max(0, weight - 500) // 10 * each
