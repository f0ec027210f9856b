"""Who buys, and how they pay. Names and numbers are invented."""

import random

from marketing_assets.sandbox.accounts import ShopeeShop
from marketing_assets.sandbox.catalogue import digest
from marketing_assets.sandbox.orders import Buyer

NAMES = {
    "TH": (
        ("somchai", "สมชาย ใจดี"),
        ("kanya", "กัญญา ศรีสุข"),
        ("nattapong", "ณัฐพงศ์ วงศ์ทอง"),
        ("pim", "พิมพ์ชนก แสงจันทร์"),
        ("arthit", "อาทิตย์ บุญมา"),
        ("malee", "มาลี ทองคำ"),
        ("chai", "ชัยวัฒน์ รุ่งเรือง"),
        ("ploy", "พลอย สุวรรณ"),
    ),
    "SG": (
        ("weiling", "Tan Wei Ling"),
        ("rahul", "Rahul Menon"),
        ("siti", "Siti Nurhaliza Bte Ahmad"),
        ("jiahao", "Lim Jia Hao"),
        ("mei", "Chua Mei 美"),
        ("daniel", "Daniel O'Neil"),
        ("priya", "Priya Nair"),
        ("zhang", "Zhang Xinyi 欣怡"),
    ),
}

PHONE_PREFIX = {"TH": "668", "SG": "659"}

COD = ("Cash on Delivery", True)
PAYMENT_METHODS: dict[str, tuple[tuple[str, bool], ...]] = {
    "TH": (COD, COD, COD, ("ShopeePay", False), ("Mobile Banking", False), ("Credit/Debit Card", False)),
    "SG": (COD, ("ShopeePay", False), ("PayNow", False), ("Credit/Debit Card", False), ("SPayLater", False)),
}
"""``(method, cash on delivery)``, drawn evenly."""

CONSUMERS_PER_CUSTOMER = 3
"""A wholesale customer of the source stands for this many consumers, who come back as the customer did."""


def buyer(shop: ShopeeShop, customer: int, rng: random.Random) -> Buyer:
    """One consumer of a source customer; without a customer, somebody new."""
    number = rng.randrange(CONSUMERS_PER_CUSTOMER) if customer else rng.getrandbits(40)
    key = digest(shop.shop_id, customer, number)
    nick, name = NAMES[shop.region][key % 8]
    return Buyer(
        user_id=100_000_000 + key % 900_000_000,
        username=f"{nick}.{key % 10_000:04d}",
        name=name,
        phone=f"{PHONE_PREFIX[shop.region]}{key % 10**8:08d}",
    )
