"""What the shops sell: items and their models, from the descriptions bought most often in the source.

Independent of the seed, so that a SKU mapping written once fits every world. Prices are integer cents of the
shop's currency (THB satang, SGD and USD cents).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

from marketing_assets.sandbox import wording
from marketing_assets.sandbox.accounts import Shop
from marketing_assets.sandbox.transactions import popularity

DESCRIPTIONS = 480
"""How many of the source's descriptions are sold at all."""
MOST_MODELS = 8
SHARE_OF_FAMILIES = 62
"""Per cent of the product families that each shop carries; many are carried by both."""
UNMAPPED_PER_MILLE = 20
"""SKUs the seller forgot in the SKU mapping."""
UNLISTED_PER_MILLE = 25

FIRST_RETIREMENT = date(2024, 2, 5)
RETIREMENT_EVERY = timedelta(weeks=8)
"""One item per shop is deleted every eight weeks from the first date on; its old orders keep naming it."""


def digest(*parts: object) -> int:
    """A number that is the same in every process, from 0 to 2**48."""
    text = "/".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest())


@dataclass(frozen=True)
class Model:
    """One sellable thing: a variant of an item, or the item itself when ``model_id`` is 0."""

    item_id: int
    model_id: int
    description: str
    name: str
    sku: str
    sku_master: str
    mapped: bool
    list_price: int
    cost: int
    weight_gram: int
    source_pounds: float


@dataclass(frozen=True)
class Item:
    item_id: int
    name: str
    sku: str
    category_code: str
    category: str
    brand: str
    listed_at: int
    retired_at: int | None
    unlisted: bool
    models: tuple[Model, ...]

    @property
    def has_model(self) -> bool:
        return self.models[0].model_id != 0


PRICE_STEPS = {"THB": (45.0, 1000, 100), "SGD": (1.72, 50, 10), "USD": (1.36, 100, 5)}
"""Per currency: units for one pound, the step prices are rounded to and what is taken off, in cents."""


def list_price(pounds: float, currency: str) -> int:
    """A shop's list price in cents, such as 129.00 THB or 4.90 SGD."""
    factor, step, off = PRICE_STEPS[currency]
    return max(2, round(pounds * factor * 100 / step)) * step - off


def _families() -> Iterator[tuple[str, list[tuple[int, str, float]]]]:
    """``(family, [(rank, description, pounds)])``, at most ``MOST_MODELS`` to a family."""
    grouped: dict[str, list[tuple[int, str, float]]] = {}
    for rank, (description, pounds) in enumerate(popularity()[:DESCRIPTIONS], start=1):
        family = wording.family(description)
        key = description if family is None else family
        part = 0
        while len(grouped.get(f"{key} #{part}", ())) >= MOST_MODELS:
            part += 1
        grouped.setdefault(f"{key} #{part}", []).append((rank, description, pounds))
    yield from grouped.items()


def _model(
    shop: Shop, item_id: int, code: str, rank: int, description: str, pounds: float, name: str
) -> Model:
    master = f"{code}-{rank:04d}"
    price = list_price(pounds, shop.currency)
    return Model(
        item_id=item_id,
        model_id=10_000_000_000 + digest(shop.shop_id, description) % 10**10 if name else 0,
        description=description,
        name=name,
        sku=f"{shop.sku_prefix}-{master}",
        sku_master=master,
        mapped=digest("mapped", shop.shop_id, master) % 1000 >= UNMAPPED_PER_MILLE,
        list_price=price,
        cost=price * (40 + digest("cost", master) % 16) // 100,
        weight_gram=50 + digest("weight", master) % 40 * 25,
        source_pounds=pounds,
    )


def _item(shop: Shop, family: str, members: list[tuple[int, str, float]]) -> Item:
    item_id = 20_000_000_000 + digest(shop.shop_id, family) % 10**10
    first = members[0][1]
    code, category, thai = wording.category(first)
    common = first if len(members) == 1 else family.rpartition(" #")[0]
    cut = 0 if len(members) == 1 else len(common) + 1
    models = tuple(
        _model(shop, item_id, code, rank, text, pounds, wording.title(text[cut:]) if cut else "")
        for rank, text, pounds in members
    )
    return Item(
        item_id=item_id,
        name=wording.listing_name(wording.title(common), shop.region, thai),
        sku=models[0].sku if len(members) == 1 else f"{shop.sku_prefix}-{code}-P{members[0][0]:04d}",
        category_code=code,
        category=category,
        brand=wording.BRANDS[digest("brand", family) % len(wording.BRANDS)],
        listed_at=1_546_300_800 + digest("listed", item_id) % (4 * 365 * 86_400),
        retired_at=None,
        unlisted=digest("unlisted", item_id) % 1000 < UNLISTED_PER_MILLE,
        models=models,
    )


def _retire(items: list[Item]) -> list[Item]:
    """Give every second item, in an order of its own, the date on which it is deleted."""
    ordered = sorted(items, key=lambda item: digest("retire", item.item_id))
    first = datetime(FIRST_RETIREMENT.year, FIRST_RETIREMENT.month, FIRST_RETIREMENT.day, 3, tzinfo=UTC)
    dates = {
        item.item_id: int((first + place * RETIREMENT_EVERY).timestamp())
        for place, item in enumerate(ordered[: len(ordered) // 2])
    }
    return [Item(**{**vars(item), "retired_at": dates.get(item.item_id)}) for item in items]


class Catalogue:
    """One shop's listings."""

    def __init__(self, shop: Shop) -> None:
        carried = [
            _item(shop, family, members)
            for family, members in _families()
            if digest("carried", shop.shop_id, family) % 100 < SHARE_OF_FAMILIES
        ]
        self.items = _retire(carried)
        self.by_id = {item.item_id: item for item in self.items}
        self.by_description = {model.description: model for item in self.items for model in item.models}
        self.by_sku = {model.sku: model for model in self.by_description.values()}


@cache
def catalogue(shop: Shop) -> Catalogue:
    return Catalogue(shop)


def status(item: Item, at: int) -> str:
    """The item's status at a Unix second."""
    if item.retired_at is not None and at >= item.retired_at:
        return "SELLER_DELETE"
    return "UNLIST" if item.unlisted else "NORMAL"


REVIEW_EVERY = 35 * 86_400


def updated(item: Item, at: int) -> int:
    """When the listing last changed: its deletion, else the latest of the seller's regular reviews."""
    if item.retired_at is not None and at >= item.retired_at:
        return item.retired_at
    return item.listed_at + max(0, at - item.listed_at) // REVIEW_EVERY * REVIEW_EVERY


RESTOCK_EVERY = 21 * 86_400


def stock(model: Model, at: int) -> int:
    """Units on the shelf: full after each delivery, falling towards the next; some run out before it."""
    full = 60 + digest("stock", model.sku) % 400
    passed = (at + digest("delivery", model.sku)) % RESTOCK_EVERY / RESTOCK_EVERY
    return max(0, round(full * (1 - passed * (0.7 + digest("demand", model.sku) % 40 / 100))))
